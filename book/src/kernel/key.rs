//! What the compiled library depends on, as a hash: it is used only while its hash is the same.

use crate::files::Fingerprint;
use crate::kernel::{evcxr, library, profile};
use crate::machine::clone::Clone;
use crate::machine::toolchain::Toolchain;
use anyhow::Result;

/// Names the compiled copy of a library. Neither where the clone lies nor when its files were written is part of it;
/// the linker is none either, since kernels keep theirs (see `stand_ins`).
pub fn of_library(clone: &Clone, toolchain: &Toolchain) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add("library", library::hash(clone)?);
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
