//! The pinned Python environment with Jupyter's client and Sphinx.

use crate::files::locks::Lock;
use crate::files::{self, Fingerprint, disk};
use crate::machine::home::Home;
use crate::machine::programs::output;
use crate::machine::{environment, ui};
use crate::python::interpreters;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Held while packages are installed, in the per-user folder.
pub const LOCK: &str = "python.lock";
/// Disk that the packages take.
const ROOM: u64 = 400_000_000;
/// Prints the variables that tell pip where to find packages, as the user's settings of pip say.
const SETTINGS: &str = include_str!("../../python/pip_settings.py");

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
    /// Those of whose environments each will do.
    fn found_in(self) -> &'static [Packages] {
        match self {
            Packages::Book => &[Packages::Book, Packages::Lab],
            Packages::Lab => &[Packages::Lab],
            Packages::Checks => &[Packages::Checks],
        }
    }

    /// The name of its environment.
    fn folder(self, version: &str) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add("python", version);
        for (name, list) in self.requirements() {
            fingerprint.add(name, list);
        }
        format!("python-{}", fingerprint.finish())
    }

    fn requirements(self) -> Vec<(&'static str, &'static str)> {
        let book = ("requirements.txt", include_str!("../../requirements.txt"));
        let lab = (
            "requirements-lab.txt",
            include_str!("../../requirements-lab.txt"),
        );
        let checks = (
            "requirements-checks.txt",
            include_str!("../../checks/requirements.txt"),
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
        let (python, version) = interpreters::find()?;
        let candidates = packages.found_in().iter().flat_map(|packages| {
            let name = packages.folder(&version);
            [Some(home.root()), home.prefix()]
                .into_iter()
                .flatten()
                .map(move |root| root.join(&name))
        });
        let mut made = candidates.map(|folder| Python { folder });
        if let Some(environment) = made.find(Python::is_complete) {
            return Ok(environment);
        }
        let environment = Python {
            folder: home.join(packages.folder(&version)),
        };
        let lock = home.join(LOCK);
        let found = || environment.is_complete().then_some(());
        Lock::once(&lock, "installing Python packages", found, || {
            disk::need_room(home.root(), ROOM, "installing the Python packages")?;
            environment.install(&python, packages)?;
            files::write_atomically(&environment.done(), &version)
        })?;
        Ok(environment)
    }

    /// The environment's interpreter.
    pub fn interpreter(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// A command that runs the interpreter, undisturbed by the user's own Python settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.interpreter());
        environment::undisturbed_python(&mut command);
        command
    }

    /// Written last.
    fn done(&self) -> PathBuf {
        self.folder.join("complete")
    }

    /// Whether all was installed, and the Python under it is still there.
    fn is_complete(&self) -> bool {
        self.done().exists() && self.interpreter().exists()
    }

    fn install(&self, python: &Path, packages: Packages) -> Result<()> {
        ui::say("Installing Python packages (pinned, about a minute, once) …");
        let spinner = ui::spinner("making the Python environment");
        let folder = &self.folder;
        // A venv cannot be moved, so it is made in place; the file `complete` is written last.
        files::remove(folder)?;
        let mut command = Command::new(python);
        environment::undisturbed_python(&mut command);
        let made = output(command.args(["-I", "-m", "venv"]).arg(folder));
        if let Err(error) = made {
            disk::need_space(folder.parent().unwrap_or(folder))?;
            files::remove(folder)?;
            bail!("{}\n{error:#}", interpreters::NO_VENV);
        }
        spinner.set_message("installing Python packages");
        let settings = self.pip_settings()?;
        for (name, list) in packages.requirements() {
            let path = folder.join(name);
            files::write_atomically(&path, list)?;
            // The list names every package, so pip need not (and must not) look for more.
            let installed = output(
                self.command()
                    .args(["-m", "pip", "install", "--quiet"])
                    .args(["--disable-pip-version-check", "--no-input"])
                    .args(["--no-deps", "--require-hashes", "--requirement"])
                    .arg(&path)
                    .env("PIP_CONFIG_FILE", "/dev/null")
                    .envs(&settings),
            );
            if installed.is_err() {
                disk::need_space(folder)?;
            }
            installed.context(
                "installing the Python packages failed; if the message below speaks of the network, mend that \
                 and run `cargo book` again",
            )?;
        }
        spinner.finish_and_clear();
        Ok(())
    }

    /// The variables by which pip finds packages where the user's settings say (a mirror, a proxy, certificates);
    /// all other settings, which could install them elsewhere or otherwise, are left out.
    fn pip_settings(&self) -> Result<BTreeMap<String, String>> {
        let mut command = self.command();
        for (name, value) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PIP_")) {
                command.env(name, value);
            }
        }
        let settings =
            output(command.args(["-c", SETTINGS])).context("pip's settings cannot be read")?;
        serde_json::from_str(&settings).context("pip's settings are not what was expected")
    }
}
