//! The press: from notebooks to executed notebooks to pages in their place.

mod addresses;
pub mod book;
mod chapter;
mod compare;
mod documentation;
mod instruments;
pub mod module;
mod numbers;
pub mod options;
mod page;
pub mod place;
pub mod print;
mod references;
mod site;
mod submissions;
mod svg;
pub mod swap;
