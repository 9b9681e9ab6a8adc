//! What the programs share that make the book's weights and tables, or learn from a file of yours.
#![allow(
    dead_code,
    reason = "a program, and the tests of one, use their part of it"
)]

pub mod files;
pub mod folder;
pub mod options;
pub mod plan;
pub mod program;
pub mod say;
pub mod shard;
pub mod training;
