//! Words to the reader.

use std::io::{ErrorKind, Write};

/// The status of a program whose reader went away: 128 + SIGPIPE.
const NOBODY_LISTENS: i32 = 141;

/// A line on the standard output. If nobody reads it any more, as behind `| head`, the program ends: the same command
/// goes on from the last checkpoint.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{}", tame(text)).and_then(|()| out.flush());
    if said.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(NOBODY_LISTENS);
    }
}

/// A line on the standard error.
pub fn complain(program: &str, text: &str) {
    // There is nobody else to tell.
    let _ = writeln!(std::io::stderr(), "{program}: {}", tame(text));
}

/// `text` without what a terminal would obey: names of files and columns may hold anything.
pub fn tame(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c != '\n' && (c.is_control() || turns) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
