//! The kernelspec: how Jupyter, JupyterLab and VS Code find the kernel.

use crate::files;
use crate::home::{Home, user_home};
use anyhow::{Context, Result};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The name that the notebooks' metadata carry.
pub const NAME: &str = "diffusion-intuition";
/// What a person sees in a list of kernels.
pub const DISPLAY_NAME: &str = "Rust (Diffusion Models)";

/// Writes the kernelspec for the user.
pub fn install(home: &Home) -> Result<()> {
    write(&user_folder()?, &home.launcher())
}

/// Removes the user's kernelspec.
pub fn remove() -> Result<()> {
    files::remove(&user_folder()?.join(NAME))
}

/// Writes a kernelspec that starts `launcher` into a folder of kernelspecs.
pub fn write(folder: &Path, launcher: &Path) -> Result<()> {
    let launcher = launcher
        .to_str()
        .context("the path of the launcher is not valid UTF-8")?;
    let spec = json!({
        "argv": [launcher, "kernel", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        // As evcxr's own: an interrupt is a message that ends the process which runs the cells.
        "interrupt_mode": "message",
        "metadata": { "debugger": false },
    });
    let text = serde_json::to_string_pretty(&spec)?;
    let path = folder.join(NAME).join("kernel.json");
    if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        files::write_atomically(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Where Jupyter looks for a user's kernelspecs.
fn user_folder() -> Result<PathBuf> {
    if let Some(data) = std::env::var_os("JUPYTER_DATA_DIR").filter(|data| !data.is_empty()) {
        return Ok(PathBuf::from(data).join("kernels"));
    }
    let user = user_home()?;
    Ok(match std::env::var_os("XDG_DATA_HOME").map(PathBuf::from) {
        _ if cfg!(target_os = "macos") => user.join("Library/Jupyter/kernels"),
        Some(data) if data.is_absolute() => data.join("jupyter/kernels"),
        _ => user.join(".local/share/jupyter/kernels"),
    })
}
