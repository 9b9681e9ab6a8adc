//! What readers see is sentences and symbols: neither wrong capitals nor raw notation nor printed booleans.

use super::{every_notebook, joined, outputs};

/// Capitals of Greek that cannot be told from Latin ones: a β at the start of a sentence must not become one.
const LOOK_LATIN: &str = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

/// Whether a sentence opens with a symbol of one letter made a capital, as in "T = 0" for t = 0, "E(t)" for e(t).
fn opens_with_a_capital_symbol(sentence: &str) -> bool {
    let mut characters = sentence.trim_start().chars();
    let symbol = characters.next().is_some_and(char::is_uppercase);
    let rest = characters.as_str();
    let follows = |sign: &str| rest.trim_start().starts_with(sign);
    symbol
        && (["=", "(", "·", "_", "≤", "<"].into_iter().any(follows) || rest.starts_with(" counts"))
}

/// The first lines of the comments of a cell.
fn comments(source: &str) -> Vec<&str> {
    let comment = |line: &str| line.trim_start().starts_with("//");
    let lines: Vec<&str> = source.lines().collect();
    let opens = |at: &usize| comment(lines[*at]) && (*at == 0 || !comment(lines[*at - 1]));
    (0..lines.len())
        .filter(opens)
        .map(|at| lines[at].trim_start().trim_start_matches('/').trim())
        .collect()
}

/// Symbols keep their case.
#[test]
fn comments_name_symbols_as_they_are() {
    every_notebook(|notebook, faults| {
        for (i, cell) in (1..).zip(notebook.cells()) {
            let source = joined(&cell["source"]);
            if let Some(letter) = source.chars().find(|c| LOOK_LATIN.contains(*c)) {
                faults.push(format!("cell {i}: {letter} is Greek and looks Latin"));
            }
            if cell["cell_type"] == "code" {
                for comment in comments(&source) {
                    if opens_with_a_capital_symbol(comment) {
                        faults.push(format!("cell {i}: “{comment}” opens with a symbol"));
                    }
                }
            }
        }
    });
}

/// A notation that is not typeset, as `q(x_199)` or `α^(k/2)`, in what readers see.
fn raw_notation(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.windows(2).enumerate().any(|(at, pair)| {
            // A symbol is one letter: `beta_1` is a name of the code.
            let symbol = at > 0
                && letters[at - 1].is_alphabetic()
                && (at < 2 || !letters[at - 2].is_alphanumeric());
            symbol && pair[0] == '_' && pair[1].is_ascii_digit()
                || pair[0] == '^' && matches!(pair[1], '(' | '{')
        })
    })
}

/// Whether a printed line leaves it to the reader to find a claim confirmed: what must be true is asserted.
fn printed_boolean(line: &str) -> bool {
    let boolean = |word: &str| matches!(word, "true" | "false");
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [.., before, last] => boolean(last) && before.ends_with(':'),
        [only] => boolean(only),
        [] => false,
    }
}

/// The texts in a drawing.
fn drawn_texts(svg: &str) -> impl Iterator<Item = &str> {
    svg.split("<text").skip(1).filter_map(|rest| {
        let (_, text) = rest.split_once('>')?;
        Some(text.split("</text>").next().unwrap_or_default())
    })
}

#[test]
fn show_readers_sentences_and_symbols() {
    every_notebook(|notebook, faults| {
        for (i, cell) in (1..).zip(notebook.code_cells()) {
            for output in outputs(cell) {
                let data = &output["data"];
                let printed = joined(&output["text"]);
                let drawing = joined(&data["image/svg+xml"]);
                // A table as the page shows it, where `x_0` has a subscript; a figure's HTML is an image.
                let table = joined(&data["text/html"]);
                let cells = table.split(['<', '>']).step_by(2);
                let cells = cells.filter(|_| drawing.is_empty());
                for line in printed.lines().chain(cells) {
                    if let Some(word) = raw_notation(line) {
                        faults.push(format!("code cell {i} shows {word}"));
                    }
                    if printed_boolean(line) {
                        faults.push(format!("code cell {i} prints a boolean: {line}"));
                    }
                }
                for text in drawn_texts(&drawing) {
                    let words = text.replace(['<', '>'], " ");
                    if let Some(word) = raw_notation(&words) {
                        faults.push(format!("code cell {i} draws {word}"));
                    }
                }
            }
        }
    });
}

/// The helpers above see what they are for.
mod checkers {
    use super::{
        comments, drawn_texts, opens_with_a_capital_symbol, printed_boolean, raw_notation,
    };

    #[test]
    fn see_symbols_made_capitals() {
        for fault in [
            "T = 0: one step",
            "T counts from 0",
            "E(t)·e(t')",
            "B_t falls",
            "Σ_i",
        ] {
            assert!(opens_with_a_capital_symbol(fault), "{fault}");
        }
        for good in [
            "t = 0",
            "A standard deviation",
            "The step",
            "Cov(ε, x)",
            "In training: (a)",
        ] {
            assert!(!opens_with_a_capital_symbol(good), "{good}");
        }
        assert_eq!(
            comments("// One\n// T = 0\nlet x = 1;\n    /// Two"),
            ["One", "Two"]
        );
    }

    #[test]
    fn see_raw_notation_and_booleans() {
        assert_eq!(raw_notation("exact q(x_199) here"), Some("q(x_199)"));
        assert_eq!(raw_notation("α^(k/2)"), Some("α^(k/2)"));
        assert_eq!(raw_notation("x_60 by 61 draws"), Some("x_60"));
        assert_eq!(raw_notation("beta_1 and alpha_bar, 10^4, x_t, β₀"), None);
        assert!(printed_boolean("agree to a thousandth: true") && printed_boolean("false"));
        assert!(!printed_boolean("width / true width") && !printed_boolean("what is true"));
        let drawing = "<svg><text x=\"1\">x_1</text><text>t = 5</text></svg>";
        assert_eq!(drawn_texts(drawing).collect::<Vec<_>>(), ["x_1", "t = 5"]);
    }
}
