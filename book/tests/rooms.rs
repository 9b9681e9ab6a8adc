//! The rooms of `book/src`, from the ground up: what lies in one knows only what lies below it, and no imports go
//! round. Looked at as the library's own house is.

#[path = "../../tests/house/imports.rs"]
mod imports;
#[path = "../../tests/house/source.rs"]
mod source;

use std::collections::BTreeMap;

use imports::Imports;
use source::Source;

/// Each room with what it is about; `main.rs` stands on all of them.
const ROOMS: [(&str, &str); 8] = [
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
];

#[test]
fn no_import_climbs_and_none_go_round() {
    let (source, rooms) = (Source::read(), ROOMS.iter().enumerate());
    let floors: BTreeMap<String, usize> =
        rooms.map(|(i, (room, _))| (room.to_string(), i)).collect();
    let lost: Vec<_> = source
        .rooms()
        .filter(|room| !floors.contains_key(*room))
        .collect();
    assert!(lost.is_empty(), "{lost:#?} lie in no room");
    let imports = Imports::of(&source);
    let (climbs, circles) = (imports.climbs(&source, &floors), imports.circles());
    assert!(
        climbs.is_empty() && circles.is_empty(),
        "{climbs:#?} {circles:#?}"
    );
}

#[test]
fn files_and_functions_are_read_in_one_sitting() {
    let long = Source::read().long();
    assert!(long.is_empty(), "{long:#?}");
}
