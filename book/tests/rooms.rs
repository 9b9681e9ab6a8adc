//! The rooms of `book/src`, from the ground up: what lies in one knows only what lies below it, and inside a room
//! no imports go round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each room with what it is about; `main.rs` stands on all of them.
const ROOMS: [(&str, &str); 9] = [
    ("files", "files and folders, whoever they belong to"),
    (
        "machine",
        "programs, processes, the folder of the user, the clone",
    ),
    ("python", "which Python, and its pinned packages"),
    (
        "kernel",
        "the Rust kernel and the compiled library it starts from",
    ),
    ("run", "what a run needs, and executing cells"),
    ("press", "from notebooks to pages in their place"),
    ("checks", "the checks of CI, and measuring"),
    ("command", "the command line"),
    ("main", "the entrance"),
];

/// What each file imports, both as paths of names: `kernel::copies` imports `files::locks::Lock`.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_import_climbs_and_none_go_round() {
    let imports = imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(imports.len() > 40, "the sources are not where they were");
    assert_eq!(faults(&imports), [""; 0]);
}

#[test]
fn climbs_and_circles_are_found() {
    let found = |files: &[(&str, &str)]| {
        let imports = files
            .iter()
            .map(|(file, text)| (file.to_string(), named(text)));
        faults(&imports.collect()).join("; ")
    };
    let (a, b) = ("kernel::a", "kernel::b");
    assert_eq!(
        found(&[
            (a, "use crate::files::{self, disk};"),
            (b, "use crate::kernel::{a};")
        ]),
        ""
    );
    assert!(found(&[("files::a", "f(crate::press::x());")]).contains("climbs"));
    assert!(found(&[("attic::a", "")]).contains("no room"));
    assert!(found(&[(a, "use crate::kernel::Item;")]).contains("by its file"));
    assert!(found(&[(a, "use super::b::Item;"), (b, "")]).contains("by its room"));
    let round = [
        (a, "use crate::kernel::{b::Item};"),
        (b, "use crate::kernel::c;"),
        ("kernel::c", "use crate::kernel::a;"),
    ];
    assert!(found(&round).contains("go round"));
}

fn faults(imports: &Imports) -> Vec<String> {
    let floor = |path: &str| {
        let room = path.split("::").next().unwrap_or_default();
        ROOMS.iter().position(|(name, _)| *name == room)
    };
    let mut faults = Vec::new();
    let mut beside: Imports = BTreeMap::new();
    for (file, paths) in imports {
        let Some(own) = floor(file) else {
            faults.push(format!("{file} lies in no room"));
            continue;
        };
        for path in paths {
            // The file of its own room that a path names.
            let sibling = imports.keys().find(|other| {
                let rest = path.strip_prefix(other.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            match (floor(path), sibling) {
                (None, _) => faults.push(format!("{file} imports {path}: say it by its room")),
                (Some(other), _) if other > own => faults.push(format!("{file} climbs to {path}")),
                (Some(other), None) if other == own => {
                    faults.push(format!(
                        "{file} imports {path}, of its own room: say it by its file"
                    ));
                }
                (Some(other), Some(sibling)) if other == own => {
                    beside
                        .entry(file.clone())
                        .or_default()
                        .insert(sibling.clone());
                }
                _ => {}
            }
        }
    }
    faults.extend(circle(beside));
    faults
}

/// Files that import each other, be it by way of others: those that remain when files without imports are taken away
/// again and again.
fn circle(mut imports: Imports) -> Option<String> {
    loop {
        let known: BTreeSet<_> = imports.keys().cloned().collect();
        let before = known.len();
        imports.retain(|_, paths| paths.iter().any(|path| known.contains(path)));
        if imports.is_empty() {
            return None;
        }
        if imports.len() == before {
            let files: Vec<_> = imports.into_keys().collect();
            return Some(format!("imports go round in {}", files.join(", ")));
        }
    }
}

fn imports(folder: &Path) -> Imports {
    let mut imports = Imports::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().with_extension("");
                let name = name.to_str().unwrap().replace('/', "::");
                imports.insert(name, named(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    imports
}

/// Every path behind a `crate::` in a text, and outside of tests every one behind a `super::`, which stays unresolved.
fn named(text: &str) -> BTreeSet<String> {
    let code = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let mut paths = BTreeSet::new();
    for (at, start) in text.match_indices("crate::") {
        collect("", &text[at + start.len()..], &mut paths);
    }
    paths.extend(code.match_indices("super::").map(|(at, _)| {
        let line = code[at..].lines().next();
        line.unwrap_or_default().to_owned()
    }));
    paths
}

/// Takes in the paths at the start of a text, `a::b` or `a::{b, c::d}`; returns how far they reach.
fn collect(prefix: &str, text: &str, paths: &mut BTreeSet<String>) -> usize {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c| !is_path(c)).unwrap_or(text.len());
    let path = format!("{prefix}{}", &text[..end]);
    if !text[end..].starts_with('{') {
        paths.insert(path.trim_end_matches("::self").to_owned());
        return end;
    }
    let mut at = end + 1;
    while !text[at..].starts_with('}') {
        let skipped = text[at..].find(|c| is_path(c) || c == '}').unwrap();
        at += skipped;
        if !text[at..].starts_with('}') {
            at += collect(&path, &text[at..], paths);
        }
    }
    at + 1
}
