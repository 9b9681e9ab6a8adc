//! `cargo book lab`: JupyterLab with the kernel ready.

use crate::files;
use crate::files::locks::Lock;
use crate::machine::ui;
use crate::python::packages::Packages;
use crate::run::session::Session;
use crate::run::warm;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;

/// Without the question whether to fetch news.
const QUIET: &str =
    r#"{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}"#;

/// Held while a JupyterLab runs, in the per-user folder.
pub const LOCK: &str = "lab.lock";

/// Opens JupyterLab on the clone's notebooks; this process becomes its server.
pub fn run(arguments: &[String]) -> Result<()> {
    let session = Session::open(Packages::Lab)?;
    let notebooks = session.clone.notebooks();
    warm::ensure_all(&session)?;
    session.advise();
    let settings = session.work.join("jupyter/settings");
    files::write_atomically(&settings.join("labconfig/page_config.json"), QUIET)?;
    // Jupyter refuses to serve root unless told that it is meant; in a container root is often the only user.
    let root = rustix::process::geteuid().is_root();
    if root {
        ui::say("You are root, so every cell has all rights on this machine.");
    }
    ui::say(
        "Opening JupyterLab; it listens on this machine only, the link below carries its token. Ctrl-C ends it.",
    );
    Lock::shared(&session.home.join(LOCK))?.keep_across_exec()?;
    let error = session
        .python
        .command()
        .args([
            "-m",
            "jupyterlab",
            "--ip=127.0.0.1",
            "--ServerApp.allow_remote_access=False",
        ])
        .arg(format!("--ServerApp.root_dir={}", notebooks.display()))
        // Nothing is asked of other machines.
        .args([
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        ])
        .args(["--LabApp.extension_manager=readonly"])
        .args(root.then_some("--ServerApp.allow_root=True"))
        .env("JUPYTER_CONFIG_PATH", settings)
        .args(arguments)
        .current_dir(&notebooks)
        .exec();
    Err(error).context("cannot start JupyterLab")
}
