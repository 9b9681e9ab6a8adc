//! What a disk must offer before something is made on it.

use crate::files::explain::explain;
use crate::files::tree::remove;
use crate::files::write::aside;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io;
use std::path::Path;

/// Names the folder for everything installed, for those who want it elsewhere.
pub const HOME_VARIABLE: &str = "DIFFUSION_INTUITION_HOME";

/// Fails with a sentence if the disk that holds the folder is full; tools that fail for it rarely say so.
pub fn need_space(folder: &Path) -> Result<()> {
    const LEAST: u64 = 1 << 20;
    if free(folder).is_some_and(|bytes| bytes < LEAST) {
        bail!(
            "the disk that holds {} is full: free some space and run the command again",
            folder.display()
        );
    }
    Ok(())
}

/// Fails with a sentence if the disk that holds the folder has less room than something takes.
pub fn need_room(folder: &Path, bytes: u64, what: &str) -> Result<()> {
    if let Some(free) = free(folder).filter(|free| *free < bytes) {
        bail!(
            "{what} takes about {}, and the disk that holds {} has {} free: free some space, or set {} to a \
             folder on another disk",
            gigabytes(bytes),
            folder.display(),
            gigabytes(free),
            HOME_VARIABLE
        );
    }
    Ok(())
}

/// The bytes that are free on the disk of a folder, if the system says so.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Fails with a sentence if programs that lie in the folder may not be run.
pub fn need_execution(folder: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    if rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
    {
        bail!(
            "the disk that holds {} is mounted `noexec`, so that no kernel can be run from it: set {} to a folder \
             on another disk",
            folder.display(),
            HOME_VARIABLE
        );
    }
    let _ = folder;
    Ok(())
}

/// Makes the folder, and fails with a sentence if it cannot be written into.
pub fn need_writable(folder: &Path, otherwise: &str) -> Result<()> {
    let probe = aside(&folder.join("probe"))?;
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&probe, ""));
    match written {
        Ok(()) => remove(&probe),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(explain(error, folder)),
        Err(error) => Err(error)
            .with_context(|| format!("cannot write into {}: {otherwise}", folder.display())),
    }
}
