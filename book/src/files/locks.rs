//! Locks between runs of this program, held by the operating system: a killed run leaves none behind.

use anyhow::{Context, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// A held lock; it ends when the value is dropped or the process ends.
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock; when another run holds it, says what it waits for, then waits.
    pub fn wait(path: &Path, doing: &str) -> Result<Lock> {
        if let Some(lock) = Lock::try_take(path)? {
            return Ok(lock);
        }
        eprintln!("another run of `cargo book` is {doing}: waiting for it to finish …");
        let file = open(path)?;
        file.lock().with_context(|| cannot_lock(path))?;
        Ok(Lock { file })
    }

    /// Takes the lock if nobody holds it.
    pub fn try_take(path: &Path) -> Result<Option<Lock>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| cannot_lock(path)),
        }
    }

    /// Makes something once: looks for it, and makes it under the lock if it is still not there then.
    pub fn once<T>(
        path: &Path,
        doing: &str,
        found: impl Fn() -> Option<T>,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(found) = found() {
            return Ok(found);
        }
        let _lock = Lock::wait(path, doing)?;
        found().map_or_else(make, Ok)
    }

    /// Takes the lock together with others who only read.
    pub fn shared(path: &Path) -> Result<Lock> {
        let file = open(path)?;
        file.lock_shared().with_context(|| cannot_lock(path))?;
        Ok(Lock { file })
    }

    /// Lets the lock live on in the program that this process becomes, and in that program's children.
    pub fn keep_across_exec(self) -> Result<()> {
        let flags = rustix::io::FdFlags::empty();
        rustix::io::fcntl_setfd(&self.file, flags)
            .context("cannot keep the lock for the kernel")?;
        std::mem::forget(self);
        Ok(())
    }
}

fn open(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
}

fn cannot_lock(path: &Path) -> String {
    format!("cannot lock {}", path.display())
}
