//! Files and folders, whoever they belong to: this room knows nothing of notebooks, kernels or pages.

pub mod disk;
mod explain;
mod hash;
pub mod inventory;
pub mod locks;
pub mod owned;
#[cfg(test)]
mod scratch;
mod tree;
mod write;

pub use explain::explain;
pub use hash::Fingerprint;
#[cfg(test)]
pub use scratch::Scratch;
pub use tree::{
    copy_tree, has_ending, link_tree, list, make_folder, open_to_all, remove, rename, size, stem,
};
pub use write::{aside, is_number, write_atomically, write_for_user, write_if_new};
