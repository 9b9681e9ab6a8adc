//! Where the pages go: which folders the press may write to and replace.

use crate::files;
use crate::files::inventory::{self, Content};
use crate::machine::clone::Clone;
use crate::machine::home::{Home, user_home};
use crate::machine::ui;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The name of the folder in `target/` that the pages lie in, and of that with the books made from them.
pub const PAGES: &str = "book";
pub const PRINTED: &str = "book-print";

/// The place for the pages, free for them: what a person asked for, else the one of this name in `target/`.
pub fn find(asked: Option<&Path>, name: &str, clone: &Clone, home: &Home) -> Result<PathBuf> {
    match asked {
        Some(asked) => {
            let place = resolve(asked)?;
            refuse_used(&place, clone, home)?;
            refuse_fixed(&place)?;
            refuse_foreign(&place)?;
            Ok(place)
        }
        None => {
            let place = resolve(&clone.target().join(name))?;
            make_room(&place)?;
            Ok(place)
        }
    }
}

/// The folder as the system sees it: absolute, through all links, whether it exists or not.
fn resolve(asked: &Path) -> Result<PathBuf> {
    let place = std::path::absolute(asked)
        .with_context(|| format!("cannot resolve the folder {}", asked.display()))?;
    let mut missing = Vec::new();
    let mut known = place.as_path();
    // The longest part that exists, links to nowhere included.
    while fs::symlink_metadata(known).is_err() {
        match (known.components().next_back(), known.parent()) {
            (Some(Component::Normal(name)), Some(parent)) => {
                missing.push(name);
                known = parent;
            }
            _ => bail!("no folder {}", asked.display()),
        }
    }
    let mut resolved = known
        .canonicalize()
        .with_context(|| format!("{} leads nowhere", known.display()))?;
    if !resolved.is_dir() {
        bail!(
            "{} is not a folder: name one for the pages",
            known.display()
        );
    }
    resolved.extend(missing.into_iter().rev());
    Ok(resolved)
}

/// Folders that this program itself works in, and whose contents it reads, are no places for pages.
fn refuse_used(place: &Path, clone: &Clone, home: &Home) -> Result<()> {
    let used = [
        home.root().to_owned(),
        clone.target().join("book-work"),
        clone.join("book"),
        clone.join("src"),
        clone.join(".git"),
    ];
    for folder in used {
        if place.starts_with(folder.canonicalize().unwrap_or(folder)) {
            bail!(
                "{} is inside a folder that `cargo book` itself uses: name another for the pages",
                place.display()
            );
        }
    }
    Ok(())
}

/// A new folder takes the place of the old one, which these do not survive.
fn refuse_fixed(place: &Path) -> Result<()> {
    let same = |other: Option<PathBuf>| {
        other
            .and_then(|other| other.canonicalize().ok())
            .is_some_and(|other| other.starts_with(place))
    };
    let Some(parent) = place.parent() else {
        bail!(
            "{} is the root folder: name a folder for the pages",
            place.display()
        );
    };
    let what = if same(std::env::current_dir().ok()) {
        "is the folder that you are in, or holds it"
    } else if same(user_home().ok()) {
        "is your home folder, or holds it"
    } else if let (Ok(own), Ok(parents)) = (fs::metadata(place), fs::metadata(parent))
        && own.dev() != parents.dev()
    {
        "is the top of a disk"
    } else {
        return Ok(());
    };
    bail!(
        "{} {what}, and the pages replace their folder as a whole: name a new folder for them, such as {}",
        place.display(),
        place.join("book").display()
    )
}

fn refuse_foreign(place: &Path) -> Result<()> {
    let (theirs, what) = match inventory::look(place)? {
        Content::Missing | Content::Empty | Content::Ours => return Ok(()),
        Content::Unlisted(theirs) => (theirs, "files that `cargo book` does not know as its own"),
        Content::Mixed(theirs) => (
            theirs,
            "beside pages of the book files that `cargo book` did not write, or that were changed since",
        ),
    };
    bail!(
        "{} holds {what} ({}): nothing was changed; name a new or an empty folder for the pages, or move these files \
         elsewhere (versions that kept no list of their pages did not know them again)",
        place.display(),
        inventory::some_of(place, &theirs)
    )
}

