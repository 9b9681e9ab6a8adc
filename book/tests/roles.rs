//! A role has one colour in the figures of the book and in its instruments: the test of the library's figures names it,
//! and the instruments' style has the same.

use std::fs;
use std::path::Path;

const ROLES: [(&str, &str); 5] = [
    ("Learned", "--di-learned"),
    ("Data", "--di-data"),
    ("Samples", "--di-samples"),
    ("Gan", "--di-gan"),
    ("StableGan", "--di-stable"),
];

#[test]
fn instruments_have_the_colours_of_the_figures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |file: &str| fs::read_to_string(root.join(file)).expect(file);
    let (figures, style) = (
        read("tests/plot/colours.rs"),
        read("book/site/_static/live.css"),
    );
    let (light, _) = style.split_once('}').expect("rules");
    for (role, variable) in ROLES {
        let named = figures
            .split_once(&format!("(Role::{role}, \""))
            .expect(role);
        let color = named.1.split('"').next().unwrap_or_default();
        let rule = format!("{variable}: {color};");
        assert!(light.contains(&rule), "live.css has no “{rule}”");
    }
    assert!(light.contains("--di-exact: var(--pst-color-text-base);"));
}
