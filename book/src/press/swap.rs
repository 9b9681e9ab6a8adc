//! Puts a new site in the place of the old one in a single step.
//!
//! What is built lies in a folder beside the place, `.NAME.PROCESS.new`, which its run holds a lock on: a folder of
//! this form whose lock can be taken was left by a run that was killed.

use crate::files;
use crate::files::inventory::{self, Content};
use crate::files::locks::Lock;
use crate::machine::ui;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Text of the lock file, by which a folder is known to be made here.
const ABOUT: &str = "`cargo book` makes new pages here\n";

/// Where the new site is built: beside its place, so that moving it is one step on one file system. The folder
/// around it holds what else the making leaves. It is named for this process: what a killed run's Sphinx still
/// writes for a moment lands in the folder of that run.
pub fn aside(place: &Path) -> PathBuf {
    around(place).join("site")
}

/// The folder around the new site.
pub fn around(place: &Path) -> PathBuf {
    let process = std::process::id();
    place.with_file_name(format!(".{}.{process}.new", name_of(place)))
}

fn name_of(place: &Path) -> String {
    let name = place.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The right to put a site in a place. While it is held, new pages may be made beside the place; when it ends, what
/// lies beside the place is gone.
pub struct Claim {
    around: PathBuf,
    _lock: Lock,
}

impl Claim {
    /// Mends what a killed run may have left, then sees to it that this run can put its pages there.
    pub fn new(place: &Path) -> Result<Claim> {
        restore(place)?;
        let around = around(place);
        let path = around.join("lock");
        let parent = place.parent().unwrap_or(place);
        fs::create_dir_all(parent)
            // New, so that nothing that lies there is written over.
            .and_then(|()| fs::create_dir(&around))
            .map_err(|error| files::explain(error, &around))
            .with_context(|| format!("cannot make pages beside {}", place.display()))?;
        let lock = Lock::wait(&path, "clearing up")?;
        // From now on another run knows the folder as one of ours, and by the lock that its run lives.
        fs::write(&path, ABOUT).map_err(|error| files::explain(error, &path))?;
        Ok(Claim {
            around,
            _lock: lock,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What cannot be removed now goes with the next run.
        let _ = remove_around(&self.around);
    }
}

/// Replaces the folder at `place` by the one built aside. Whenever the process is killed, `place` holds the whole
/// old site or the whole new one. Nothing but a site of ours is replaced.
pub fn replace(place: &Path) -> Result<()> {
    let new = aside(place);
    inventory::write(&new)?;
    // All of the new site is on the disk before it takes the old one's place.
    if let Ok(folder) = fs::File::open(&new) {
        let _ = rustix::fs::fsync(&folder);
    }
    match inventory::look(place)? {
        Content::Missing | Content::Empty => {
            inventory::remove(place)?;
            // If something has come to lie there meanwhile, this fails.
            files::rename(&new, place)?;
        }
        Content::Ours => exchange_sites(&new, place)?,
        Content::Unlisted(theirs) | Content::Mixed(theirs) => bail!(
            "while the pages were made, {} received files that `cargo book` did not write ({}): it stays as it was",
            place.display(),
            inventory::some_of(place, &theirs)
        ),
    }
    remove_around(&around(place))
}

/// Puts the new site where the old one is; the old one then lies aside.
fn exchange_sites(new: &Path, place: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if renameat_with(CWD, new, CWD, place, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    // Some file systems cannot exchange; there the old site moves away first, which leaves a moment without a
    // site, that `restore` mends.
    let old = around(place).join("old");
    files::rename(place, &old)?;
    files::rename(new, place).inspect_err(|_| {
        let _ = fs::rename(&old, place);
    })
}

/// Mends what a killed run may have left: puts a moved-away site back, removes half-built ones.
pub fn restore(place: &Path) -> Result<()> {
    let start = format!(".{}.", name_of(place));
    let folder = place.parent().unwrap_or(place);
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        let name = name_of(&path);
        let process = name
            .strip_prefix(&start)
            .and_then(|rest| rest.strip_suffix(".new"));
        if process.is_some_and(files::is_number) && is_ours(&path) {
            let Some(_lock) = Lock::try_take(&path.join("lock"))? else {
                continue;
            };
            let old = path.join("old");
            if old.exists() && inventory::look(place)? == Content::Missing {
                files::rename(&old, place)?;
            }
            // Its Sphinx may be writing its last files; what remains goes with the next run.
            let _ = remove_around(&path);
        }
    }
    Ok(())
}

fn is_ours(around: &Path) -> bool {
    let lock = around.join("lock");
    fs::symlink_metadata(around).is_ok_and(|found| found.is_dir())
        && fs::read_to_string(lock).is_ok_and(|text| text == ABOUT)
}

/// Removes a folder in which pages were made. A site with its list goes file by file: only what is on it.
fn remove_around(around: &Path) -> Result<()> {
    for name in ["site", "old"] {
        let site = around.join(name);
        // A new site is given its list when it is whole; without one it is half-built.
        if name == "site" && !site.join(inventory::NAME).exists() {
            files::remove(&site)?;
        } else if site.exists() {
            let stay = inventory::remove(&site)?;
            if !stay.is_empty() {
                ui::say(&format!(
                    "files that `cargo book` did not write stay in {}: {}",
                    site.display(),
                    inventory::some_of(&site, &stay)
                ));
                return Ok(());
            }
        }
    }
    // What Sphinx and its extensions keep for themselves beside the pages, then our own.
    for name in ["doctrees", "jupyter_execute", "lock"] {
        files::remove(&around.join(name))?;
    }
    // Should anything else be in it, the system leaves the folder.
    let _ = fs::remove_dir(around);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ABOUT, Claim, around, aside, replace, restore};
    use crate::files::{Scratch, inventory};
    use std::fs;
    use std::path::Path;

    fn build(place: &Path, content: &str) {
        fs::create_dir_all(aside(place).join("_static")).unwrap();
        fs::write(aside(place).join("index.html"), content).unwrap();
    }

    fn page(place: &Path) -> String {
        fs::read_to_string(place.join("index.html")).unwrap()
    }

    #[test]
    fn a_new_site_replaces_the_old_one_and_leaves_nothing_behind() {
        let scratch = Scratch::new("swap");
        let place = scratch.path().join("book");
        for content in ["first", "second"] {
            let claim = Claim::new(&place).unwrap();
            build(&place, content);
            replace(&place).unwrap();
            assert_eq!(page(&place), content);
            drop(claim);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_moved_away_site_comes_back_and_half_built_ones_go() {
        let scratch = Scratch::new("restore");
        let place = scratch.path().join("book");
        for (process, folder) in [("1", "old"), ("2", "site/half")] {
            let dead = scratch.path().join(format!(".book.{process}.new"));
            fs::create_dir_all(dead.join(folder)).unwrap();
            fs::write(dead.join(folder).join("index.html"), folder).unwrap();
            fs::write(dead.join("lock"), ABOUT).unwrap();
        }
        inventory::write(&scratch.path().join(".book.1.new/old")).unwrap();
        restore(&place).unwrap();
        assert_eq!(page(&place), "old");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    }

    #[test]
    fn neighbours_of_the_place_that_are_not_ours_stay() {
        let scratch = Scratch::new("neighbours");
        let place = scratch.path().join("book");
        let theirs = [
            ".book.old",
            ".book.7.new",
            ".book.thesis.new",
            ".book.8.new/site",
        ];
        for name in theirs {
            fs::create_dir_all(scratch.path().join(name)).unwrap();
            fs::write(scratch.path().join(name).join("thesis.tex"), "years").unwrap();
        }
        fs::write(scratch.path().join(".book.8.new/lock"), "mine").unwrap();
        let _claim = Claim::new(&place).unwrap();
        build(&place, "new");
        replace(&place).unwrap();
        for name in theirs {
            assert!(
                scratch.path().join(name).join("thesis.tex").exists(),
                "{name}"
            );
        }
    }

    #[test]
    fn what_another_run_is_making_stays() {
        let scratch = Scratch::new("two-runs");
        let place = scratch.path().join("book");
        let _claim = Claim::new(&place).unwrap();
        build(&place, "half");
        let other = scratch.path().join(".book.1.new");
        fs::rename(around(&place), &other).unwrap();
        restore(&place).unwrap();
        assert!(other.join("site/index.html").exists());
    }

    #[test]
    fn files_that_appear_while_pages_are_made_stay() {
        let scratch = Scratch::new("appear");
        let place = scratch.path().join("book");
        for (first, wanted) in [(true, "thesis"), (false, "old")] {
            let claim = Claim::new(&place).unwrap();
            build(&place, "new");
            fs::create_dir_all(&place).unwrap();
            if first {
                fs::write(place.join("index.html"), wanted).unwrap();
            } else {
                fs::write(place.join("index.html"), wanted).unwrap();
                inventory::write(&place).unwrap();
                fs::write(place.join("notes.txt"), "mine").unwrap();
            }
            let error = replace(&place).unwrap_err().to_string();
            assert!(
                error.contains(if first { "index.html" } else { "notes.txt" }),
                "{error}"
            );
            assert_eq!(page(&place), wanted);
            drop(claim);
            assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        }
    }
}
