//! The names that programs may use, read from the sources: paths to import from, and what types and traits have.
//!
//! `public.txt` holds those of the version in its first line. A name in it may go only with the second number of the
//! version, and then the changes of that version name it. `PUBLIC_NAMES=write cargo test --test house` writes the file
//! anew, for a version that is about to be published.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{File, Source};

/// All names, in order: `sampler::ddim`, `Schedule::linear`.
pub fn names(source: &Source) -> BTreeSet<String> {
    let files: Vec<Seen> = source.files().map(Seen::of).collect();
    let modules: BTreeMap<_, _> = files.iter().map(|file| (file.module, file)).collect();
    let is_public = |module: &[String]| {
        (0..module.len()).all(|depth| {
            let parent = modules.get(&module[..depth]);
            parent.is_some_and(|parent| parent.modules.contains(module[depth].as_str()))
        })
    };
    let public = files.iter().filter(|file| is_public(file.module));
    let mut names: BTreeSet<String> = public
        .flat_map(|file| {
            let place = |name: &String| [file.module.join("::").as_str(), name].join("::");
            file.items.iter().map(place).collect::<Vec<_>>()
        })
        .map(|name| name.trim_start_matches("::").to_owned())
        .collect();
    let owners: BTreeSet<String> = names
        .iter()
        .map(|name| name.rsplit("::").next().unwrap_or(name).to_owned())
        .collect();
    let members = files.iter().flat_map(|file| &file.members);
    let of_public = members.filter(|(owner, _)| owners.contains(owner));
    names.extend(of_public.map(|(owner, name)| format!("{owner}::{name}")));
    names
}

/// What one file says: its public items and exports, its public modules, and the public members of types.
struct Seen<'a> {
    module: &'a [String],
    modules: BTreeSet<&'a str>,
    items: BTreeSet<String>,
    members: BTreeSet<(String, String)>,
}

/// What a line stands in.
enum Block {
    None,
    Module(String),
    /// What it is of, and whether its members say `pub` themselves.
    Of(String, bool),
}

impl<'a> Seen<'a> {
    fn of(file: &'a File) -> Self {
        let (modules, items, members) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let module = &file.module;
        let mut seen = Seen {
            module,
            modules,
            items,
            members,
        };
        let mut block = Block::None;
        let mut lines = file.code.lines();
        while let Some(line) = lines.next() {
            let mut line = line.to_owned();
            while line.trim_start().starts_with("pub use ") && !line.ends_with(';') {
                line += lines.next().unwrap_or(";").trim_start();
            }
            match line.strip_prefix("    ") {
                Some(inside) => seen.take_member(&block, inside),
                None => block = seen.take_item(&line, block),
            }
        }
        let text = file
            .code
            .lines()
            .filter_map(|line| line.strip_prefix("pub mod "));
        seen.modules = text
            .map(|rest| rest.trim_end_matches([';', '{', ' ']))
            .collect();
        seen
    }

    /// A line at the left edge; returns the block that it opens.
    fn take_item(&mut self, line: &str, block: Block) -> Block {
        if let Some(exports) = line.strip_prefix("pub use ") {
            self.items.extend(exported(exports));
        }
        let opens = line.ends_with('{');
        if let Some(rest) = line.strip_prefix("impl").filter(|_| opens) {
            return match rest.contains(" for ") {
                true => Block::None,
                false => Block::Of(word(generics_skipped(rest)), true),
            };
        }
        let Some((kind, name)) = declared(line) else {
            return if line.starts_with([' ', ')']) || line.is_empty() {
                block
            } else {
                Block::None
            };
        };
        if kind == "mod" {
            return if opens {
                Block::Module(name)
            } else {
                Block::None
            };
        }
        self.items.insert(name.clone());
        Block::Of(name, !matches!(kind, "enum" | "trait"))
    }

    /// A line one step inside a block.
    fn take_member(&mut self, block: &Block, line: &str) {
        let own = match block {
            Block::None => return,
            Block::Module(name) => {
                let exports = line
                    .strip_prefix("pub use ")
                    .map(exported)
                    .unwrap_or_default();
                self.items
                    .extend(exports.iter().map(|export| format!("{name}::{export}")));
                return;
            }
            Block::Of(owner, own) => (owner, *own),
        };
        let name = match (own.1, declared(line)) {
            (true, Some((_, name))) => Some(name),
            // A field.
            (true, None) => line
                .strip_prefix("pub ")
                .and_then(|rest| Some(rest.split_once(':')?.0.to_owned())),
            // A variant, or what a trait asks for.
            (false, _) if line.starts_with("fn ") => Some(word(&line[3..])),
            (false, _) => Some(word(line)).filter(|name| name.starts_with(char::is_uppercase)),
        };
        self.members.extend(name.map(|name| (own.0.clone(), name)));
    }
}

/// Kind and name of what a line declares for all.
fn declared(line: &str) -> Option<(&str, String)> {
    let mut words = line
        .strip_prefix("pub ")?
        .split_inclusive([' ', '(', '<', ':', ';']);
    let kinds = [
        "fn", "struct", "enum", "trait", "const", "static", "type", "mod",
    ];
    let kind = words
        .by_ref()
        .map(str::trim_end)
        .find(|word| *word != "const" && *word != "unsafe" || !line.contains(" fn "))?;
    let name = word(words.next()?);
    kinds.contains(&kind).then_some((kind, name))
}

/// The names that `a::{b, c as d};` exports.
fn exported(text: &str) -> Vec<String> {
    let text = text.trim_end_matches(';').trim_end_matches('}');
    let list = text.split_once('{').map_or(text, |(_, list)| list);
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| name.rsplit([':', ' ']).next().unwrap_or(name).to_owned())
        .collect()
}

/// A text without the `<…>` that it begins with.
fn generics_skipped(text: &str) -> &str {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' => depth -= 1,
            ' ' if depth == 0 => return text[at..].trim_start(),
            _ => {}
        }
    }
    text
}

/// The name that a text begins with.
fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// What is wrong with the names that are there, beside the listed ones of an earlier or of this version.
pub fn broken(listed: &str, version: &str, changes: &str, names: &BTreeSet<String>) -> Vec<String> {
    let mut lines = listed.lines();
    let promised = lines
        .next()
        .and_then(|line| line.rsplit(' ').next())
        .unwrap_or_default();
    let series = |version: &str| {
        version
            .rsplit_once('.')
            .map(|(series, _)| series.to_owned())
    };
    let newest = changes.split("\n## ").nth(1).unwrap_or_default();
    let gone = lines.filter(|name| !names.contains(*name));
    let same = series(promised) == series(version);
    let told = |name: &&str| same || !newest.contains(&format!("`{name}`"));
    gone.filter(told)
        .map(|name| match same {
            true => format!(
                "{name}: version {promised} promises it, and {version} may not take it away; until it is published, \
                 PUBLIC_NAMES=write takes it off the list"
            ),
            false => format!(
                "{name} is gone: the newest section of CHANGELOG.md does not name it in backticks"
            ),
        })
        .collect()
}
