//! The peers' own Python environment, in the user's cache folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::case::Result;

const REQUIREMENTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/benches/peers/requirements.txt"
);

/// A virtual environment; libraries are installed when they are asked for.
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment of these requirements, made if there is none.
    pub fn ensure() -> Result<Self> {
        let requirements = fs::read(REQUIREMENTS)?;
        let folder = cache()?.join(format!("peers-{:016x}", fnv1a(&requirements)));
        let made = folder.join("made");
        if !made.exists() {
            println!(
                "making a Python environment for the peers in {} …",
                folder.display()
            );
            run(Command::new("python3")
                .args(["-I", "-m", "venv", "--clear"])
                .arg(&folder))
            .map_err(|error| {
                format!("python3 with its venv module (3.11 or later) is needed: {error}")
            })?;
            fs::write(made, "")?;
        }
        Ok(Self { folder })
    }

    /// Installs a library at its pinned version unless it is there.
    pub fn install(&self, library: &str) -> Result<()> {
        let installed = self.folder.join(format!("{library}.installed"));
        if installed.exists() {
            return Ok(());
        }
        let size = if library == "torch" {
            " (3 GB to download, on Linux)"
        } else {
            ""
        };
        println!("installing {library}{size} …");
        let mut pip = self.command();
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]);
        // Numbers come and go as NumPy's arrays, whatever the library is.
        run(pip.args(["--constraint", REQUIREMENTS, "numpy", library]))?;
        Ok(fs::write(installed, "")?)
    }

    /// Its interpreter, free of settings that are not a user's usual ones: OPENBLAS_*, where they are set,
    /// choose a slow kernel for NumPy.
    pub fn command(&self) -> Command {
        let python = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        let mut command = Command::new(self.folder.join(python));
        for name in [
            "PYTHONPATH",
            "PYTHONHOME",
            "OPENBLAS_CORETYPE",
            "OPENBLAS_L2_SIZE",
        ] {
            command.env_remove(name);
        }
        command
    }
}

/// Runs to the end; what it says is wrong first (pip), or last (Python), is the error.
fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find_map(|line| line.strip_prefix("ERROR: "));
    let line = first.or(text.lines().rfind(|line| !line.trim().is_empty()));
    Err(line
        .unwrap_or("it said nothing")
        .trim()
        .trim_end_matches('.')
        .into())
}

/// The folder that `cargo book` uses too.
fn cache() -> Result<PathBuf> {
    let given = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(home) = given("DIFFUSION_INTUITION_HOME") {
        return Ok(std::path::absolute(home)?);
    }
    let user = || {
        given("HOME")
            .ok_or("HOME is not set; set DIFFUSION_INTUITION_HOME to a folder of your choice")
    };
    let cache = match given("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        Some(path) => path,
        None if cfg!(target_os = "macos") => user()?.join("Library/Caches"),
        None => user()?.join(".cache"),
    };
    Ok(cache.join(Path::new("diffusion-intuition")))
}

/// The hash FNV-1a: short, and the same on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
