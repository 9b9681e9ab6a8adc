//! The house holds: imports point down the floors of `lib.rs`, no two files import each other, and what one reads
//! in one sitting stays that short.
//!
//! The tests read `src` as text. What a file imports are the `crate::` and `super::` paths in its code, resolved
//! through every `pub use` to the file that defines the name.

mod floors;
mod imports;
mod public;
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

#[test]
fn no_public_name_goes_unsaid() {
    let (names, file) = (public::names(&Source::read()), "tests/house/public.txt");
    assert!(names.len() > 300, "{names:#?}");
    let version = env!("CARGO_PKG_VERSION");
    if std::env::var_os("PUBLIC_NAMES").is_some_and(|wish| wish == "write") {
        let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
        let text = format!("What programs may name, as of version {version}\n{lines}");
        std::fs::write(file, text).expect(file);
    }
    let read = |file: &str| std::fs::read_to_string(file).expect("a file of the package");
    let broken = public::broken(&read(file), version, &read("CHANGELOG.md"), &names);
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn names_are_read_as_programs_see_them() {
    let source = Source::of(&[
        (
            "src/lib.rs",
            "pub mod open;\nmod shut;\npub use shut::{\n    Kept,\n    Other as Renamed,\n};\npub mod prelude {\n    pub use crate::open::f;\n}\n",
        ),
        (
            "src/open.rs",
            "pub fn f<T>(x: T) {\n}\npub(crate) fn g() {}\nfn h() {}\npub const fn k() {}\npub const N: usize = 1;\n",
        ),
        (
            "src/shut.rs",
            "pub struct Kept<'a> {\n    pub field: &'a u8,\n    hidden: u8,\n}\nimpl<'a> Kept<'a> {\n    pub const fn new(\n        a: u8,\n    ) -> Self {\n    }\n    \
             fn own(&self) {}\n}\nimpl Clone for Kept {\n    fn clone() {}\n}\npub enum Lost {\n    A,\n}\npub enum Other {}\npub trait Renamed {\n    fn asked(&self);\n}\n",
        ),
    ]);
    let names: Vec<String> = public::names(&source).into_iter().collect();
    let wanted =
        "Kept Kept::field Kept::new Renamed Renamed::asked open::N open::f open::k prelude::f";
    assert_eq!(names.join(" "), wanted);
}

#[test]
fn a_name_goes_only_with_the_second_number_and_a_word() {
    let names = ["a::kept"].map(str::to_owned).into();
    let listed = "As of version 0.1.0\na::gone\na::kept\n";
    let broken = |version, changes| public::broken(listed, version, changes, &names);
    assert!(broken("0.1.1", "\n## 0.1.1\n- `a::gone` is gone\n")[0].contains("promises"));
    assert!(
        broken("0.2.0", "\n## 0.2.0\n- New\n\n## 0.1.0\n- `a::gone`\n")[0].contains("CHANGELOG")
    );
    assert!(broken("0.2.0", "\n## 0.2.0\n- `a::gone` is gone\n").is_empty());
}
