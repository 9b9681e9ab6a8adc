//! Says in the first cell of a kernel without a compiled library what takes so long.

use crate::kernel::profile;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Configuration of evcxr for a kernel in this private folder.
pub fn write(private: &Path) -> Result<PathBuf> {
    let folder = private.join("notice");
    let manifest = private.join("Cargo.toml");
    let prelude = format!(
        r#"{{
    let manifest = {manifest:?};
    std::thread::spawn(move || {{
        let pause = std::time::Duration::from_millis(200);
        while !std::fs::read_to_string(manifest).is_ok_and(|text| text.contains("diffusion-intuition")) {{
            std::thread::sleep(pause);
        }}
        eprintln!("Compiling the library for this kernel: about a minute, once after every change of it. \
                   (`cargo book` does it ahead.)");
    }});
}}
"#
    );
    profile::write_for_cells(&folder)?;
    fs::write(folder.join("prelude.rs"), prelude)?;
    Ok(folder)
}
