//! What work depends on, as a hash.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// A hash over labelled parts; the lengths keep neighbouring parts apart.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds one part.
    pub fn add(&mut self, label: &str, content: impl AsRef<[u8]>) -> &mut Self {
        for part in [label.as_bytes(), content.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds files below a folder, by their names there and their contents.
    pub fn add_files(&mut self, root: &Path, files: &[PathBuf]) -> Result<&mut Self> {
        for file in files {
            let content =
                fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.strip_prefix(root)?.as_os_str();
            self.add("file", name.as_encoded_bytes())
                .add("content", content);
        }
        Ok(self)
    }

    /// The first 80 bits as text, which names a folder.
    pub fn finish(&mut self) -> String {
        let digest = self.0.finalize_reset();
        digest
            .iter()
            .take(10)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
