//! The picture that links to the pages show: of the size that its pages say, and drawn from the figure as it is.

use sha2::{Digest, Sha256};
use std::fs;

#[test]
fn the_card_is_drawn_from_the_figure_as_it_is() {
    let read = |file: &str| fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let card = read("site/_static/card.png");
    assert!(card.starts_with(b"\x89PNG\r\n\x1a\n"), "no PNG");
    let number = |at: usize| u32::from_be_bytes(card[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((number(16), number(20)), (1200, 630), "its size in pixels");
    let sources = [
        read("checks/browser/card.html"),
        read("../examples/forward.svg"),
    ]
    .concat();
    let hash: String = Sha256::digest(&sources)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mark = b"tEXtSource\0";
    let at = card.windows(mark.len()).position(|part| part == mark);
    let at = at.expect("the hash of what it was drawn from") + mark.len();
    assert_eq!(
        String::from_utf8_lossy(&card[at..at + hash.len()]),
        hash,
        "`cargo book ci card` draws it anew"
    );
}
