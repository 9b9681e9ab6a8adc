//! Which file of `src` imports which.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{File, Source};

/// Edges from a file to those whose items it names.
pub struct Imports<'a> {
    edges: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Imports<'a> {
    pub fn of(source: &'a Source) -> Self {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for file in source.files() {
            for path in paths(file) {
                let found = resolve(source, &path, 0);
                let others = found.into_iter().filter(|other| *other != file.path);
                edges.entry(&file.path).or_default().extend(others);
            }
        }
        Self { edges }
    }

    pub fn edges(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let each = self.edges.iter();
        each.flat_map(|(from, all)| all.iter().map(|to| (*from, *to)))
    }

    /// The imports that do not point down to a lower floor; what lies in one room is beside each other, and the root
    /// stands on all.
    pub fn climbs(&self, source: &Source, floors: &BTreeMap<String, usize>) -> Vec<String> {
        let mut climbs = Vec::new();
        for (from, to) in self.edges() {
            let (upper, lower) = (source.room(from), source.room(to));
            if upper == lower || upper.is_empty() {
                continue;
            }
            let floor = |room: &str| {
                let floor = floors.get(room);
                *floor.unwrap_or_else(|| panic!("no floor is given to `{room}`"))
            };
            let (above, below) = (floor(upper), floor(lower));
            if below >= above {
                climbs.push(format!(
                    "{from} (floor {above}) imports {to} (floor {below})"
                ));
            }
        }
        climbs
    }

    /// The imports on circles: those from whose end its beginning is reached.
    pub fn circles(&self) -> Vec<String> {
        let round = |(from, to): &(&'a str, &'a str)| self.reached(to).contains(from);
        let edges = self.edges().filter(round);
        edges.map(|(from, to)| format!("{from} -> {to}")).collect()
    }

    /// All files that `start` imports, and that those import.
    fn reached(&self, start: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(file) = open.pop() {
            let next = self.edges.get(file).into_iter().flatten();
            open.extend(next.filter(|file| reached.insert(**file)));
        }
        reached
    }
}

/// The file that a path from the root of the crate names an item of, through re-exports.
fn resolve<'a>(source: &'a Source, path: &[String], depth: usize) -> Option<&'a str> {
    assert!(depth < 10, "re-exports go round: {path:?}");
    let longest = (0..=path.len())
        .rev()
        .find_map(|n| Some((n, source.module(&path[..n])?)));
    let (n, file) = longest?;
    let Some(name) = path.get(n) else {
        return Some(&file.path);
    };
    if name == "self" || file.defines(name) {
        return Some(&file.path);
    }
    for exported in exports(file) {
        let last = exported.last().map(String::as_str);
        if last == Some(name) {
            return resolve(source, &exported, depth + 1);
        }
        if last == Some("*") {
            let inner = [&exported[..exported.len() - 1], &path[n..]].concat();
            let found = resolve(source, &inner, depth + 1)?;
            let target = source.files().find(|file| file.path == found)?;
            if target.defines(name) {
                return Some(found);
            }
        }
    }
    Some(&file.path)
}

/// The absolute paths that a file re-exports.
fn exports(file: &File) -> Vec<Vec<String>> {
    statements(&file.code)
        .filter(|(visible, _)| *visible)
        .flat_map(|(_, tree)| expand(tree))
        .filter_map(|path| absolute(file, &path))
        .collect()
}

/// The absolute paths of the crate that a file names, in `use` and anywhere else in its code. What it hands on to
/// others by `pub use` it does not need itself.
fn paths(file: &File) -> Vec<Vec<String>> {
    let used = statements(&file.code).filter(|(visible, _)| !visible);
    let mut all: Vec<String> = used.flat_map(|(_, tree)| expand(tree)).collect();
    let mut code = file.code.clone();
    for (_, tree) in statements(&file.code) {
        code = code.replace(tree, "");
    }
    for start in ["crate::", "super::"] {
        let mut rest = code.as_str();
        while let Some(at) = rest.find(start) {
            let fresh =
                !rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == ':' || c == '_');
            let path = |c: char| c.is_alphanumeric() || c == ':' || c == '_';
            let end = rest[at..].find(|c| !path(c)).unwrap_or(rest.len() - at);
            if fresh && !rest[at..at + end].ends_with(':') {
                all.push(rest[at..at + end].to_owned());
            }
            rest = &rest[at + start.len()..];
        }
    }
    all.iter().filter_map(|path| absolute(file, path)).collect()
}

/// The trees of all `use` statements, and whether each re-exports.
fn statements(code: &str) -> impl Iterator<Item = (bool, &str)> {
    code.split(';').filter_map(|statement| {
        let line = statement.rfind("use ")?;
        let before = statement[..line].lines().last().unwrap_or("").trim();
        let plain = before.is_empty() || before.starts_with("pub");
        plain.then(|| (before.starts_with("pub"), statement[line + 4..].trim()))
    })
}

/// `a::{b, c::D}` as `a::b` and `a::c::D`.
fn expand(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return vec![path.trim().to_owned()];
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    parts
        .flat_map(|part| expand(&format!("{}{part}", head.trim())))
        .collect()
}

/// A path from the root of the crate, without `crate`; none for other crates' items.
fn absolute(file: &File, path: &str) -> Option<Vec<String>> {
    let parts: Vec<String> = path.split("::").map(str::to_owned).collect();
    match parts[0].as_str() {
        "crate" => Some(parts[1..].to_vec()),
        "super" | "self" => {
            let ups = parts.iter().take_while(|part| *part == "super").count();
            let base = file.module.len().checked_sub(ups)?;
            let rest = parts
                .iter()
                .skip_while(|part| *part == "super" || *part == "self");
            Some(file.module[..base].iter().chain(rest).cloned().collect())
        }
        // `pub use ddim::Ddim` in a module that has a file `ddim`.
        child => {
            let is_child = file.code.lines().any(|line| {
                line.trim_end_matches(';')
                    .ends_with(&format!("mod {child}"))
            });
            is_child.then(|| file.module.iter().chain(&parts).cloned().collect())
        }
    }
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
    let floors = |floors: [(&str, usize); 4]| floors.map(|(room, n)| (room.to_owned(), n)).into();
    let climbs = |of| Imports::of(&Source::of(&round)).climbs(&Source::of(&round), &floors(of));
    let found = climbs([("a", 1), ("b", 0), ("c", 2), ("d", 3)]);
    assert_eq!(found, ["src/b.rs (floor 0) imports src/c.rs (floor 2)"]);
    assert_eq!(climbs([("a", 1), ("b", 1), ("c", 1), ("d", 1)]).len(), 4);
}
