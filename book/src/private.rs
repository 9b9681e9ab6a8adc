//! Private build folders: every kernel compiles in a folder of its own, removed when the kernel is gone.
//!
//! A kernel holds a lock on its folder. The lock lives as long as the kernel or any of its children does, so a
//! folder whose lock can be taken is dead, whatever killed its kernel.

use crate::files;
use crate::home::Home;
use crate::locks::Lock;
use crate::warm;
use anyhow::{Context, Result};
use rustix::process::{self, Pid, Signal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a janitor looks whether its kernel still lives.
const PAUSE: Duration = Duration::from_millis(500);

/// A new private folder and the lock that keeps it.
pub struct Private {
    folder: PathBuf,
    lock: Lock,
}

impl Private {
    /// Reserves a folder (not yet made) after removing those that dead kernels left.
    pub fn reserve(home: &Home) -> Result<Private> {
        sweep(home)?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let name = format!("{}-{}", std::process::id(), now.as_nanos());
        let folder = home.kernels().join(name);
        loop {
            let lock = Lock::wait(&lock_of(&folder), "cleaning up")?;
            // A sweeping run may have removed the file between its making and its locking.
            if lock_of(&folder).exists() {
                return Ok(Private { folder, lock });
            }
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Hands the folder to the kernel that this process becomes, and sets a janitor to remove it afterwards, or to
    /// keep it as the compiled copy of this key.
    pub fn hand_over(self, keep: Option<&str>) -> Result<()> {
        // The janitor starts while the lock is still closed at exec, so that it does not hold it itself.
        Command::new(std::env::current_exe()?)
            .arg("janitor")
            .arg(&self.folder)
            .arg(std::process::id().to_string())
            .args(keep)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the janitor of the kernel's folder")?;
        self.lock.keep_across_exec()
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

/// Removes the folders of dead kernels.
pub fn sweep(home: &Home) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(home.kernels()) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "lock")
        {
            remove_if_dead(&path.with_extension(""), None)?;
        }
    }
    Ok(())
}

/// Removes a folder and its lock file if no kernel holds it.
fn remove_if_dead(folder: &Path, keep: Option<&str>) -> Result<bool> {
    let Some(_lock) = Lock::try_take(&lock_of(folder))? else {
        return Ok(false);
    };
    if let Some(key) = keep {
        // If it cannot be kept, it is removed like any other.
        let _ = warm::keep(&Home::open()?, key, folder);
    }
    files::remove(folder)?;
    files::remove(&lock_of(folder))?;
    Ok(true)
}

/// The janitor: waits for the end of a kernel, ends what it left running, removes its folder.
pub fn attend(folder: &Path, kernel: i32, keep: Option<&str>) -> Result<()> {
    // A session of its own: what ends the kernel's group does not end the janitor.
    let _ = process::setsid();
    let kernel = Pid::from_raw(kernel);
    let leads = kernel.is_some_and(|pid| process::getpgid(Some(pid)) == Ok(pid));
    loop {
        if process::getppid() != kernel && leads {
            // The kernel is gone; a cell in an endless loop would not notice.
            if let Some(group) = kernel {
                let _ = process::kill_process_group(group, Signal::KILL);
            }
        }
        if remove_if_dead(folder, keep)? {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
}
