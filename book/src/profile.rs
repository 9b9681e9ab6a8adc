//! How the kernel compiles cells and the library.

use crate::files;
use crate::home::Home;
use anyhow::Result;

/// Cargo's settings for everything that kernels compile: as the release profile would, and quick for cells.
///
/// Nearly half of the time that a cell takes to compile went into optimising across the compiler's units, which
/// gains nothing where the work is done by the library. It can only be switched off for all packages; the
/// others are one unit each instead, which are optimised as a whole. Cells share so little with each other
/// that keeping parts of the last one costs more than it saves.
pub const SETTINGS: &str = "\
[profile.dev]
opt-level = 3
debug-assertions = false
overflow-checks = false
lto = \"off\"
incremental = false

[profile.dev.package.\"*\"]
codegen-units = 1
";

/// Writes them to where cargo finds them from every kernel's build folder: evcxr's own manifest gives way to
/// them, and it offers no other way to set them by package.
pub fn write(home: &Home) -> Result<()> {
    let file = home.join(".cargo/config.toml");
    if std::fs::read_to_string(&file).ok().as_deref() != Some(SETTINGS) {
        std::fs::create_dir_all(home.join(".cargo"))?;
        files::write_atomically(&file, SETTINGS.as_bytes())?;
    }
    Ok(())
}
