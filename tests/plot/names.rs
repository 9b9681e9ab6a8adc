//! Names of points: beside their own, over no other, and those without room told.

use crate::narrow::sheets;
use crate::reader::{BLUE, RED, normal, spot, texts};
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Figure, Panel};

fn axes() -> Panel {
    Panel::new().ranges(-4.0..4.0, -4.0..4.0)
}

#[test]
fn a_name_stands_at_its_point() {
    let panel = axes()
        .y_range(100.0, 900.0)
        .scatter("nouns", [-3.0, 3.9], [200.0, 500.0])
        .named(["cat_s", "engineers"])
        .scatter("verbs", [0.0], [800.0])
        .named(["ran"]);
    let figure = panel.figure("Three words.").expect("valid");
    let [wide, narrow] = sheets(&figure);
    for form in [wide, narrow] {
        // Axes as the tick labels tell them.
        let ((left, _), (right, _)) = (spot(&form, "−2"), spot(&form, "2"));
        let x = |v: f64| 0.5 * (left + right) + 0.25 * v * (right - left);
        for (name, at, side) in [
            ("cat_s", -3.0, 1.0),
            ("engineers", 3.9, -1.0),
            ("ran", 0.0, 1.0),
        ] {
            let apart = side * (spot(&form, name).0 - x(at));
            assert!((2.0..9.0).contains(&apart), "{name}: {apart}");
        }
        assert!(form.contains(BLUE) && form.contains(RED) && form.contains("di-halo"));
    }
    assert_eq!(figure.alt(), "Three words.");
}

#[test]
fn names_cover_nothing_and_none_is_lost() {
    let (x, y) = (normal(150, 1), normal(150, 2));
    let names: Vec<String> = (0..150).map(|i| format!("name{i}")).collect();
    let figure = axes()
        .scatter("words", &x, &y)
        .named(&names)
        .figure("Many.")
        .expect("valid");
    let [wide, narrow] = sheets(&figure);
    let shown = [wide, narrow].map(|form| {
        let shown = texts(&form)
            .into_iter()
            .filter(|text| text.0.starts_with("name"));
        let shown: Vec<_> = shown.collect();
        for (i, (name, x, y)) in shown.iter().enumerate() {
            // Half an em a letter, half an em high: less than any font takes. Anchors differ, so only from lines apart.
            for (other, u, v) in &shown[..i] {
                assert!(
                    (y - v).abs() > 6.9 || (x - u).abs() > 6.9,
                    "{name} on {other}"
                );
            }
        }
        shown.into_iter().map(|text| text.0).collect::<Vec<_>>()
    });
    assert!(
        shown[0].len() > shown[1].len() && shown[1].len() > 8,
        "{} {}",
        shown[0].len(),
        shown[1].len()
    );
    let told = figure
        .alt()
        .strip_prefix("Many. Points shown without their names: ")
        .expect("told");
    let told: Vec<&str> = told.trim_end_matches('.').split(", ").collect();
    for name in &names {
        let everywhere = shown.iter().all(|shown| shown.contains(name));
        assert!(everywhere != told.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn names_move_with_the_frames_of_a_film() {
    let frame = |x: f64| {
        (
            "t".to_owned(),
            axes().scatter("w", [x], [0.0]).named([format!("at{x}")]),
        )
    };
    let film = Figure::frames("", &[-1.0, 1.0].map(frame), "A word moves.").expect("valid");
    assert!(spot(film.svg(), "at1").0 > spot(film.svg(), "at-1").0 + 50.0);
}

#[test]
fn what_does_not_fit_is_told() {
    let three = axes()
        .scatter("w", [0.0; 3], [0.0; 3])
        .named(["a"])
        .figure("alt");
    let (expected, found) = (vec![3], vec![1]);
    assert_eq!(
        three,
        Err(Error::Shape {
            what: "names of a scatter",
            expected,
            found
        })
    );
    let line = axes().line("w", [0.0], [0.0]).named(["a"]).figure("alt");
    assert!(matches!(line, Err(Error::Shape { .. })));
    let many = axes()
        .scatter("w", vec![0.0; 1001], vec![0.0; 1001])
        .named(vec!["a"; 1001])
        .figure("alt");
    assert!(matches!(
        many,
        Err(Error::Parameter {
            name: "names of points in a panel",
            ..
        })
    ));
}
