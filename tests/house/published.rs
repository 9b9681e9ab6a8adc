//! What is published says one thing: the same version everywhere, and nothing shown that is not there. Runs in a
//! clone and from the archive that `cargo package` makes.

use std::fs;
use std::path::Path;

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_file_names_the_version_of_the_manifest() {
    let version = env!("CARGO_PKG_VERSION");
    let log = read("CHANGELOG.md");
    let newest = log.lines().find_map(|line| line.strip_prefix("## "));
    let newest = newest.and_then(|heading| heading.split(' ').next());
    assert_eq!(newest, Some(version), "the newest heading of CHANGELOG.md");
    let citation = read("CITATION.cff");
    let cited = citation
        .lines()
        .find_map(|line| line.strip_prefix("version: "));
    assert_eq!(cited, Some(version), "CITATION.cff");
}

#[test]
fn every_picture_of_the_readme_is_there() {
    let readme = read("README.md");
    let pictures = readme.split("![").skip(1);
    let named: Vec<&str> = pictures
        .filter_map(|picture| picture.split_once("](")?.1.split(')').next())
        .collect();
    assert!(!named.is_empty(), "the README shows no picture");
    for file in named {
        assert!(Path::new(file).is_file(), "README.md shows {file}");
    }
}
