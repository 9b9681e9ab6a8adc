//! Puts a new site in the place of the old one in a single step.

use crate::files;
use anyhow::Result;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the new site is built: beside its place, so that moving it is one step on one file system. The folder
/// around it holds what else the making leaves. It is named for this process: what a killed run's Sphinx still
/// writes for a moment lands in the folder of that run.
pub fn aside(place: &Path) -> PathBuf {
    around(place).join("site")
}

/// The folder around the new site.
pub fn around(place: &Path) -> PathBuf {
    beside(place, &format!("{}.new", std::process::id()))
}

fn beside(place: &Path, ending: &str) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{ending}"))
}

/// Replaces the folder at `place` by the one built aside. Whenever the process is killed, `place` holds the whole
/// old site or the whole new one.
pub fn replace(place: &Path) -> Result<()> {
    let new = aside(place);
    // All of the new site is on the disk before it takes the old one's place.
    if let Ok(folder) = fs::File::open(&new) {
        let _ = rustix::fs::fsync(&folder);
    }
    match exchange(&new, place) {
        // The old site now lies aside.
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::rename(&new, place).map_err(|error| files::explain(error, place))?;
        }
        // Some file systems cannot exchange; there the old site moves away first, which leaves a moment without
        // a site, that `restore` mends.
        Err(_) => {
            let old = beside(place, "old");
            files::remove(&old)?;
            fs::rename(place, &old).map_err(|error| files::explain(error, place))?;
            fs::rename(&new, place).map_err(|error| files::explain(error, place))?;
            files::remove(&old)?;
        }
    }
    files::remove(&around(place))
}

/// Mends what a killed run may have left: puts a moved-away site back, removes half-built ones.
pub fn restore(place: &Path) -> Result<()> {
    let old = beside(place, "old");
    if old.exists() && !place.exists() {
        fs::rename(&old, place).map_err(|error| files::explain(error, place))?;
    }
    files::remove(&old)?;
    let start = beside(place, "");
    let start = start
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let Some(Ok(entries)) = place.parent().map(fs::read_dir) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(&start) && name.ends_with(".new") {
            // Its Sphinx may be writing its last files; what remains goes with the next run.
            let _ = files::remove(&path);
        }
    }
    Ok(())
}

/// Exchanges two folders in one step.
fn exchange(a: &Path, b: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(test)]
mod tests {
    use super::{aside, replace, restore};
    use std::fs;

    #[test]
    fn a_new_site_replaces_the_old_one_and_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("swap-{}", std::process::id()));
        let place = folder.join("book");
        for content in ["first", "second"] {
            fs::create_dir_all(aside(&place)).unwrap();
            fs::write(aside(&place).join("index.html"), content).unwrap();
            replace(&place).unwrap();
            assert_eq!(
                fs::read_to_string(place.join("index.html")).unwrap(),
                content
            );
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
        fs::rename(&place, folder.join(".book.old")).unwrap();
        restore(&place).unwrap();
        assert_eq!(
            fs::read_to_string(place.join("index.html")).unwrap(),
            "second"
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
