//! Sentences: words as numbers, and as points that noise can move.

mod vectors;

pub use vectors::WordVectors;
