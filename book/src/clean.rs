//! `cargo book clean`: removes everything that the command ever made.

use crate::clone::Clone;
use crate::home::Home;
use crate::{files, kernelspec, private, swap, ui};
use anyhow::{Result, bail};

/// Removes the kernelspec, the per-user folder, and what lies in this clone's `target/`.
pub fn run() -> Result<()> {
    let home = Home::open()?;
    private::sweep(&home)?;
    let running = files::list(&home.kernels())?
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "lock"))
        .count();
    if running > 0 {
        bail!(
            "{running} kernels are running: shut them down in Jupyter, then run `cargo book clean` again"
        );
    }
    kernelspec::remove()?;
    if let Ok(clone) = Clone::here() {
        swap::restore(&clone.target().join("book"))?;
        for name in ["book", "book-work"] {
            files::remove(&clone.target().join(name))?;
        }
    }
    files::remove(home.root())?;
    ui::say(&format!(
        "removed the kernelspec, {} and this clone's book",
        home.root().display()
    ));
    Ok(())
}
