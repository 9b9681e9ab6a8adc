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

/// A made-up library with every form of import: in groups, renamed, by a path in the code, handed on by `mod.rs`.
#[test]
fn imports_of_every_form_are_seen() {
    let source = Source::of(&[
        ("src/lib.rs", "mod a;\nmod b;\npub use a::one::Item;\n"),
        (
            "src/a/mod.rs",
            "mod one;\nmod two;\npub use one::{Item, other as more};\npub use two::*;\n",
        ),
        (
            "src/a/one.rs",
            "use super::{\n    two::{self, Part},\n};\npub struct Item;\n",
        ),
        (
            "src/a/two.rs",
            "pub struct Part;\n// use crate::b::Above;\n#[cfg(doc)]\nuse crate::b::Above;\n",
        ),
        (
            "src/b.rs",
            "use crate::a::{Item as Thing, Part};\npub struct Above;\n",
        ),
        (
            "src/c.rs",
            "fn f() {\n    crate::a::one::g();\n    crate::Item;\n}\npub struct C;\n",
        ),
    ]);
    let imports = Imports::of(&source);
    let edges: Vec<_> = imports.edges().collect();
    let expected = [
        ("src/a/one.rs", "src/a/two.rs"),
        ("src/b.rs", "src/a/one.rs"),
        ("src/b.rs", "src/a/two.rs"),
        ("src/c.rs", "src/a/one.rs"),
    ];
    assert_eq!(edges, expected);
    assert!(imports.circles().is_empty());
    let round = [
        ("src/a.rs", "use crate::b::B;\npub struct A;\n"),
        ("src/b.rs", "use crate::c::C;\npub struct B;\n"),
        ("src/c.rs", "fn f(_: crate::a::A) {}\npub struct C;\n"),
        ("src/d.rs", "use crate::a::A;\n"),
    ];
    assert_eq!(Imports::of(&Source::of(&round)).circles().len(), 3);
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
