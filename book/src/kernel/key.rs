//! What the compiled library depends on, as a hash: it is used only while its hash is the same.

use crate::files::Fingerprint;
use crate::kernel::{evcxr, profile};
use crate::machine::clone::Clone;
use crate::machine::toolchain::Toolchain;
use anyhow::Result;
use std::time::UNIX_EPOCH;

/// Names the compiled copy of a library. Times of files are part of it, since cargo goes by them.
pub fn of_library(clone: &Clone, toolchain: &Toolchain) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add("clone", clone.root().as_os_str().as_encoded_bytes());
    for file in clone.library_files()? {
        let Ok(content) = std::fs::read(&file) else {
            continue;
        };
        let modified = std::fs::metadata(&file)?.modified()?;
        let modified = modified
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        fingerprint.add("file", file.as_os_str().as_encoded_bytes());
        fingerprint
            .add("modified", modified.to_le_bytes())
            .add("content", content);
    }
    add_compilers(&mut fingerprint, toolchain);
    Ok(fingerprint.finish())
}

/// Adds what decides how cells compile.
pub fn add_compilers(fingerprint: &mut Fingerprint, toolchain: &Toolchain) {
    fingerprint
        .add("rustc", toolchain.version())
        .add("evcxr", evcxr::VERSION)
        .add("profile", profile::SETTINGS);
}
