//! Words: each in its cell in both forms, shaded and marked as said, at one place in all frames of a film.

use crate::narrow::{sheets, view};
use crate::reader::{BLUE, RED, attribute, edges, line, paths, spot, subpaths, tags, texts};
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::{Array2, array};

const LONG: [&str; 2] = [
    "in the long winter old fishermen who live by grey seas mend torn nets with care",
    "before any storm nobody saw whichever boats left that harbour without lamps so late into night",
];

fn split(sentence: &str) -> Vec<&str> {
    sentence.split(' ').collect()
}

/// Boxes of this colour, each with its opacity.
fn shades(svg: &str, color: &str) -> Vec<([f64; 4], f64)> {
    let boxes = tags(svg).into_iter().filter_map(|tag| {
        let fill = attribute(&tag, "fill")? == color.trim_matches('"');
        let opacity = attribute(&tag, "fill-opacity").map_or(1.0, |o| o.parse().expect("a number"));
        let shapes = subpaths(attribute(&tag, "d")?);
        fill.then(|| {
            shapes
                .into_iter()
                .map(move |shape| (edges(&shape), opacity))
        })
    });
    boxes.flatten().collect()
}

#[test]
fn long_sentences_go_on_below() {
    let panel = Panel::words(LONG.map(split)).row_labels(["first", "second"]);
    let [wide, narrow] = sheets(&panel.figure("Two sentences.").expect("valid"));
    for form in [&wide, &narrow] {
        let (width, height) = view(form);
        for sentence in LONG {
            let words = split(sentence);
            let places: Vec<(f64, f64)> = words.iter().map(|word| spot(form, word)).collect();
            for (pair, word) in places.windows(2).zip(&words) {
                // To the right on the same line, by no less than half an em a letter; or on a line below.
                let after = pair[1].0 > pair[0].0 + 7.0 * word.len() as f64;
                assert!(
                    pair[1].1 == pair[0].1 && after || pair[1].1 > pair[0].1 + 15.0,
                    "{word}"
                );
            }
            let right = |(x, word): (f64, &&str)| x + 7.0 * word.len() as f64;
            let ends = places.iter().map(|place| place.0).zip(&words).map(right);
            assert!(ends.fold(0.0, f64::max) < width);
            assert!(places.iter().all(|place| place.0 > 0.0 && place.1 < height));
        }
        // The label stands beside the first line, or above it, and the second row after all of the first.
        let (label, first) = (spot(form, "second"), spot(form, "before"));
        let beside = (label.1 - first.1).abs() < 0.5 && label.0 < first.0;
        assert!(beside == (form == &wide) && (beside || label.1 < first.1 - 15.0));
        assert!(label.1 > spot(form, "care").1 + 15.0);
    }
}

#[test]
fn columns_stand_below_each_other() {
    let rows = [
        ["a", "wide", "word"],
        ["extraordinarily", "", "last"],
        ["b", "c", "d"],
    ];
    let panel = Panel::words(rows).column_labels(["one", "two", "three"]);
    let shaded = panel.clone().shaded("p", vec![1.0; 9], 0.0..1.0);
    for panel in [panel, shaded] {
        let [wide, narrow] = sheets(&panel.figure("Nine words, one left out.").expect("valid"));
        for form in [wide, narrow] {
            for column in [["a", "extraordinarily", "b"], ["word", "last", "d"]] {
                let x = column.map(|word| spot(&form, word).0);
                assert!(x[0] == x[1] && x[1] == x[2], "{column:?} at {x:?}");
            }
            let y = ["two", "wide", "c"].map(|word| spot(&form, word).1);
            assert!(y[0] < y[1] && y[1] + 30.0 < y[2], "{y:?}");
        }
    }
}

/// A column has its whole label, be it wider than its words or above a place left free.
#[test]
fn every_column_has_its_label() {
    let rows = [["a", ""], ["b", "c"]];
    let labels = ["a label of some length", "what comes then"];
    let figure = Panel::words(rows)
        .column_labels(labels)
        .figure("Three words.");
    for form in sheets(&figure.expect("valid")) {
        let x = labels.map(|label| spot(&form, label).0);
        assert!(
            spot(&form, "a").0 < x[0] && x[0] < spot(&form, "c").0,
            "{x:?}"
        );
    }
}

