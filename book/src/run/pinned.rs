//! Whether a kernel compiled the versions that the project's lock file pins.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Fails if `kernel`, a lock file, has another version of any package that the lock file `project` has too.
pub fn check(project: &Path, kernel: &Path) -> Result<()> {
    let read = |file: &Path| {
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
    };
    match strays(&read(project)?, &read(kernel)?).as_slice() {
        [] => Ok(()),
        strays => bail!(
            "the kernel compiled {}: other versions than the project's Cargo.lock has, so that results would \
             not be those of the tests",
            strays.join(", ")
        ),
    }
}

/// Packages of `kernel` that are in `project`, but not in this version.
fn strays(project: &str, kernel: &str) -> Vec<String> {
    let pinned = packages(project);
    let mut strays = Vec::new();
    for (name, versions) in packages(kernel) {
        let wanted = pinned.get(&name);
        let other = |version: &&String| wanted.is_some_and(|wanted| !wanted.contains(*version));
        strays.extend(versions.iter().filter(other).map(|v| format!("{name} {v}")));
    }
    strays
}

/// The versions of each package in a lock file.
fn packages(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut packages: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        let value = |key| line.strip_prefix(key)?.strip_suffix('"');
        if let Some(value) = value("name = \"") {
            name = value;
        } else if let Some(version) = value("version = \"") {
            let versions = packages.entry(name.to_owned()).or_default();
            versions.insert(version.to_owned());
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_are_named_and_new_packages_are_not() {
        let package = |name, version| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"x\"\n\n")
        };
        let project = [
            package("a", "1.0.0"),
            package("b", "0.8.1"),
            package("b", "0.9.0"),
        ]
        .concat();
        let same = [
            package("ctx", "1.0.0"),
            package("b", "0.9.0"),
            package("c", "3.0.0"),
        ]
        .concat();
        assert!(strays(&project, &same).is_empty());
        let newer = [package("a", "1.0.0"), package("b", "0.8.2")].concat();
        assert_eq!(strays(&project, &newer), ["b 0.8.2"]);
    }
}