/// In the clone's own `target/`, what an earlier version or a person put in the place steps aside.
fn make_room(place: &Path) -> Result<()> {
    let (Content::Unlisted(theirs) | Content::Mixed(theirs)) = inventory::look(place)? else {
        return Ok(());
    };
    let name = files::stem(place);
    for number in 1.. {
        let aside = place.with_file_name(format!("{name}-{number}"));
        if fs::symlink_metadata(&aside).is_err() {
            fs::rename(place, &aside)
                .with_context(|| format!("cannot move {} aside", place.display()))?;
            ui::say(&format!(
                "{} holds files that this version did not write, or that were changed since ({}): moved to {}",
                place.display(),
                inventory::some_of(place, &theirs),
                aside.display()
            ));
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{make_room, refuse_fixed, refuse_foreign, resolve};
    use crate::files::{Scratch, inventory};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn only_new_empty_and_own_folders_are_places() {
        let scratch = Scratch::new("places");
        let place = scratch.path().join("site");
        refuse_foreign(&place).unwrap();
        fs::create_dir(&place).unwrap();
        refuse_foreign(&place).unwrap();
        fs::write(place.join("thesis.tex"), "years").unwrap();
        let error = refuse_foreign(&place).unwrap_err().to_string();
        assert!(
            error.contains("thesis.tex") && error.contains("nothing was changed"),
            "{error}"
        );
        inventory::write(&place).unwrap();
        refuse_foreign(&place).unwrap();
        fs::write(place.join("notes.txt"), "mine").unwrap();
        let error = refuse_foreign(&place).unwrap_err().to_string();
        assert!(
            error.contains("notes.txt") && !error.contains("thesis.tex"),
            "{error}"
        );
    }

    #[test]
    fn paths_are_resolved_and_what_is_no_folder_is_refused() {
        let scratch = Scratch::new("paths");
        let real = scratch.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::write(scratch.path().join("file"), "mine").unwrap();
        symlink("real", scratch.path().join("link")).unwrap();
        symlink("nowhere", scratch.path().join("broken")).unwrap();
        let resolved = |name: &str| resolve(&scratch.path().join(name));
        assert_eq!(resolved("link").unwrap(), real);
        assert_eq!(resolved("link/new/er").unwrap(), real.join("new/er"));
        assert_eq!(resolved("real/../link").unwrap(), real);
        for wrong in ["file", "file/below", "broken", "broken/below", "new/../.."] {
            assert!(resolved(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn folders_that_cannot_be_replaced_are_refused() {
        let here = std::env::current_dir().unwrap();
        for (place, what) in [
            (Path::new("/"), "root"),
            (Path::new("/proc"), "top of a disk"),
            (&here, "you are in"),
            (here.parent().unwrap(), "you are in"),
        ] {
            if place.exists() {
                let error = refuse_fixed(place).unwrap_err().to_string();
                assert!(error.contains(what), "{error}");
            }
        }
        let scratch = Scratch::new("fixed");
        refuse_fixed(&scratch.path().join("new")).unwrap();
        refuse_fixed(scratch.path()).unwrap();
    }

    #[test]
    fn in_target_what_lies_in_the_way_steps_aside() {
        let scratch = Scratch::new("room");
        let place = scratch.path().join("book");
        for number in 1..3 {
            fs::create_dir(&place).unwrap();
            fs::write(place.join("index.html"), "of an earlier version").unwrap();
            make_room(&place).unwrap();
            assert!(!place.exists());
            let aside = scratch.path().join(format!("book-{number}"));
            assert!(aside.join("index.html").exists());
        }
    }
}
