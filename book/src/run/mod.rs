//! A run: what it needs, and the cells that it executes in the kernel.

pub mod cells;
pub mod execute;
mod pinned;
pub mod session;
pub mod warm;
