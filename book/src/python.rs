//! The pinned Python environment with Jupyter's client and Sphinx.

use crate::files::{self, Fingerprint};
use crate::home::Home;
use crate::locks::Lock;
use crate::toolchain::{output, which};
use crate::ui;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 11);

/// Which set of packages an environment holds.
#[derive(Clone, Copy)]
pub enum Packages {
    /// What a press needs.
    Book,
    /// That, and JupyterLab.
    Lab,
    /// What the check of the pages in a browser needs.
    Checks,
}

impl Packages {
    fn requirements(self) -> Vec<(&'static str, &'static str)> {
        let book = ("requirements.txt", include_str!("../requirements.txt"));
        let lab = (
            "requirements-lab.txt",
            include_str!("../requirements-lab.txt"),
        );
        let checks = (
            "requirements-checks.txt",
            include_str!("../checks/requirements.txt"),
        );
        match self {
            Packages::Book => vec![book],
            Packages::Lab => vec![book, lab],
            Packages::Checks => vec![checks],
        }
    }
}

/// An installed environment.
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment, made first if it has to be.
    pub fn ensure(home: &Home, packages: Packages) -> Result<Python> {
        let (python, version) = find()?;
        let mut fingerprint = Fingerprint::default();
        fingerprint.add("python", &version);
        for (name, list) in packages.requirements() {
            fingerprint.add(name, list);
        }
        let folder = home.join(format!("python-{}", fingerprint.finish()));
        let done = folder.join("complete");
        if !done.exists() {
            let _lock = Lock::wait(&home.join("python.lock"), "installing Python packages")?;
            if !done.exists() {
                install(&python, &folder, packages)?;
                files::write_atomically(&done, version.as_bytes())?;
            }
        }
        Ok(Python { folder })
    }

    /// The environment's interpreter.
    pub fn interpreter(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// A command that runs the interpreter, undisturbed by the user's own Python settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.interpreter());
        command
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            .env("PYTHONUTF8", "1");
        command
    }

    /// The folder of the installed packages.
    pub fn site_packages(&self) -> Result<PathBuf> {
        let library = self.folder.join("lib");
        for entry in fs::read_dir(&library)? {
            let packages = entry?.path().join("site-packages");
            if packages.is_dir() {
                return Ok(packages);
            }
        }
        bail!("{} holds no packages", self.folder.display())
    }
}

/// The first Python on the `PATH` that is new enough.
fn find() -> Result<(PathBuf, String)> {
    let mut too_old = None;
    for name in [
        "python3",
        "python3.13",
        "python3.12",
        "python3.11",
        "python3.14",
    ] {
        let Some(python) = which(name) else { continue };
        // The same Python can be reached by several paths; its own installation names it.
        let code =
            "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.platform, sys.base_prefix)";
        let Ok(version) = output(Command::new(&python).args(["-I", "-c", code])) else {
            continue;
        };
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if found >= OLDEST {
            return Ok((python, version.trim().to_owned()));
        }
        too_old.get_or_insert(version);
    }
    let wanted = format!("{}.{}", OLDEST.0, OLDEST.1);
    match too_old {
        Some(version) => bail!(
            "the Python found is {}, but the book needs {wanted} or later: install a newer one as python3",
            version.trim()
        ),
        None => bail!(
            "no python3 found: install Python {wanted} or later (with venv) and run `cargo book` again"
        ),
    }
}

fn install(python: &Path, folder: &Path, packages: Packages) -> Result<()> {
    ui::say("Installing Python packages (pinned, about a minute, once) …");
    let spinner = ui::spinner("making the Python environment");
    // A venv cannot be moved, so it is made in place; the file `complete` is written last.
    files::remove(folder)?;
    let made = output(Command::new(python).args(["-I", "-m", "venv"]).arg(folder));
    if let Err(error) = made {
        files::need_space(folder.parent().unwrap_or(folder))?;
        files::remove(folder)?;
        bail!(
            "python3 cannot make a virtual environment: install its venv module (for example: \
             sudo apt-get install python3-venv) and run `cargo book` again\n{error:#}"
        );
    }
    spinner.set_message("installing Python packages");
    for (name, list) in packages.requirements() {
        let path = folder.join(name);
        fs::write(&path, list).map_err(|error| files::explain(error, &path))?;
        // The list names every package, so pip need not (and must not) look for more.
        let installed = output(
            Command::new(folder.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-input",
                ])
                .args(["--no-deps", "--require-hashes", "--requirement"])
                .arg(&path),
        );
        if installed.is_err() {
            files::need_space(folder)?;
        }
        installed.context(
            "installing the Python packages failed; if the message below speaks of the network, mend that and \
             run `cargo book` again",
        )?;
    }
    spinner.finish_and_clear();
    Ok(())
}
