//! The house holds: imports point down the floors of `lib.rs`, no two files import each other, and what one reads
//! in one sitting stays that short.
//!
//! The tests read `src` as text. What a file imports are the `crate::` and `super::` paths in its code, resolved
//! through every `pub use` to the file that defines the name.

mod floors;
mod imports;
mod published;
mod source;

use std::collections::BTreeSet;

use imports::Imports;
use source::Source;

#[test]
fn every_import_points_down() {
    let source = Source::read();
    let climbs = Imports::of(&source).climbs(&source, &floors::of_lib_rs());
    assert!(climbs.is_empty(), "{climbs:#?}");
}

#[test]
fn every_room_of_the_table_is_there() {
    let (source, floors) = (Source::read(), floors::of_lib_rs());
    let rooms: BTreeSet<&str> = source.rooms().collect();
    assert_eq!(rooms, floors.keys().map(String::as_str).collect());
}

#[test]
fn no_files_import_each_other() {
    let source = Source::read();
    let circles = Imports::of(&source).circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn files_and_functions_are_read_in_one_sitting() {
    let long = Source::read().long();
    assert!(long.is_empty(), "{long:#?}");
}
