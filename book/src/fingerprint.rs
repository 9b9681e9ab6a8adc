//! What results depend on, as hashes: cached work is used only while its hash is the same.

use crate::clone::Clone;
use crate::evcxr;
use crate::execute;
use crate::files::Fingerprint;
use crate::profile;
use crate::toolchain::Toolchain;
use anyhow::{Context, Result};
use std::time::UNIX_EPOCH;

/// Names the compiled copy of a library. Times of files are part of it, since cargo goes by them.
pub fn compiled_library(clone: &Clone, toolchain: &Toolchain) -> Result<String> {
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

/// Stands for everything but the notebook that its outputs depend on.
pub fn environment(clone: &Clone, toolchain: &Toolchain) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    for file in [clone.library_files()?, clone.tables()?].concat() {
        let name = file
            .strip_prefix(clone.root())?
            .as_os_str()
            .as_encoded_bytes()
            .to_vec();
        let content =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        fingerprint.add("file", name).add("content", content);
    }
    add_compilers(&mut fingerprint, toolchain);
    fingerprint.add("python", include_str!("../requirements.txt"));
    for (name, text) in execute::SCRIPTS {
        fingerprint.add(name, text);
    }
    Ok(fingerprint.finish())
}

fn add_compilers(fingerprint: &mut Fingerprint, toolchain: &Toolchain) {
    fingerprint
        .add("rustc", toolchain.version())
        .add("evcxr", evcxr::VERSION)
        .add("profile", profile::SETTINGS);
}
