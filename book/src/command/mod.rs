//! The command line and what it does with all rooms at once.

mod clean;
pub mod cli;
mod lab;
mod setup;
