//! Files that are never half written.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file under a temporary name beside `path`, flushes it to the disk and renames it: `path` is
/// always either the old file or the whole new one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let attempt = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    attempt().inspect_err(|_| {
        // Nothing is lost if this fails too.
        let _ = std::fs::remove_file(&temporary);
    })
}
