//! A matrix with names: the name of a row stands beside it, the first at the top, and none is lost.

use crate::narrow::sheets;
use crate::reader::{edges, paths, spot, texts};
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::{Array2, array};

/// Brightest colour of the map.
const BRIGHT: &str = "fill=\"#fde725\"";

#[test]
fn names_stand_beside_their_rows_and_below_their_columns() {
    let values = array![[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]];
    let figure = Panel::new().matrix("", &values, ["up_a", "down"], ["one", "two", "three"]);
    let [wide, narrow] = sheets(&figure.figure("One cell.").expect("valid"));
    for form in [wide, narrow] {
        let [left, top, right, bottom] = edges(&paths(&form, BRIGHT)[0][0]);
        let (row, column) = (spot(&form, "up_a"), spot(&form, "three"));
        assert!(
            (0.5 * (left + right) - column.0).abs() < 0.3,
            "{left} {right} {column:?}"
        );
        // The baseline is about a third of an em below the middle.
        assert!(
            (0.5 * (top + bottom) + 5.0 - row.1).abs() < 2.0,
            "{top} {bottom} {row:?}"
        );
        assert!(row.0 < left && column.1 > bottom && spot(&form, "down").1 > row.1 + 50.0);
    }
}

#[test]
fn a_panel_grows_with_its_rows_and_names_left_out_are_told() {
    let words: Vec<String> = (0..60).map(|i| format!("word{i}")).collect();
    let values = Array2::from_shape_fn((60, 3), |(i, j)| (i * j) as f64);
    let map = Panel::new().matrix("p", &values, &words, ["1", "2", "3"]);
    let figure = map.figure("Sixty.").expect("valid");
    let [wide, narrow] = sheets(&figure);
    for form in [wide, narrow] {
        let y: Vec<f64> = words.iter().map(|word| spot(&form, word).1).collect();
        assert!(y.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{y:?}");
    }
    assert_eq!(figure.alt(), "Sixty.");

    // A name at the end is left out, not cut off by the edge: half of its 14 letters of half an em beside the middle.
    let names: Vec<String> = (0..9)
        .map(|i| i.to_string())
        .chain(["extraordinary.".into()])
        .collect();
    let map = Panel::new().matrix("p", Array2::<f32>::zeros((2, 10)), ["a", "b"], &names);
    let [_, narrow] = sheets(&map.figure("Ten.").expect("valid"));
    let last = texts(&narrow).into_iter().find(|text| text.0 == names[9]);
    assert!(last.is_none_or(|(_, x, _)| x + 7.0 * 7.0 < 340.0));

    let map = Panel::new().matrix("p", values.t().to_owned(), ["a", "b", "c"], &words);
    let figure = map.figure("Turned.").expect("valid");
    assert_eq!(
        figure.alt(),
        format!("Turned. Names in full: {}.", words.join(", "))
    );
    let [wide, narrow] = sheets(&figure);
    let shown = |form: &str| {
        words
            .iter()
            .filter(|word| form.contains(&format!(">{word}</text>")))
            .count()
    };
    assert!(shown(&narrow) >= 2 && shown(&narrow) < shown(&wide) && shown(&wide) < 20);
}

#[test]
fn what_does_not_fit_is_told() {
    let values = Array2::<f32>::zeros((2, 3));
    let map = |values: &Array2<f32>, rows: &[&str]| {
        Panel::new().matrix("p", values, rows, ["1", "2", "3"])
    };
    let error = map(&values, &["a"])
        .figure("alt")
        .expect_err("a name is missing");
    let (expected, found) = (vec![1, 3], vec![2, 3]);
    assert_eq!(
        error,
        Error::Shape {
            what: "matrix with names",
            expected,
            found
        }
    );
    let none = map(&Array2::zeros((0, 3)), &[])
        .figure("alt")
        .expect_err("no row");
    assert_eq!(
        none,
        Error::Empty {
            what: "matrix with names"
        }
    );
    let frames = [["a", "b"], ["a", "c"]].map(|rows| ("t".to_owned(), map(&values, &rows)));
    let error = Figure::frames("", &frames, "alt").expect_err("other names");
    assert!(
        matches!(
            error,
            Error::Parameter {
                name: "frame with names at its axes",
                value: 1.0,
                ..
            }
        ),
        "{error}"
    );
}
