//! Hostile input at every public entry point: no panic, no abort, no hang, no NaN out of finite numbers.
//!
//! `cargo test --test hostile` tries a fixed number of seeds in every area, in seconds. More:
//!
//! * `FUZZ_SECONDS=60 cargo test --test hostile` tries new seeds for that long in every area;
//! * `FUZZ_SEED=17 cargo test --test hostile core` tries one seed again, with the message and back trace.
//!
//! A new area is a file with a list of [`harness::Entry`] and a test that calls [`harness::run`], and its
//! `mod` line here.

mod draw;
mod files;
mod harness;

mod core;
mod corpus;
mod csv;
mod layers;
mod measures;
mod models;
mod pictures;
mod plot;
mod scenes;
mod sentences;
mod tape;
mod train;
mod unets;
