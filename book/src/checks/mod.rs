//! What developers ask: whether the press and the pages hold what they promise, and how fast a kernel is.

pub mod latency;
pub mod scripts;
