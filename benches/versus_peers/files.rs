//! Numbers to and from the peers: little-endian f32, nothing else in the file.

use std::fs;
use std::path::Path;

use crate::case::Result;

/// Writes the numbers, in order.
pub fn write<'a>(path: &Path, values: impl IntoIterator<Item = &'a f32>) -> Result<()> {
    let bytes: Vec<u8> = values.into_iter().flat_map(|x| x.to_le_bytes()).collect();
    Ok(fs::write(path, bytes)?)
}

/// The numbers of a file.
pub fn read(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path)?;
    let numbers = bytes.as_chunks().0.iter();
    Ok(numbers.map(|b| f32::from_le_bytes(*b)).collect())
}