#[test]
fn lines_of_a_row_are_about_as_long() {
    let words: Vec<String> = ('a'..='k').map(|c| format!("word{c}")).collect();
    let figure = Panel::words([&words])
        .figure("Eleven words.")
        .expect("valid");
    let [_, narrow] = sheets(&figure);
    let mut lines: Vec<f64> = words.iter().map(|word| spot(&narrow, word).1).collect();
    let counts: Vec<usize> = lines.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    // Five have room, and 5, 5 and 1 would leave one alone.
    assert!(
        counts.len() == 3 && *counts.iter().min().expect("lines") >= 3,
        "{counts:?}"
    );
    lines.dedup();
    assert!(
        lines.windows(2).all(|pair| pair[1] > pair[0] + 15.0),
        "{lines:?}"
    );
}

#[test]
fn shades_and_marks_are_those_of_their_words() {
    let values = array![[0.0, 0.5, 1.0], [2.0, -1.0, 0.75]];
    let panel = Panel::words([["zero", "half", "one"], ["above", "below", "most"]])
        .shaded("", &values, 0.0..1.0)
        .color(0)
        .framed([2], 1)
        .struck([3]);
    let [wide, narrow] = sheets(&panel.figure("Six words.").expect("valid"));
    for form in [&wide, &narrow] {
        let shades = shades(form, BLUE);
        let inside = |word: &str, [left, top, right, bottom]: [f64; 4]| {
            let (x, y) = spot(form, word);
            left < x && x < right && top < y && y < bottom
        };
        // 0.6 at the end of the range, in 20 levels.
        let wanted = [
            ("zero", 0.0),
            ("half", 0.3),
            ("one", 0.6),
            ("above", 0.6),
            ("below", 0.0),
            ("most", 0.45),
        ];
        for (word, wanted) in wanted {
            let own = shades.iter().filter(|(shade, _)| inside(word, *shade));
            let opacity: f64 = own.map(|(_, opacity)| opacity).sum();
            assert!((opacity - wanted).abs() < 0.6 / 19.0, "{word}: {opacity}");
        }
        let frame = &paths(form, &format!("stroke={RED}"))[0][0];
        assert!(inside("one", edges(frame)) && !inside("half", edges(frame)));
        let through = paths(form, "stroke=\"#222222\"").concat();
        let [left, top, right, bottom] = edges(&through[0]);
        let (x, y) = spot(form, "above");
        assert_eq!((through.len(), top), (1, bottom));
        assert!(
            left < x - 10.0 && x + 10.0 < right && y - 10.0 < top && top < y,
            "{top} {y}"
        );
    }
    // The legend tells the ends, and what the full colour is called.
    let named = panel
        .shaded("p(word)", &values, 0.0..2.0)
        .figure("Six.")
        .expect("valid");
    let legend = texts(named.svg())
        .into_iter()
        .map(|text| text.0)
        .collect::<Vec<_>>();
    assert_eq!(legend[..3], ["p(word)", "0", "2"]);
    assert_eq!(
        shades(named.svg(), BLUE)
            .iter()
            .filter(|shade| shade.1 == 0.6)
            .count(),
        2
    );
}

