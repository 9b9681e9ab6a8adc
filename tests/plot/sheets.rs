//! A sheet of pictures: what stands beside them, and how far apart they are.

use crate::narrow::forms;
use crate::pictures::sheet;
use crate::png::images;
use crate::reader::{attribute, paths};
use diffusion_intuition::plot::Panel;
use ndarray::{Array2, array};

/// Captions below their pictures, labels of columns above the first row, labels of rows on the left.
#[test]
fn texts_stand_beside_what_they_name() {
    let captions = ["p0", "p1", "p2", "p3", "p4"];
    let panel = sheet(5).columns(3).captions(captions);
    let (rows, columns) = (["r0", "r1"], ["c0", "c1", "c2"]);
    let panel = panel.row_labels(rows).column_labels(columns);
    let figure = panel.figure("Five.").expect("valid");
    let svg = figure.svg();
    let at = |text: &str| {
        let tags = svg.split("<text ");
        let mut tags = tags.filter(|tag| tag.contains(&format!(">{text}</text>")));
        let tag = format!(" {}", tags.next().expect("written"));
        assert!(tags.next().is_none(), "{text} once");
        ["x", "y"].map(|name| {
            let number = attribute(&tag, name).expect("a place").parse::<f64>();
            number.expect("a number")
        })
    };
    // Left upper corner, and right lower one.
    let frames = paths(svg, "stroke=\"#888888\"").concat();
    let frame = |i: usize| (frames[i][0], frames[i][2]);
    let middle = |i: usize| 0.5 * (frame(i).0.0 + frame(i).1.0);
    for (i, text) in captions.iter().enumerate() {
        let ([x, y], bottom) = (at(text), frame(i).1.1);
        assert!((x - middle(i)).abs() < 0.5, "{text} at {x}");
        assert!(y > bottom && y < bottom + 20.0, "{text} at {y}");
    }
    for (i, text) in columns.iter().enumerate() {
        let ([x, y], top) = (at(text), frame(i).0.1);
        assert!((x - middle(i)).abs() < 0.5, "{text} at {x}");
        assert!(y < top && y > top - 20.0, "{text} at {y}");
    }
    for (row, text) in rows.iter().enumerate() {
        let ([x, y], (corner, other)) = (at(text), frame(3 * row));
        assert!(x < corner.0, "{text} at {x}");
        assert!(y > corner.1 && y < other.1, "{text} at {y}");
    }
}

#[test]
fn columns_go_on_below_with_their_labels() {
    let labels: Vec<String> = ('a'..='l').map(|c| format!("column {c}")).collect();
    let figure = sheet(12)
        .columns(12)
        .column_labels(&labels)
        .figure("Twelve.")
        .expect("valid");
    for form in <[String; 2]>::from(forms(&figure)) {
        for label in &labels {
            assert_eq!(
                form.matches(&format!(">{label}</text>")).count(),
                1,
                "{label}"
            );
        }
    }
}

/// On the wide page pixels are whole units, ten pictures stand side by side, rows are apart, and wide pictures further
/// apart than small ones.
#[test]
fn pixels_and_gaps_are_even() {
    let figure = sheet(20).figure("Two rows.").expect("valid");
    let images = images(figure.svg());
    assert_eq!((images.len(), images[0].1.width), (2, 10 * 8 + 9));
    let get = |i: usize, name| {
        let value = attribute(&images[i].0, name).expect("a place");
        value.parse::<f64>().expect("a number") / 4.0
    };
    let unit = get(0, "width") / 89.0;
    assert!(unit >= 2.0 && unit == unit.round(), "{unit}");
    assert!(get(1, "y") >= get(0, "y") + get(0, "height") + 4.0);

    let wide = Array2::<f32>::zeros((2, 28));
    let figure = Panel::pictures(&wide, 1, 28)
        .figure("Two lines.")
        .expect("valid");
    assert_eq!(self::images(figure.svg())[0].1.width, 2 * 28 + 2);

    // Two rows of one pixel of three colours.
    let colours = array![[-1.0, 0.0, 1.0, 1.0, 1.0, -1.0]];
    let figure = Panel::pictures(&colours, 2, 1)
        .figure("Two pixels.")
        .expect("valid");
    assert_eq!(
        self::images(figure.svg())[0].1.rows,
        [[0, 128, 255], [255, 255, 0]]
    );
}
