//! Instruments: the places on pages where a reader drags and the library, compiled for the browser, answers.
//!
//! An instrument is a file of `live/src`, whose first lines say its name and what it is for, and a script of the same
//! name in `book/site/_static`. A page asks for its place with a line `![](#instrument-…)`.

use crate::machine::clone::Clone;
use anyhow::{Context, Result};
use std::fs;

/// The line that asks for the place of an instrument.
pub fn asked_for(name: &str) -> String {
    format!("![](#instrument-{name})")
}

/// The text of a page with the places that it asks for, or nothing if it asks for none.
pub fn placed(clone: &Clone, text: &str) -> Result<Option<String>> {
    let (mut out, mut found) = (String::new(), false);
    for line in text.split_inclusive('\n') {
        let name = line
            .trim_end()
            .strip_prefix("![](#instrument-")
            .and_then(|rest| rest.strip_suffix(')'));
        match name {
            Some(name) => {
                let path = clone.join(&format!("live/src/{name}.rs"));
                let source = fs::read_to_string(&path)
                    .with_context(|| format!("no instrument {name} in live/src"))?;
                out.push_str(&place(name, &source)?);
                found = true;
            }
            None => out.push_str(line),
        }
    }
    Ok(found.then_some(out))
}

/// The place of an instrument: its name, what it is for, and the lines that it runs.
fn place(name: &str, source: &str) -> Result<String> {
    let about: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//! "))
        .collect();
    let about = about.join(" ");
    let (title, lead) = about
        .split_once(": ")
        .with_context(|| format!("live/src/{name}.rs does not begin with `//! Name: what for`"))?;
    let code = lines_that_run(source);
    let count = code.lines().count();
    let id = format!("instrument-{name}");
    Ok(format!(
        "<div class=\"di-live pst-js-only\" role=\"group\" id=\"{id}\" data-instrument=\"{name}\" aria-labelledby=\"{id}-name\">\n\
         <p class=\"di-live-name\" id=\"{id}-name\">{title}</p>\n\
         <p class=\"di-live-lead\">{lead}</p>\n\
         <details class=\"di-code\"><summary>The Rust that this runs, {count} lines</summary>\n\n\
         ```rust\n{code}\n```\n\n\
         </details>\n</div>\n"
    ))
}

/// A source without what it says about itself and what it imports.
fn lines_that_run(source: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut importing = false;
    for line in source.lines() {
        importing |= line.starts_with("use ");
        if !importing && !line.starts_with("//!") {
            lines.push(line);
        }
        importing &= !line.ends_with(';');
    }
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{lines_that_run, place};

    const SOURCE: &str =
        "//! Heaps: drag them\n//! about.\n\nuse a::{\n    b,\n};\nuse c;\n\nfn f() {}\n";

    #[test]
    fn an_instrument_says_what_it_runs() {
        assert_eq!(lines_that_run(SOURCE), "fn f() {}");
        let place = place("heaps", SOURCE).unwrap();
        assert!(place.contains(">Heaps</p>") && place.contains(">drag them about.</p>"));
        assert!(place.contains("runs, 1 lines") && place.contains("```rust\nfn f() {}\n```"));
        assert!(super::place("heaps", "fn f() {}").is_err());
    }
}
