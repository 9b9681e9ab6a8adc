//! Pictures: the right pixels in a sound PNG, in place in both forms, and what does not fit told.

use crate::narrow::{forms, view};
use crate::png::images;
use crate::reader::{RED, attribute, line, paths};
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::{Array2, array};

#[test]
fn pixels_arrive_in_their_order() {
    let batch: Array2<f32> = array![
        [-1.0, -0.5, 0.0, 0.5, 1.0, 7.0],
        [1.0, 1.0, 1.0, -1.0, -9.0, -1.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, -126.5 / 127.5],
    ];
    let figure = Panel::pictures(&batch, 2, 3)
        .columns(2)
        .figure("Three.")
        .expect("valid");
    let images = images(figure.svg());
    let rows: Vec<&Vec<Vec<u8>>> = images.iter().map(|image| &image.1.rows).collect();
    // One transparent pixel (level 1) between two pictures, which are never so themselves.
    let two = [[0, 64, 128, 1, 255, 255, 255], [191, 255, 255, 1, 0, 0, 0]];
    assert_eq!(*rows[0], two.map(|row| row.to_vec()));
    assert_eq!(*rows[1], [vec![128, 128, 128], vec![128, 128, 0]]);
    assert_eq!(images.len(), 2);

    let colours = array![[-1.0, 0.0, 1.0, 1.0, -1.0, 0.0]];
    let figure = Panel::pictures(&colours, 1, 2)
        .figure("Two pixels.")
        .expect("valid");
    let image = &self::images(figure.svg())[0].1;
    assert_eq!((image.width, image.channels), (2, 3));
    assert_eq!(image.rows, [vec![0, 128, 255, 255, 0, 128]]);

    // More than one block of 65535 bytes.
    let large = Array2::from_shape_fn((1, 300 * 300), |(_, j)| (j % 300) as f64 / 150.0 - 1.0);
    let figure = Panel::pictures(&large, 300, 300)
        .figure("A ramp.")
        .expect("valid");
    let image = &self::images(figure.svg())[0].1;
    assert_eq!(
        (image.rows.len(), image.rows[299][0], image.rows[299][299]),
        (300, 0, 254)
    );
}

pub fn sheet(n: usize) -> Panel {
    let batch = Array2::from_shape_fn((n, 64), |(i, j)| ((i * j) as f32 / 9.0).sin());
    Panel::pictures(&batch, 8, 8)
}

#[test]
fn both_forms_hold_every_picture() {
    let labels = ["first row", "second row", "third row"];
    let captions: Vec<String> = (0..36).map(|i| format!("no {i}")).collect();
    let panel = sheet(36).columns(12).row_labels(labels).captions(&captions);
    let figure = panel.framed([5], 1).figure("Thirty-six.").expect("valid");
    let (wide, narrow) = forms(&figure);
    for text in labels.iter().map(|l| (*l).to_owned()).chain(captions) {
        for form in [&wide, &narrow] {
            assert_eq!(
                form.matches(&format!(">{text}</text>")).count(),
                1,
                "{text}"
            );
        }
    }
    // Written once, shown at both; a row goes on below on the phone.
    let shown: Vec<&str> = narrow.split("<use href=\"#").skip(1).collect();
    let images = images(figure.svg());
    assert_eq!((shown.len(), images.len()), (6, 6));
    assert!(!narrow.contains("<image"));
    let (width, height) = view(&narrow);
    for ((tag, image), shown) in images.iter().zip(shown) {
        assert_eq!(image.width, 6 * 8 + 5);
        let matrix = attribute(shown, "transform").expect("a place");
        let inside = matrix.trim_start_matches("matrix(").trim_end_matches(')');
        let m: Vec<f64> = inside
            .split(',')
            .map(|n| n.parse().expect("a number"))
            .collect();
        let get = |name| {
            attribute(tag, name)
                .expect("a place")
                .parse::<f64>()
                .expect("a number")
        };
        let (x, y) = (m[0] * get("x") + m[4], m[3] * get("y") + m[5]);
        let (w, h) = (m[0] * get("width"), m[3] * get("height"));
        assert!(x >= 0.0 && y >= 0.0 && (x + w) / 4.0 <= width && (y + h) / 4.0 <= height);
        assert!(w / 4.0 > 0.8 * width, "as large as there is room: {w}");
    }
    // The frame stands around the sixth picture: its left edge is five pictures and gaps from the first.
    let frame = &paths(figure.svg(), &format!("stroke={RED}"))[0][0];
    let thin = paths(figure.svg(), "stroke=\"#888888\"").concat();
    assert_eq!(thin.len(), 36);
    assert_eq!(*frame, thin[5]);
    assert!(
        (frame[1].0 - frame[0].0 - (frame[2].1 - frame[1].1)).abs() < 0.5,
        "square"
    );
}

#[test]
fn pictures_stand_beside_axes_and_share_no_labels() {
    let panels = [
        sheet(6).columns(3).title("samples"),
        line().x_label("step"),
        line().x_label("step"),
    ];
    let figure = Figure::panels("Training", 2, &panels, "Pictures and two lines.").expect("valid");
    assert_eq!(figure.svg().matches(">step</text>").count(), 2);
    assert_eq!(images(figure.svg()).len(), 2);
    assert_eq!(figure.alt(), "Pictures and two lines.");
    assert!(figure.html().contains("data:image/png;base64,"));
}

