//! The house holds: imports point down the floors of `lib.rs`, no two files import each other, and what one reads
//! in one sitting stays that short.
//!
//! The tests read `src` as text. What a file imports are the `crate::` and `super::` paths in its code, resolved
//! through every `pub use` to the file that defines the name.

mod floors;
mod imports;
mod source;

use std::collections::BTreeMap;

use imports::Imports;
use source::Source;

/// Most lines of a file of the library.
const FILE: usize = 350;

/// Most lines of a function, with its signature.
const FUNCTION: usize = 60;

#[test]
fn every_import_points_down() {
    let source = Source::read();
    let floors = floors::of_lib_rs();
    let mut climbs = Vec::new();
    for (from, to) in Imports::of(&source).edges() {
        let (upper, lower) = (source.room(from), source.room(to));
        if upper == lower || source.is_root(from) {
            continue;
        }
        let floor = |room: &str| {
            let floor = floors.get(room);
            *floor.unwrap_or_else(|| panic!("lib.rs gives no floor to `{room}`"))
        };
        if floor(lower) >= floor(upper) {
            climbs.push(format!(
                "{from} (floor {}) imports {to} (floor {})",
                floor(upper),
                floor(lower)
            ));
        }
    }
    assert!(climbs.is_empty(), "{climbs:#?}");
}

#[test]
fn every_room_of_the_table_is_there() {
    let source = Source::read();
    let rooms: BTreeMap<_, _> = source.rooms().map(|room| (room, ())).collect();
    for room in floors::of_lib_rs().keys() {
        assert!(rooms.contains_key(room.as_str()), "no module `{room}`");
    }
    for room in rooms.keys() {
        assert!(
            floors::of_lib_rs().contains_key(*room),
            "`{room}` has no floor"
        );
    }
}

#[test]
fn no_files_import_each_other() {
    let source = Source::read();
    let circles = Imports::of(&source).circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn files_and_functions_are_read_in_one_sitting() {
    let source = Source::read();
    let mut long = Vec::new();
    for file in source.files() {
        let lines = file.text.lines().count();
        if lines > FILE {
            long.push(format!("{}: {lines} lines", file.path));
        }
        for (name, lines) in file.functions() {
            if lines > FUNCTION {
                long.push(format!("{}: fn {name}: {lines} lines", file.path));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
