//! A kernel that somebody else installed: cargo, or an archive, binstall or a distribution, which leave no record that
//! says its version. Such a one is asked, once, and used where it lies; nothing is written there.

use crate::files;
use crate::machine::programs::{output, which_all};
use crate::machine::ui;
use crate::python::packages::Python;
use anyhow::Result;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The name of the program.
pub const PROGRAM: &str = "evcxr_jupyter";
/// Asks it.
const ASK: &str = include_str!("../../python/kernel_version.py");

/// All programs of this name on the `PATH`, and where cargo puts it.
pub fn candidates() -> Vec<PathBuf> {
    let cargo = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let mut found = which_all(PROGRAM);
    let own = cargo.map(|cargo| cargo.join("bin").join(PROGRAM));
    found.extend(own.filter(|own| own.is_file() && !found.contains(own)));
    found
}

/// The one of this version that cargo's record beside it names.
pub fn of_cargo(version: &str) -> Option<PathBuf> {
    let mut found = candidates().into_iter();
    found.find(|kernel| version_by_cargo(kernel).as_deref() == Some(version))
}

fn version_by_cargo(kernel: &Path) -> Option<String> {
    let record = kernel.parent()?.parent()?.join(".crates.toml");
    let text = fs::read_to_string(record).ok()?;
    let (_, after) = text.split_once("\"evcxr_jupyter ")?;
    after.split([' ', '"']).next().map(str::to_owned)
}

/// The one that answered this version when it was asked, if it still is what it was then.
pub fn recorded(record: &Path, version: &str) -> Option<PathBuf> {
    let record: Value = serde_json::from_str(&fs::read_to_string(record).ok()?).ok()?;
    let kernel = PathBuf::from(record["kernel"].as_str()?);
    let same = record["version"] == version && record["state"] == state(&kernel)?;
    same.then_some(kernel)
}

/// Size and time of a file: another version that takes its place has others.
fn state(file: &Path) -> Option<Value> {
    let about = fs::metadata(file).ok()?;
    let time = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(json!([about.len(), time.as_nanos().to_string()]))
}

/// Asks all of them; the first of this version is recorded.
pub fn ask(record: &Path, version: &str, python: &Python) -> Result<()> {
    for kernel in candidates() {
        let spinner = ui::spinner("asking the Rust kernel that is here for its version");
        let answer = output(python.command().args(["-c", ASK]).arg(&kernel).arg(PROGRAM));
        spinner.finish_and_clear();
        let shown = kernel.display();
        match answer.as_deref().map(str::trim) {
            Ok(found) if found == version => {
                let about =
                    json!({ "kernel": kernel, "version": version, "state": state(&kernel) });
                files::write_atomically(record, about.to_string())?;
                ui::say(&format!(
                    "{shown} is the Rust kernel of the right version, and used as it is."
                ));
                return Ok(());
            }
            Ok(found) => ui::say(&format!(
                "{shown} is version {found} of the Rust kernel, and {version} is wanted: it stays, and is not used."
            )),
            Err(_) => ui::say(&format!(
                "{shown} does not answer as a kernel: it stays, and is not used."
            )),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{recorded, state, version_by_cargo};
    use crate::files::Scratch;
    use serde_json::json;
    use std::fs;

    #[test]
    fn a_kernel_that_was_asked_is_known_until_it_changes() {
        let scratch = Scratch::new("found");
        let (kernel, record) = (
            scratch.path().join("evcxr_jupyter"),
            scratch.path().join("record"),
        );
        fs::write(&kernel, "one").unwrap();
        assert_eq!(recorded(&record, "0.22.0"), None);
        let about = json!({ "kernel": kernel, "version": "0.22.0", "state": state(&kernel) });
        fs::write(&record, about.to_string()).unwrap();
        assert_eq!(recorded(&record, "0.22.0"), Some(kernel.clone()));
        assert_eq!(recorded(&record, "0.23.0"), None);
        fs::write(&kernel, "another").unwrap();
        assert_eq!(recorded(&record, "0.22.0"), None);
        fs::remove_file(&kernel).unwrap();
        assert_eq!(recorded(&record, "0.22.0"), None);
    }

    #[test]
    fn what_cargo_installed_is_in_its_record() {
        let scratch = Scratch::new("of-cargo");
        let kernel = scratch.path().join("bin/evcxr_jupyter");
        assert_eq!(version_by_cargo(&kernel), None);
        let record = "[v1]\n\"evcxr_jupyter 0.22.0 (registry)\" = [\"evcxr_jupyter\"]\n";
        fs::write(scratch.path().join(".crates.toml"), record).unwrap();
        assert_eq!(version_by_cargo(&kernel).as_deref(), Some("0.22.0"));
    }
}
