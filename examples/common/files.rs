//! Files, and errors that name them.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use diffusion_intuition::file::write_atomically;
use diffusion_intuition::{Error, Result};

pub fn failure(path: &Path, reason: impl Display) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: reason.to_string(),
    }
}

/// Makes a folder, if it is not there yet.
pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| failure(folder, error))
}

pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| failure(path, error))
}

/// Writes the whole file, or leaves the old one.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    write_atomically(path, bytes.as_ref()).map_err(|error| failure(path, error))
}

pub fn copy(from: &Path, to: &Path) -> Result<()> {
    write(to, read(from)?)
}

/// FNV-1a, 64 bits.
pub fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
