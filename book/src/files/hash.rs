//! What work depends on, as a hash.

use sha2::{Digest, Sha256};

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
