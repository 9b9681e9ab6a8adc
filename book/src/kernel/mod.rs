//! The Rust kernel: installed once, started with a private folder and a copy of the compiled library.

pub mod copies;
pub mod evcxr;
mod found;
pub mod kernelspec;
pub mod key;
pub mod launcher;
pub mod library;
mod notice;
pub mod private;
pub mod profile;
mod resolve;
pub mod stand_ins;
pub mod stdsrc;
mod tools;
mod unseen;
pub mod variables;
