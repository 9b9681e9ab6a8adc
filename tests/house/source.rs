//! The files of `src`, their modules, and what each defines.
//!
//! Of the package that is tested: `book/tests/rooms.rs` looks at its own with this.

use std::path::Path;

/// Most lines of a file.
const FILE: usize = 350;

/// Most lines of a function, with its signature.
const FUNCTION: usize = 60;

/// All files of the package.
pub struct Source {
    files: Vec<File>,
}

/// One file.
pub struct File {
    /// Its path below the folder of the package.
    pub path: String,
    /// Its module: `["sampler", "ddim"]`; none for the root.
    pub module: Vec<String>,
    pub text: String,
    /// Its text without comments, tests, and what only documentation sees.
    pub code: String,
}

impl Source {
    pub fn read() -> Self {
        let mut files = Vec::new();
        walk(Path::new("src"), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.len() > 40, "the sources are not where they were");
        Self { files }
    }

    /// Files of a made-up package, to try the checks on.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File::new(path.to_string(), text.to_string());
        let files = files.iter().map(file).collect();
        Self { files }
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The file of a module, if there is one.
    pub fn module(&self, path: &[String]) -> Option<&File> {
        self.files.iter().find(|file| file.module == path)
    }

    /// The top module that a file is in.
    pub fn room(&self, path: &str) -> &str {
        let file = self.files.iter().find(|file| file.path == path);
        let module = &file.expect("a file of src").module;
        module.first().map_or("", String::as_str)
    }

    /// The files and functions that are too long to be read in one sitting.
    pub fn long(&self) -> Vec<String> {
        let mut long = Vec::new();
        for file in self.files() {
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
        long
    }

    /// All top modules.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .filter_map(|file| Some(file.module.first()?.as_str()))
    }
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).expect("a folder of src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            files.push(File::new(path.to_string_lossy().replace('\\', "/"), text));
        }
    }
}

/// `src/sampler/ddim.rs` is `sampler::ddim`.
fn module(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let parts = inside
        .split('/')
        .filter(|part| !["mod", "lib", "main"].contains(part));
    parts.map(str::to_owned).collect()
}

/// Code without comments, tests at the end of a file, and items for documentation only.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut skip = false;
    let own = text.split("#[cfg(test)]\nmod tests").next();
    for line in own.unwrap_or_default().lines() {
        let line = line.split("// ").next().unwrap_or("");
        let trimmed = line.trim_start();
        if trimmed.starts_with("//") {
            continue;
        }
        if trimmed.starts_with("#[cfg(doc") {
            skip = true;
        } else if skip {
            skip = !trimmed.ends_with(';');
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

impl File {
    fn new(path: String, text: String) -> Self {
        let (module, code) = (module(&path), code(&text));
        Self {
            path,
            module,
            text,
            code,
        }
    }

    /// Whether the file defines this item.
    pub fn defines(&self, name: &str) -> bool {
        const KINDS: [&str; 7] = ["struct", "enum", "trait", "fn", "const", "static", "type"];
        self.code.lines().any(|line| {
            let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            let top = !line.starts_with(' ');
            top && words
                .windows(2)
                .any(|pair| KINDS.contains(&pair[0]) && pair[1] == name)
        })
    }

    /// Every function with its number of lines.
    fn functions(&self) -> Vec<(String, usize)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut functions = Vec::new();
        for (start, line) in lines.iter().enumerate() {
            let trimmed = line.trim_start();
            let indent = &line[..line.len() - trimmed.len()];
            let Some((before, name)) = trimmed.split_once("fn ") else {
                continue;
            };
            let prefix = |word| {
                ["pub", "const", "unsafe", "extern", "\"C\""].contains(&word)
                    || str::starts_with(word, "pub(")
            };
            if !before.split_whitespace().all(prefix) {
                continue;
            }
            let end = format!("{indent}}}");
            let ends = |(_, line): &(usize, &&str)| {
                **line == end
                    || line.ends_with(';')
                        && line.starts_with(indent)
                        && !line[indent.len()..].starts_with(' ')
            };
            let after = lines[start..].iter().enumerate().find(ends);
            let name = name.split(['(', '<']).next().unwrap_or("");
            functions.push((name.to_owned(), after.map_or(1, |(i, _)| i + 1)));
        }
        functions
    }
}
