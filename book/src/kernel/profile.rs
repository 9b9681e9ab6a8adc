//! How the kernel compiles cells and the library.

use crate::files;
use crate::machine::home::Home;
use anyhow::Result;

/// Cargo's settings for everything that kernels compile: as the release profile would, and quick for cells.
///
/// A third of the time that a cell took to compile went into optimising across the compiler's units, which gains
/// nothing where the work is done by the library. It can only be switched off for all packages; the others are
/// one unit each instead, which is optimised as a whole.
pub const SETTINGS: &str = "\
[profile.dev]
opt-level = 3
debug-assertions = false
overflow-checks = false
lto = \"off\"

[profile.dev.package.\"*\"]
codegen-units = 1
incremental = false
";

/// Writes them to where cargo finds them from every kernel's build folder: evcxr's own manifest gives way to
/// them, and it offers no other way to set them by package.
pub fn write(home: &Home) -> Result<()> {
    files::write_if_new(&home.join(".cargo/config.toml"), SETTINGS)
}
