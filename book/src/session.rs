//! Everything that a run needs, found or installed.

use crate::clone::Clone;
use crate::home::Home;
use crate::python::{Packages, Python};
use crate::toolchain::{Toolchain, need_c_compiler};
use crate::{evcxr, files, kernelspec, private, shim};
use anyhow::Result;
use std::path::PathBuf;

/// The parts of a set-up machine.
pub struct Session {
    /// The per-user folder.
    pub home: Home,
    /// The clone that the command runs in.
    pub clone: Clone,
    /// The Rust toolchain.
    pub toolchain: Toolchain,
    /// The Python environment.
    pub python: Python,
    /// Folder for what a run makes on its way.
    pub work: PathBuf,
}

impl Session {
    /// Checks the machine and installs what is missing.
    pub fn open(packages: Packages) -> Result<Session> {
        let clone = Clone::here()?;
        let home = Home::open()?;
        need_c_compiler()?;
        let toolchain = Toolchain::find(clone.root())?;
        // Python first: if it is missing, that is better known before a quarter of an hour of compiling.
        let python = Python::ensure(&home, packages)?;
        evcxr::ensure(&home)?;
        install_launcher(&home)?;
        clone.record(&home)?;
        kernelspec::install(&home)?;
        private::sweep(&home)?;
        let work = clone.target().join("book-work");
        kernelspec::write(&work.join("jupyter/kernels"), &std::env::current_exe()?)?;
        Ok(Session {
            home,
            clone,
            toolchain,
            python,
            work,
        })
    }
}

/// Puts a copy of this program where kernelspecs find it, whatever becomes of the clone.
fn install_launcher(home: &Home) -> Result<()> {
    let own = std::fs::read(std::env::current_exe()?)?;
    let launcher = home.launcher();
    if std::fs::read(&launcher).ok().as_ref() != Some(&own) {
        let aside = files::aside(&launcher)?;
        std::fs::create_dir_all(home.join("bin"))?;
        std::fs::copy(std::env::current_exe()?, &aside)
            .map_err(|error| files::explain(error, &aside))?;
        std::fs::rename(&aside, &launcher).map_err(|error| files::explain(error, &launcher))?;
    }
    std::fs::create_dir_all(home.shims())?;
    for name in shim::NAMES {
        let link = home.shims().join(name);
        if std::fs::read_link(&link).ok().as_ref() != Some(&launcher) {
            let aside = files::aside(&link)?;
            std::os::unix::fs::symlink(&launcher, &aside)?;
            std::fs::rename(&aside, &link)?;
        }
    }
    Ok(())
}