#[test]
fn a_film_draws_once_what_stays() {
    let frame = |t: usize| {
        let batch = Array2::from_elem((4, 9), t as f64 / 3.0);
        (
            format!("t = {t}"),
            Panel::pictures(&batch, 3, 3)
                .columns(2)
                .row_labels(["a", "b"]),
        )
    };
    let frames = [0, 1, 2].map(frame);
    let film = Figure::frames("Grey", &frames, "From grey to white.").expect("valid");
    let svg = film.svg();
    assert_eq!(
        (images(svg).len(), svg.matches(">a</text>").count()),
        (6, 1)
    );
    let levels = images(svg)
        .iter()
        .map(|image| image.1.rows[0][0])
        .collect::<Vec<_>>();
    assert_eq!(levels, [128, 128, 170, 170, 212, 212]);
    let still = [0, 0, 0].map(frame);
    let film = Figure::frames("Grey", &still, "Grey.").expect("valid");
    assert_eq!(images(film.svg()).len(), 2);

    let mut others = frames.to_vec();
    others[1].1 = frames[1].1.clone().columns(4).row_labels(["a"]);
    let error = Figure::frames("", &others, "a").expect_err("moved");
    assert!(
        matches!(
            error,
            Error::Shape {
                what: "pictures of a frame",
                ..
            }
        ),
        "{error}"
    );
    others[1].1 = line();
    assert!(matches!(
        Figure::frames("", &others, "a"),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn signed_pictures_share_a_scale_about_zero() {
    let signed = |values: Array2<f64>| Panel::pictures(&values, 1, 3).signed("ε");
    let panels = [
        signed(array![[-4.0, 0.0, 2.0]]),
        signed(array![[1.0, 4.0, -2.0]]),
    ];
    let figure = Figure::panels("", 2, &panels, "Two.").expect("valid");
    let [blue, white, red] = [[33, 102, 172], [247, 247, 247], [178, 24, 43]];
    let [half_red, half_blue] = [[244, 165, 130], [146, 197, 222]];
    let images = images(figure.svg());
    assert_eq!(images[0].1.rows, [[blue, white, half_red].concat()]);
    assert_eq!(images[1].1.rows[0][3..], [red, half_blue].concat());
    assert!(figure.svg().contains(">ε</text>") && figure.svg().contains(">−4</text>"));
    // All zero, and as large as numbers are.
    for m in [0.0, f64::MAX] {
        let figure = signed(array![[-m, 0.0, m]])
            .figure("Extreme.")
            .expect("valid");
        assert_eq!(self::images(figure.svg())[0].1.rows[0][3..6], white);
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let build = |panel: Panel| panel.figure("alt").expect_err("bad input");
    let shape = build(Panel::pictures(Array2::<f32>::zeros((2, 65)), 8, 8));
    let (expected, found) = (vec![2, 64], vec![2, 65]);
    let what = "batch of pictures";
    assert_eq!(
        shape,
        Error::Shape {
            what,
            expected,
            found
        }
    );
    let nan = build(Panel::pictures(&array![[0.0, f32::NAN]], 1, 2));
    assert!(matches!(
        nan,
        Error::NotFinite {
            what: "pictures",
            index: 1,
            ..
        }
    ));
    let none = build(Panel::pictures(Array2::<f32>::zeros((0, 64)), 8, 8));
    assert_eq!(none, Error::Empty { what: "pictures" });
    let flat = build(Panel::pictures(Array2::<f32>::zeros((1, 0)), 0, 8));
    assert!(matches!(
        flat,
        Error::Parameter {
            name: "height of a picture",
            value: 0.0,
            ..
        }
    ));
    let vast = build(Panel::pictures(&array![[0.0]], usize::MAX, usize::MAX));
    assert!(matches!(vast, Error::Parameter { .. }));
    let many = build(Panel::pictures(Array2::<f32>::zeros((1001, 1000)), 1, 1000));
    assert!(matches!(
        many,
        Error::Parameter {
            name: "values of pictures",
            ..
        }
    ));
    for columns in [0, 101, usize::MAX] {
        let error = build(sheet(4).columns(columns));
        assert!(matches!(
            error,
            Error::Parameter {
                name: "columns of pictures",
                ..
            }
        ));
    }
    let labels = build(sheet(4).columns(2).row_labels(["a"]));
    let (expected, found) = (vec![2], vec![1]);
    let what = "row labels of pictures";
    assert_eq!(
        labels,
        Error::Shape {
            what,
            expected,
            found
        }
    );
    let captions = build(sheet(4).captions(["a"; 5]));
    assert!(matches!(
        captions,
        Error::Shape {
            what: "captions of pictures",
            ..
        }
    ));
    let framed = build(sheet(4).framed([4], 0));
    assert!(matches!(
        framed,
        Error::Parameter {
            name: "framed picture",
            value: 4.0,
            ..
        }
    ));
    let color = build(sheet(4).framed([0], 6));
    assert!(matches!(
        color,
        Error::Parameter {
            name: "color",
            value: 6.0,
            ..
        }
    ));
    let colours = build(Panel::pictures(Array2::<f32>::zeros((1, 12)), 2, 2).signed("ε"));
    assert!(matches!(
        colours,
        Error::Parameter {
            name: "channels of signed pictures",
            ..
        }
    ));
    let marked = build(sheet(4).hline(1.0, "one"));
    assert!(matches!(
        marked,
        Error::Parameter {
            name: "marks of a panel of pictures",
            ..
        }
    ));
    assert_eq!(
        build(line().captions(["a"])),
        Error::Empty {
            what: "list of pictures"
        }
    );
    let silent = sheet(4).figure(" ").expect_err("no words");
    assert_eq!(
        silent,
        Error::Empty {
            what: "alternative text"
        }
    );
}
