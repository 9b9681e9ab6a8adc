//! The table of floors in the documentation of `lib.rs`.

use std::collections::BTreeMap;

/// The floor of every module: rows `| 3 | [`a`], `b` | … |` under the heading "Floors".
pub fn of_lib_rs() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let (_, table) = text.split_once("//! # Floors").expect("a table of floors");
    let mut floors = BTreeMap::new();
    for line in table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("//!"))
    {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (Some(floor), Some(names)) = (cells.next(), cells.next()) else {
            continue;
        };
        let Ok(floor) = floor.parse() else {
            continue;
        };
        for name in names.split('`').skip(1).step_by(2) {
            let name = name.trim_start_matches("mod@").to_owned();
            assert_eq!(
                floors.insert(name.clone(), floor),
                None,
                "{name} stands twice"
            );
        }
    }
    assert!(floors.len() > 10, "{floors:?}");
    floors
}
