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
mod place;
mod references;
mod site;
mod submissions;
mod svg;
pub mod swap;
