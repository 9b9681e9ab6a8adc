//! What a person can do about an error of the disk.

use std::io;
use std::path::Path;

/// Turns an input or output error into a sentence that says what to do when the disk is full.
pub fn explain(error: io::Error, path: &Path) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::StorageFull => anyhow::anyhow!(
            "the disk that holds {} is full: free some space and run the command again",
            path.display()
        ),
        _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
    }
}
