//! Everything that a run needs, found or installed.

use crate::files::{self, disk};
use crate::kernel::stdsrc::{self, Inference};
use crate::kernel::{evcxr, kernelspec, private};
use crate::machine::clone::Clone;
use crate::machine::home::{Home, STAND_INS};
use crate::machine::programs::need_c_compiler;
use crate::machine::toolchain::Toolchain;
use crate::machine::ui;
use crate::python::packages::{Packages, Python};
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
        let home = Home::open()?;
        let kernels = kernelspec::user_folder()?;
        kernelspec::check()?;
        Session::in_folder(home, &kernels, packages)
    }

    /// The same for a folder that many users will share: the kernelspec lies in it too.
    pub fn for_many(packages: Packages) -> Result<Session> {
        let home = Home::open()?;
        let kernels = home.join("share/jupyter/kernels");
        Session::in_folder(home, &kernels, packages)
    }

    fn in_folder(home: Home, kernels: &Path, packages: Packages) -> Result<Session> {
        let clone = Clone::here()?;
        need_c_compiler()?;
        let toolchain = Toolchain::find(clone.root())?;
        // All that can be missing is better known before a quarter of an hour of compiling.
        disk::need_writable(&clone.work(), "the pages are made there")?;
        let work = clone.claim_work()?;
        disk::need_execution(home.root())?;
        if !evcxr::may_be_here() {
            evcxr::check(&home, &toolchain)?;
        }
        let python = Python::ensure(&home, packages)?;
        evcxr::look(&home, &python)?;
        evcxr::check(&home, &toolchain)?;
        evcxr::ensure(&home)?;
        clone.record(&home)?;
        // Whoever runs this program from a prefix finds launcher and kernelspec there.
        if !home.is_in_prefix(&std::env::current_exe()?) {
            install_launcher(&home)?;
            kernelspec::install(kernels, &home)?;
        }
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

impl Session {
    /// Says what would make kernels more helpful.
    pub fn advise(&self) {
        if self.toolchain.library_sources().is_none() {
            ui::say(
                "This toolchain has no rust-src: kernels complete no names of the standard library and infer none of its \
                 types. `rustup component add rust-src` brings it; the book's notebooks run without.",
            );
        }
    }

    /// Copies what kernels read of the standard library, where `rust-src` is installed.
    pub fn read_standard_library(&self) -> Result<()> {
        stdsrc::folder(&self.home, &self.toolchain, Inference::Full).map(drop)
    }
}

/// Puts a copy of this program where kernelspecs find it, whatever becomes of the clone.
fn install_launcher(home: &Home) -> Result<()> {
    let own = std::env::current_exe()?;
    let launcher = home.launcher();
    if std::fs::read(&launcher).ok() != Some(std::fs::read(&own)?) {
        let aside = files::aside(&launcher)?;
        files::make_folder(&home.join("bin"))?;
        std::fs::copy(&own, &aside).map_err(|error| files::explain(error, &aside))?;
        files::rename(&aside, &launcher)?;
    }
    for name in STAND_INS {
        link(&home.stand_ins().join(name), &launcher)?;
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
        files::make_folder(folder)?;
    }
    let aside = files::aside(link)?;
    std::os::unix::fs::symlink(file, &aside).map_err(|error| files::explain(error, &aside))?;
    files::rename(&aside, link)
}
