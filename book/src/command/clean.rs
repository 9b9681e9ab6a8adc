//! `cargo book clean`: removes everything that the command ever made, and nothing else.

use crate::command::lab;
use crate::files::locks::Lock;
use crate::files::{self, inventory, owned};
use crate::kernel::{copies, evcxr, kernelspec, private};
use crate::machine::clone::Clone;
use crate::machine::home::Home;
use crate::machine::ui;
use crate::press::{place, swap};
use crate::python::packages;
use anyhow::{Result, bail};
use std::path::Path;

/// Removes the kernelspec, the per-user folder, and what lies in this clone's `target/`.
pub fn run() -> Result<()> {
    let (home, ours) = Home::look()?;
    let clone = Clone::here().ok();
    if ours {
        refuse_running(&home)?;
    }
    let _pressing = match &clone {
        Some(clone) => free(
            &clone.work().join("lock"),
            "a press is running in this clone",
        )?,
        None => None,
    };
    let mut removed = Vec::new();
    if kernelspec::remove(&home)? {
        removed.push("the kernelspec".to_owned());
    }
    if let Some(clone) = &clone {
        for name in [place::PAGES, place::PRINTED] {
            let place = clone.target().join(name);
            swap::restore(&place)?;
            let stay = inventory::remove(&place)?;
            tell_what_stays(&place, &inventory::some_of(&place, &stay));
        }
        let stay = clone.remove_work()?;
        tell_what_stays(&clone.work(), &owned::some_of(&stay));
        removed.push("this clone's book".to_owned());
    }
    let existed = home.root().exists();
    let stay = home.remove()?;
    tell_what_stays(home.root(), &owned::some_of(&stay));
    if ours && existed {
        removed.push(home.root().display().to_string());
    }
    ui::say(&match removed.is_empty() {
        true => "there is nothing to remove".to_owned(),
        false => format!("removed {}", removed.join(", ")),
    });
    Ok(())
}

fn refuse_running(home: &Home) -> Result<()> {
    private::sweep(home)?;
    let running = files::list(&home.kernels())?
        .iter()
        .filter(|file| private::is_lock(file))
        .count();
    if running > 0 {
        bail!(
            "{running} kernels are running: shut them down in Jupyter, then run `cargo book clean` again"
        );
    }
    for (lock, what) in [
        (lab::LOCK, "JupyterLab is running"),
        (evcxr::LOCK, "another run is installing the kernel"),
        (packages::LOCK, "another run is installing Python packages"),
        (
            copies::LOCK,
            "another run is compiling the library for the kernel",
        ),
    ] {
        free(&home.join(lock), what)?;
    }
    Ok(())
}

/// Takes a lock if there is such a file; fails if another run holds it.
fn free(lock: &Path, what: &str) -> Result<Option<Lock>> {
    if !lock.exists() {
        return Ok(None);
    }
    match Lock::try_take(lock)? {
        Some(lock) => Ok(Some(lock)),
        None => bail!("{what}: wait for its end or end it, then run `cargo book clean` again"),
    }
}

fn tell_what_stays(folder: &Path, files: &str) {
    if !files.is_empty() {
        ui::say(&format!(
            "{} stays with what this version did not make, or what was changed since: {files}",
            folder.display()
        ));
    }
}
