//! Python: which one of those on a machine, and the pinned packages in an environment of the book's own.

pub mod interpreters;
pub mod packages;
