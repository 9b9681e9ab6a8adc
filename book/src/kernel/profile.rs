//! How the kernel compiles cells and the library.

use crate::files;
use crate::machine::home::Home;
use anyhow::Result;
use std::path::Path;

/// Cargo's settings for everything that kernels compile: the library as the release profile would.
///
/// It is not optimised across the compiler's units, which took a third of a cell's time and gains nothing where the
/// work is done by the library. That can only be switched off for all packages; the others are one unit each instead,
/// which is optimised as a whole. How cells are optimised is left to evcxr.
pub const SETTINGS: &str = "\
[profile.dev]
debug-assertions = false
overflow-checks = false
lto = \"off\"

[profile.dev.package.\"*\"]
opt-level = 3
codegen-units = 1
incremental = false
";

/// evcxr's own settings: cells are not optimised, until one says `:opt 2`.
///
/// Every cell takes all variables of the cells before it out of evcxr's store and puts them back, in one function.
/// Optimising that takes a time that grows with the square of their number, .9 s at 108 of them; without, the cells
/// of section 10 compile 2.7 times as fast. The library does the work, and is optimised.
const CELLS: &str = "\
[evcxr]
opt_level = \"0\"
";

/// Writes the settings for the kernel, in place of the user's for other kernels, which would name another build
/// folder, or run cells of their own.
pub fn write_for_cells(folder: &Path) -> Result<()> {
    files::write_if_new(&folder.join("evcxr.toml"), CELLS)
}

/// Writes cargo's to where it finds them from every kernel's build folder: evcxr's own manifest gives way to them,
/// and it offers no other way to set them by package.
pub fn write(home: &Home) -> Result<()> {
    files::write_if_new(&home.join(".cargo/config.toml"), SETTINGS)?;
    write_for_cells(&home.settings())
}
