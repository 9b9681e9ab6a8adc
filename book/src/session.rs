//! Everything that a run needs, found or installed.

use crate::clone::Clone;
use crate::disk;
use crate::home::Home;
use crate::python::{Packages, Python};
use crate::toolchain::{Toolchain, need_c_compiler};
use crate::{evcxr, files, kernelspec, private, shim};
use anyhow::Result;
use std::path::{Path, PathBuf};

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
        // All that can be missing is better known before a quarter of an hour of compiling.
        disk::need_writable(&clone.work(), "the pages are made there")?;
        let work = clone.claim_work()?;
        disk::need_execution(home.root())?;
        kernelspec::check()?;
        evcxr::check(&home, &toolchain)?;
        let python = Python::ensure(&home, packages)?;
        evcxr::ensure(&home)?;
        install_launcher(&home)?;
        clone.record(&home)?;
        kernelspec::install(&home)?;
        private::sweep(&home)?;
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
    for name in shim::NAMES {
        link(&home.shims().join(name), &launcher)?;
    }
    // The only tool that rust-analyzer looks for in `CARGO_HOME` and that has a stand-in worth the call.
    link(&home.cargo_front().join("bin/cargo"), &launcher)
}

/// Makes a link to a file, unless it is there.
fn link(link: &Path, file: &Path) -> Result<()> {
    if std::fs::read_link(link).is_ok_and(|found| found == file) {
        return Ok(());
    }
    if let Some(folder) = link.parent() {
        std::fs::create_dir_all(folder).map_err(|error| files::explain(error, folder))?;
    }
    let aside = files::aside(link)?;
    std::os::unix::fs::symlink(file, &aside).map_err(|error| files::explain(error, &aside))?;
    std::fs::rename(&aside, link).map_err(|error| files::explain(error, link))
}
