//! Bad input is told by type and value; extreme input is drawn.

use crate::reader::{line, tags};
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::{Array2, array};

#[test]
fn errors_are_typed_and_name_the_value() {
    let build = |panel: Panel| panel.figure("alt").expect_err("bad input");
    let nan = build(Panel::new().line("y", [0.0, 1.0], [0.0, f64::NAN]));
    assert!(
        matches!(nan, Error::NotFinite { what: "y of a line", index: 1, value } if value.is_nan())
    );
    let infinite = build(Panel::new().histogram("h", [1.0, f32::INFINITY], 5));
    assert!(matches!(
        infinite,
        Error::NotFinite {
            what: "histogram values",
            index: 1,
            ..
        }
    ));
    let lengths = build(Panel::new().scatter("s", 0..3, [1.0, 2.0]));
    assert_eq!(
        lengths,
        Error::Shape {
            what: "y of a scatter",
            expected: vec![3],
            found: vec![2]
        }
    );
    let empty = build(Panel::new().line("y", Vec::<f64>::new(), Vec::<f64>::new()));
    assert_eq!(
        empty,
        Error::Empty {
            what: "x of a line"
        }
    );
    let bins = build(Panel::new().histogram("h", [1.0], 0));
    assert!(matches!(
        bins,
        Error::Parameter {
            name: "bins",
            value: 0.0,
            ..
        }
    ));
    let reversed = build(line().x_range(2.0, 1.0));
    assert!(matches!(
        reversed,
        Error::Parameter {
            name: "end of an axis range",
            value: 1.0,
            ..
        }
    ));
    let range = build(line().y_range(f64::NAN, 1.0));
    assert!(matches!(
        range,
        Error::NotFinite {
            what: "axis range",
            index: 0,
            ..
        }
    ));
    let log = build(Panel::new().log_y().line("y", [1.0, 2.0], [1.0, -0.5]));
    assert!(matches!(
        log,
        Error::Parameter {
            name: "y on a logarithmic axis",
            value: -0.5,
            ..
        }
    ));
    let log = build(Panel::new().log_x().line("y", [0.0, 2.0], [1.0, 0.5]));
    assert!(matches!(
        log,
        Error::Parameter {
            name: "x on a logarithmic axis",
            value: 0.0,
            ..
        }
    ));
    let log = build(Panel::new().log_x().x_range(0.0, 1.0));
    assert!(matches!(log, Error::Parameter { value: 0.0, .. }));
    let paths = build(Panel::new().paths("p", 0..3, Array2::<f32>::zeros((4, 2))));
    assert_eq!(
        paths,
        Error::Shape {
            what: "a row of paths",
            expected: vec![3],
            found: vec![2]
        }
    );
    let points = build(Panel::new().points("p", Array2::<f32>::zeros((4, 3))));
    assert!(matches!(
        points,
        Error::Shape {
            what: "batch of points",
            ..
        }
    ));
    let heat = build(Panel::new().heatmap("h", &array![[1.0]], (1.0, 0.0), (0.0, 1.0)));
    assert!(matches!(heat, Error::Parameter { value: 0.0, .. }));
    let heat = build(Panel::new().heatmap("h", &array![[1.0, f64::NAN]], (0.0, 1.0), (0.0, 1.0)));
    assert!(matches!(
        heat,
        Error::NotFinite {
            what: "heat map",
            index: 1,
            ..
        }
    ));
    assert!(matches!(
        build(line().opacity(0.0)),
        Error::Parameter {
            name: "opacity",
            value: 0.0,
            ..
        }
    ));
    assert!(matches!(
        build(line().width(f64::NAN)),
        Error::Parameter { name: "width", .. }
    ));
    assert!(matches!(
        build(line().color(6)),
        Error::Parameter {
            name: "color",
            value: 6.0,
            ..
        }
    ));
    assert!(matches!(
        build(line().height(-1.0)),
        Error::Parameter {
            name: "height",
            value: -1.0,
            ..
        }
    ));
    assert!(matches!(build(Panel::new().dashed()), Error::Empty { .. }));
    assert!(matches!(
        build(line().x_range(0.0, 1e3).y_range(0.0, 1.0).equal_aspect()),
        Error::Parameter { value: 0.001, .. }
    ));
    assert!(matches!(
        build(line().hline(f64::INFINITY, "")),
        Error::NotFinite { what: "hline", .. }
    ));
    // The first mistake is the one that is told.
    let first = build(Panel::new().histogram("h", [1.0], 0).hline(f64::NAN, ""));
    assert!(matches!(first, Error::Parameter { name: "bins", .. }));

    assert_eq!(
        line().figure("  "),
        Err(Error::Empty {
            what: "alternative text"
        })
    );
    assert!(matches!(
        Figure::panels("", 4, &[line()], "a"),
        Err(Error::Parameter {
            name: "columns",
            value: 4.0,
            ..
        })
    ));
    assert!(matches!(
        Figure::panels("", 0, &[line()], "a"),
        Err(Error::Parameter { value: 0.0, .. })
    ));
    assert!(matches!(
        Figure::panels("", 1, &[], "a"),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        Figure::frames("", &[], "a"),
        Err(Error::Empty { .. })
    ));
    let missing = line()
        .figure("a")
        .expect("valid")
        .save("/no/such/folder/f.svg");
    assert!(matches!(missing, Err(Error::File { file, .. }) if file == "/no/such/folder/f.svg"));
}

#[test]
fn extreme_but_valid_data_is_drawn() {
    for y in [
        [1e300, -1e300],
        [1e-300, 2e-300],
        [5.0, 5.0],
        [1e15, 1e15 + 1.0],
        [0.0, 0.0],
    ] {
        let figure = Panel::new()
            .line("y", [0.0, 1.0], y)
            .figure("Extreme.")
            .expect("valid");
        tags(figure.svg());
        assert!(
            !figure.svg().contains("NaN") && !figure.svg().contains("inf"),
            "{y:?}"
        );
    }
    let cut = Panel::new()
        .x_range(0.0, 1.0)
        .y_range(0.0, 1.0)
        .line("y", [-1e9, 1e9], [-1e9, 1e9]);
    let figure = cut
        .scatter("", [1e12, 0.5], [1e12, 0.5])
        .figure("Cut.")
        .expect("valid");
    assert_eq!(figure.svg().matches("h0").count(), 1);
}
