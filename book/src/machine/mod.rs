//! The machine and its user: programs, processes, the two folders that everything lies in, what is said.

pub mod clone;
pub mod environment;
pub mod home;
pub mod process;
pub mod programs;
pub mod toolchain;
pub mod ui;
