//! `cargo book setup`: everything that a reader waits for once, done ahead; for one user, or in a folder for many.

use crate::files;
use crate::files::disk::HOME_VARIABLE;
use crate::kernel::library;
use crate::machine::home::PREFIX_VARIABLE;
use crate::machine::ui;
use crate::python::packages::Packages;
use crate::run::session::Session;
use crate::run::warm;
use anyhow::{Context, Result};
use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Sets up the user's folder, or the prefix.
pub fn run(prefix: Option<&Path>) -> Result<()> {
    let Some(prefix) = prefix else {
        let session = Session::open(Packages::Lab)?;
        warm::ensure_all(&session)?;
        session.advise();
        ui::say(
            "All is set up: `cargo book lab` opens the notebooks, `cargo book` presses the pages.",
        );
        return Ok(());
    };
    let prefix = std::path::absolute(prefix).context("cannot resolve the folder")?;
    if env::var_os(HOME_VARIABLE).is_none_or(|home| home != prefix.as_os_str()) {
        return become_user_of(&prefix);
    }
    let session = Session::for_many(Packages::Lab)?;
    let home = &session.home;
    library::ensure(home, &session.clone)?;
    library::fetch_packages(home, &session.clone)?;
    warm::ensure_all(&session)?;
    session.read_standard_library()?;
    session.advise();
    home.mark_as_prefix()?;
    files::open_to_all(home.root())?;
    let folder = home.root().display();
    ui::say(&format!(
        "All is set up in {folder}, which may be read-only from now on. Jupyter finds the kernel with \
         JUPYTER_PATH={folder}/share/jupyter; {folder}/bin/book is `cargo book` for all users."
    ));
    Ok(())
}

/// Starts this program anew with everything in the prefix: the kernels that it runs must know it too.
fn become_user_of(prefix: &Path) -> Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(["setup", "--prefix"])
        .arg(prefix)
        .env(HOME_VARIABLE, prefix)
        .env_remove(PREFIX_VARIABLE);
    Err(command.exec()).context("cannot start this program anew")
}
