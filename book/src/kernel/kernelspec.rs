//! The kernelspec: how Jupyter, JupyterLab and VS Code find the kernel.

use crate::files::{self, disk};
use crate::machine::home::{Home, user_home};
use crate::machine::ui;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The name that the notebooks' metadata carry.
pub const NAME: &str = "diffusion-intuition";
/// What a person sees in a list of kernels.
pub const DISPLAY_NAME: &str = "Rust (Diffusion Models)";

/// Writes the kernelspec that starts the launcher of this home into a folder of kernelspecs.
pub fn install(folder: &Path, home: &Home) -> Result<()> {
    let path = file(folder);
    if path.exists() && read(&path).is_none() {
        ui::say(&format!(
            "{} is not this program's and stays as it is: remove it if editors shall find the kernel",
            path.display()
        ));
        return Ok(());
    }
    write(folder, &home.launcher())
}

/// Fails with a sentence if the kernelspec could not be written.
pub fn check() -> Result<()> {
    disk::need_writable(
        &user_folder()?,
        "make it writable, or set JUPYTER_DATA_DIR to another folder",
    )
}

/// Removes the user's kernelspec if it starts the launcher of this folder, or one that is gone.
pub fn remove(home: &Home) -> Result<bool> {
    let path = file(&user_folder()?);
    let launcher = read(&path).and_then(|spec| Some(PathBuf::from(spec["argv"][0].as_str()?)));
    let ours = launcher.is_some_and(|launcher| launcher == home.launcher() || !launcher.exists());
    if ours {
        files::remove(&path)?;
        if let Some(folder) = path.parent() {
            // What somebody put beside it stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
    Ok(ours)
}

/// Writes a kernelspec that starts `launcher` into a folder of kernelspecs. What was added to one stays in it.
pub fn write(folder: &Path, launcher: &Path) -> Result<()> {
    let launcher = launcher
        .to_str()
        .context("the path of the launcher is not valid UTF-8")?;
    let wanted = json!({
        "argv": [launcher, "kernel", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        // As evcxr's own: an interrupt is a message that ends the process which runs the cells.
        "interrupt_mode": "message",
        "metadata": { "debugger": false },
    });
    let path = file(folder);
    let found = read(&path);
    let mut spec = found.clone().unwrap_or_else(|| json!({}));
    for (key, value) in wanted.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    if found.as_ref() != Some(&spec) {
        let text = serde_json::to_string_pretty(&spec)?;
        files::write_atomically(&path, text)?;
    }
    Ok(())
}

fn file(folder: &Path) -> PathBuf {
    folder.join(NAME).join("kernel.json")
}

/// A kernelspec that this program wrote.
fn read(path: &Path) -> Option<Value> {
    let spec: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let argv = spec["argv"].as_array()?;
    let ours = argv.len() == 3
        && Path::new(argv[0].as_str()?).file_name()? == "book"
        && argv[1] == "kernel"
        && argv[2] == "{connection_file}";
    ours.then_some(spec)
}

/// Where Jupyter looks for a user's kernelspecs.
pub fn user_folder() -> Result<PathBuf> {
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

#[cfg(test)]
mod tests {
    use super::{file, read, write};
    use crate::files::Scratch;
    use serde_json::Value;
    use std::fs;
    use std::path::Path;

    #[test]
    fn own_kernelspecs_are_known_and_keep_what_was_added() {
        let scratch = Scratch::new("kernelspec");
        let path = file(scratch.path());
        // The work folder's names whatever binary runs; ours is always called `book`.
        write(scratch.path(), Path::new("/old/bin/book")).unwrap();
        let mut spec = read(&path).unwrap();
        spec["env"]["RUST_LOG"] = Value::from("debug");
        fs::write(&path, spec.to_string()).unwrap();
        write(scratch.path(), Path::new("/new/bin/book")).unwrap();
        let spec = read(&path).unwrap();
        assert_eq!(spec["argv"][0], "/new/bin/book");
        assert_eq!(spec["env"]["RUST_LOG"], "debug");
        fs::write(
            &path,
            r#"{"argv": ["python", "-m", "mine", "{connection_file}"]}"#,
        )
        .unwrap();
        assert!(read(&path).is_none());
    }
}