#[test]
fn a_film_has_room_for_the_widest_word() {
    let frame = |words: [&str; 2], below: [&str; 2]| {
        let panel = Panel::words([words])
            .shaded("p", [0.5, 1.0], 0.0..1.0)
            .seconds([below]);
        (words.concat(), panel)
    };
    let frames = [
        frame(["a", "first"], ["", "x"]),
        frame(["considerable", "second"], ["b", "indistinguishable"]),
    ];
    let [wide, narrow] = sheets(&Figure::frames("Film", &frames, "Two frames.").expect("valid"));
    for form in [wide, narrow] {
        for column in [
            ["a", "considerable"],
            ["first", "second"],
            ["x", "indistinguishable"],
        ] {
            let at = column.map(|word| spot(&form, word));
            assert_eq!(at[0], at[1]);
        }
        // The frames' boxes are the same, and hold 12 letters, or 17 small ones, of half an em each.
        let boxes: Vec<[f64; 4]> = shades(&form, BLUE)
            .into_iter()
            .rev()
            .map(|shade| shade.0)
            .take(2)
            .collect();
        assert!(boxes[1][2] - boxes[1][0] > 12.0 * 7.0 && boxes[0][2] - boxes[0][0] > 17.0 * 5.0);
        assert!(spot(&form, "x").1 > spot(&form, "first").1 + 8.0);
        assert_eq!(
            shades(&form, BLUE)
                .iter()
                .filter(|shade| shade.0 == boxes[0])
                .count(),
            2
        );
    }
    let mut others = frames.to_vec();
    others[1].1 = Panel::words([["one"]]);
    let error = Figure::frames("", &others, "a").expect_err("moved");
    assert!(
        matches!(
            error,
            Error::Shape {
                what: "words of a frame",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn words_are_no_formulas_and_no_commands() {
    let hostile = [
        "x_t",
        "a < b & c",
        "\u{1b}[2J",
        "\u{202e}abc",
        "e\u{301}\u{301}",
        "___",
        "שלום",
    ];
    let long = "w".repeat(100_000);
    let rows = [hostile.to_vec(), vec![&long, "", " "], vec![]];
    let panel = Panel::words(&rows).seconds(&rows).row_labels(&hostile[..3]);
    let figure = panel
        .clone()
        .shaded("p", vec![1.0; 21], 0.0..1.0)
        .figure("Hostile.")
        .expect("valid");
    let svg = figure.svg();
    for form in sheets(&figure) {
        tags(&form);
        assert!(form.len() < 20_000, "{}", form.len());
        for shown in ["x_t", "a &lt; b &amp; c", "[2J", "___", "שלום"] {
            assert!(
                form.matches(&format!(">{shown}</text>")).count() >= 2,
                "{shown}"
            );
        }
        assert!(form.contains("www…</text>"));
    }
    assert!(!svg.contains('\u{1b}'));
    // No word, no cell: seven of the first row and one of the second; what is lower is the legend's scale.
    let is_cell = |shade: &&([f64; 4], f64)| shade.0[3] - shade.0[1] > 15.0;
    assert_eq!(shades(svg, BLUE).iter().filter(is_cell).count(), 8);

    let many = Array2::from_shape_fn((100, 100), |(i, j)| format!("{}", i * j));
    let figure = Panel::words(many.rows())
        .figure("Ten thousand.")
        .expect("valid");
    assert_eq!(texts(figure.svg()).len(), 10_000);
}

#[test]
fn what_does_not_fit_is_told() {
    let build = |panel: Panel| panel.figure("alt").expect_err("bad input");
    let two = || Panel::words([["a", "b"]]);
    for none in [Panel::words([[""; 0]; 0]), Panel::words([[""; 0]; 3])] {
        assert_eq!(build(none), Error::Empty { what: "words" });
    }
    let endless = std::iter::repeat_with(|| std::iter::repeat("word"));
    let long = vec![""; 100_000];
    for many in [
        Panel::words(endless),
        Panel::words(vec![["a"; 101]; 100]),
        Panel::words([long]),
    ] {
        assert!(matches!(
            build(many),
            Error::Parameter { name: "words", .. }
        ));
    }
    for (panel, told) in [
        (two().row_labels(["a", "b"]), "row labels of words"),
        (two().column_labels(["a"]), "column labels of words"),
        (two().seconds([["a"]]), "second words"),
        (
            two().shaded("p", [0.5; 3], 0.0..1.0),
            "numbers that shade words",
        ),
    ] {
        assert!(
            matches!(build(panel), Error::Shape { what, .. } if what == told),
            "{told}"
        );
    }
    for (panel, told) in [
        (two().framed([2], 0), "marked word"),
        (two().struck([2]), "marked word"),
        (two().struck(0..), "marked word"),
        (two().framed([0], 6), "color"),
        (two().hline(1.0, "one"), "marks of a panel of words"),
        (
            two().shaded("p", [0.5; 2], 1.0..1.0),
            "end of a range of shades",
        ),
    ] {
        assert!(
            matches!(build(panel), Error::Parameter { name, .. } if name == told),
            "{told}"
        );
    }
    let nan = build(two().shaded("p", [0.5, f64::NAN], 0.0..1.0));
    assert!(matches!(nan, Error::NotFinite { index: 1, .. }));
    let infinite = build(two().shaded("p", [0.5; 2], 0.0..f64::INFINITY));
    assert!(matches!(
        infinite,
        Error::NotFinite {
            what: "range of shades",
            ..
        }
    ));
    assert_eq!(
        build(line().struck([0])),
        Error::Empty {
            what: "list of words"
        }
    );
    assert_eq!(
        build(line().row_labels(["a"])),
        Error::Empty {
            what: "list of pictures or words"
        }
    );
}
