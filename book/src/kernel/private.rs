//! Private build folders: every kernel compiles in a folder of its own, removed when the kernel is gone.
//!
//! A kernel holds a lock on its folder. The lock lives as long as the kernel or any of its children does, so a
//! folder whose lock can be taken is dead, whatever killed its kernel. The lock file names the kernel's process and
//! that of the Jupyter that started it: a kernel that has lost its Jupyter is ended, since nobody can reach it.

use crate::files;
use crate::files::locks::Lock;
use crate::kernel::copies;
use crate::machine::home::Home;
use crate::machine::process;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a janitor looks whether its kernel still lives.
const PAUSE: Duration = Duration::from_millis(500);
/// Every which time it looks whether the kernel's Jupyter does: where another program must be asked, more rarely.
const LOOK: u64 = if cfg!(target_os = "linux") { 1 } else { 6 };

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
        let jupyter = jupyter();
        let record = format!("{} {}", std::process::id(), jupyter.unwrap_or_default());
        std::fs::write(lock_of(&self.folder), record)
            .map_err(|error| files::explain(error, &self.folder))?;
        // The janitor starts while the lock is still closed at exec, so that it does not hold it itself.
        set_janitor(jupyter, Some(&self.folder), keep)?;
        self.lock.keep_across_exec()
    }
}

/// Sets a janitor for the kernel that this process becomes, which has no private folder.
pub fn watch() -> Result<()> {
    set_janitor(jupyter(), None, None)
}

/// The process of the Jupyter that started this one, if it is one that means to be followed: it says its number.
fn jupyter() -> Option<i32> {
    let said: i32 = std::env::var("JPY_PARENT_PID").ok()?.parse().ok()?;
    process::own_parent().filter(|parent| *parent == said)
}

fn set_janitor(jupyter: Option<i32>, folder: Option<&Path>, keep: Option<&str>) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("janitor")
        .arg(std::process::id().to_string())
        .arg(jupyter.unwrap_or_default().to_string());
    if let Some(folder) = folder {
        command.arg("--folder").arg(folder);
    }
    if let Some(key) = keep {
        command.args(["--keep", key]);
    }
    command
        // A group of its own from the start: what ends the kernel's group does not end the janitor.
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the janitor of the kernel's folder")?;
    Ok(())
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

/// Whether this is the lock of a private folder: a process and a time.
pub fn is_lock(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".lock")
        .and_then(|name| name.split_once('-'))
        .is_some_and(|(process, time)| files::is_number(process) && files::is_number(time))
}

/// Removes the folders of dead kernels, and ends kernels that have lost their Jupyter (whose janitor was killed too).
pub fn sweep(home: &Home) -> Result<()> {
    for entry in std::fs::read_dir(home.kernels()).into_iter().flatten() {
        let path = entry?.path();
        if is_lock(&path) && !remove_if_dead(&path.with_extension(""), None)? {
            end_if_lost(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
    Ok(())
}

/// Ends the kernel of a lock file's text if it runs and its Jupyter does not.
fn end_if_lost(record: &str) {
    let mut numbers = record.split(' ').map(|number| number.parse().unwrap_or(0));
    let (kernel, jupyter) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if jupyter > 1
        && let Some((parent, name)) = process::look(kernel)
        && parent != jupyter
        && name == "evcxr_jupyter"
    {
        process::end(kernel, process::leads_group(kernel));
    }
}

/// Removes a folder and its lock file if no kernel holds it.
fn remove_if_dead(folder: &Path, keep: Option<&str>) -> Result<bool> {
    let Some(_lock) = Lock::try_take(&lock_of(folder))? else {
        return Ok(false);
    };
    if let Some(key) = keep {
        // If it cannot be kept, it is removed like any other.
        let _ = copies::keep(&Home::open()?, key, folder);
    }
    files::remove(folder)?;
    files::remove(&lock_of(folder))?;
    Ok(true)
}

/// The janitor: waits for the end of a kernel, ends what it left running, removes its folder. A kernel whose Jupyter
/// (0: none) is gone is ended.
pub fn attend(kernel: i32, jupyter: i32, folder: Option<&Path>, keep: Option<&str>) -> Result<()> {
    let leads = process::leads_group(kernel);
    for round in 0_u64.. {
        let gone = process::own_parent() != Some(kernel);
        let lost = || jupyter > 1 && process::parent_of(kernel).is_some_and(|now| now != jupyter);
        // A cell in an endless loop would not notice that its kernel is gone.
        if (gone && leads) || (!gone && round.is_multiple_of(LOOK) && lost()) {
            process::end(kernel, leads);
        }
        let done = match folder {
            Some(folder) => remove_if_dead(folder, keep)?,
            None => gone,
        };
        if done {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{end_if_lost, is_lock};
    use crate::machine::process;
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn only_locks_of_kernels_are_locks() {
        assert!(is_lock(Path::new("kernels/12-1764226000000000000.lock")));
        for other in [
            "kernels/mine.lock",
            "kernels/12-34",
            "kernels/a-1.lock",
            "kernels/12.lock",
        ] {
            assert!(!is_lock(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn processes_that_are_no_kernels_are_not_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let number = i32::try_from(child.id()).unwrap();
        for record in [
            format!("{number} 999999"),
            format!("{number}"),
            "0 0".into(),
            "-1 5".into(),
        ] {
            end_if_lost(&record);
        }
        assert!(child.try_wait().unwrap().is_none());
        process::end(number, false);
        child.wait().unwrap();
    }
}
