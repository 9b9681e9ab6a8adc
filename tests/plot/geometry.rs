//! Values land on their pixels.

use crate::reader::{BLUE, Pixels, RED, TEAL, attribute, close, normal, paths, tags};
use diffusion_intuition::plot::{Histogram, Panel};
use ndarray::{Array2, array};

#[test]
fn histogram_has_area_one_and_loses_no_value() {
    let values = normal(1000, 1);
    let h = Histogram::new(&values, 37).expect("valid");
    let width = h.edges[1] - h.edges[0];
    assert_eq!((h.edges.len(), h.density.len()), (38, 37));
    assert!((h.density.iter().sum::<f64>() * width - 1.0).abs() < 1e-12);
    let largest = values.iter().copied().fold(f32::MIN, f32::max);
    assert!((h.edges[37] - f64::from(largest)).abs() < 1e-9);

    // Edges: on an inner edge to the right, the largest to the last bin.
    let h = Histogram::new([0.0, 1.0, 1.0, 2.0], 2).expect("valid");
    assert_eq!(h.density, [0.25, 0.75]);
    let flat = Histogram::new([3.0, 3.0], 1).expect("valid");
    assert_eq!((flat.edges, flat.density), (vec![2.5, 3.5], vec![1.0]));
}

#[test]
fn drawn_histogram_has_the_area_of_a_density() {
    // A box of x 0..4 and y 0..1: its area is 4 units, so the steps must cover a quarter of it.
    let figure = Panel::new()
        .x_range(0.0, 4.0)
        .y_range(0.0, 1.0)
        .histogram("samples", [1.0, 1.2, 1.7, 2.2, 2.4, 3.0, 2.9, 1.4], 5)
        .line("frame", [0.0, 4.0], [0.0, 1.0])
        .figure("A histogram.")
        .expect("valid");
    let steps = paths(figure.svg(), &format!("fill={BLUE} fill-opacity"))
        .pop()
        .expect("steps")
        .pop()
        .expect("one");
    let frame = paths(figure.svg(), &format!("stroke={RED}"))
        .pop()
        .expect("line")
        .pop()
        .expect("one");
    let area = |p: &Pixels| {
        let next = p.iter().cycle().skip(1);
        p.iter()
            .zip(next)
            .map(|(a, b)| a.0 * b.1 - b.0 * a.1)
            .sum::<f64>()
            .abs()
            / 2.0
    };
    let whole = (frame[1].0 - frame[0].0) * (frame[0].1 - frame[1].1);
    assert!(
        (area(&steps) / whole - 0.25).abs() < 0.002,
        "{}",
        area(&steps) / whole
    );
}

#[test]
fn values_land_on_their_pixels() {
    let figure = Panel::new()
        .x_range(0.0, 10.0)
        .y_range(-1.0, 1.0)
        .line("corner to corner", [0.0, 10.0], [-1.0, 1.0])
        .line("inside", [2.5, 5.0, 7.5], [0.5, -0.5, 0.25])
        .line("beyond", [-10.0, 30.0], [-2.0, 2.0])
        .figure("Lines.")
        .expect("valid");
    let svg = figure.svg();
    let of = |color| {
        paths(svg, &format!("stroke={color} stroke-width=\"8\""))
            .pop()
            .expect("a path")[0]
            .clone()
    };
    let (low, high) = (of(BLUE)[0], of(BLUE)[1]);
    let at = |x: f64, y: f64| {
        (
            low.0 + x / 10.0 * (high.0 - low.0),
            low.1 + (y + 1.0) / 2.0 * (high.1 - low.1),
        )
    };
    let inside = of(RED);
    close(inside[0], at(2.5, 0.5));
    close(inside[1], at(5.0, -0.5));
    close(inside[2], at(7.5, 0.25));
    // A line that leaves the axes is cut where it leaves, not bent.
    let beyond = of(TEAL);
    close(beyond[0], at(0.0, -1.0));
    close(beyond[1], at(10.0, 0.0));
    // The corners are the ends of the two axes.
    let ink: Vec<Pixels> = paths(svg, "stroke=\"#222222\" stroke-width=\"4\"").concat();
    let spans = |a: (f64, f64), b: (f64, f64)| {
        ink.iter().flat_map(|line| line.windows(2)).any(|ends| {
            let near =
                |p: (f64, f64), q: (f64, f64)| (p.0 - q.0).abs() < 0.6 && (p.1 - q.1).abs() < 0.6;
            near(ends[0], a) && near(ends[1], b) || near(ends[0], b) && near(ends[1], a)
        })
    };
    assert!(spans(low, (high.0, low.1)), "x axis");
    assert!(spans(low, (low.0, high.1)), "y axis");
    let view: Vec<f64> = attribute(svg, "viewBox")
        .expect("viewBox")
        .split(' ')
        .map(|n| n.parse().expect("number"))
        .collect();
    assert!(low.0 > 0.0 && high.0 < view[2] && high.1 > 0.0 && low.1 < view[3]);
}

#[test]
fn a_logarithmic_axis_spaces_decades_evenly() {
    let figure = Panel::new()
        .log_y()
        .log_x()
        .x_range(1.0, 100.0)
        .y_range(1e-6, 1.0)
        .line("all", [1.0, 100.0], [1e-6, 1.0])
        .line("bent", [1.0, 10.0, 100.0], [1e-6, 1e-1, 1.0])
        .figure("Powers of ten.")
        .expect("valid");
    let of = |color| {
        paths(figure.svg(), &format!("stroke={color} stroke-width=\"8\""))
            .pop()
            .expect("a path")[0]
            .clone()
    };
    let (all, bent) = (of(BLUE), of(RED));
    let middle = 0.5 * (all[0].0 + all[1].0);
    close(
        bent[1],
        (middle, all[0].1 + 5.0 / 6.0 * (all[1].1 - all[0].1)),
    );
    assert!(figure.svg().contains(">10⁻⁶<") && figure.svg().contains(">1<"));
}

#[test]
fn equal_aspect_means_equal_units() {
    let figure = Panel::new()
        .equal_aspect()
        .x_range(-1.0, 3.0)
        .y_range(-1.0, 1.0)
        .line("", [-1.0, 1.0], [-1.0, 1.0])
        .figure("Square units.")
        .expect("valid");
    let line = &paths(figure.svg(), &format!("stroke={BLUE} stroke-width=\"8\""))[0][0];
    let (dx, dy) = (line[1].0 - line[0].0, line[0].1 - line[1].1);
    assert!((dx - dy).abs() < 0.6, "{dx} {dy}");
}

#[test]
fn a_heat_map_has_row_zero_at_the_bottom() {
    let values = array![[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]];
    let figure = Panel::new()
        .heatmap("density", &values, (0.0, 3.0), (0.0, 2.0))
        .figure("One hot cell.")
        .expect("valid");
    let fills = paths(figure.svg(), "fill=\"#");
    // Painted from low to high: the hottest level of the map is drawn last.
    let hot = fills.last().expect("levels")[0].clone();
    let bounds = |p: &Pixels| {
        let x = p.iter().map(|p| p.0);
        let y = p.iter().map(|p| p.1);
        (
            x.clone().fold(f64::MAX, f64::min),
            x.fold(0.0, f64::max),
            y.clone().fold(f64::MAX, f64::min),
            y.fold(0.0, f64::max),
        )
    };
    let whole = fills
        .iter()
        .flatten()
        .map(bounds)
        .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
        .expect("background");
    let hot = bounds(&hot);
    close((hot.0, hot.3), (whole.0, whole.3));
    close(
        (hot.1, hot.2),
        (
            whole.0 + (whole.1 - whole.0) / 3.0,
            0.5 * (whole.2 + whole.3),
        ),
    );
}

#[test]
fn every_dot_is_drawn_once() {
    let points = Array2::from_shape_fn((300, 2), |(i, j)| {
        if j == 0 {
            (i % 20) as f64
        } else {
            (i / 20) as f64
        }
    });
    for opacity in [1.0, 0.5] {
        let figure = Panel::new()
            .points("", &points)
            .opacity(opacity)
            .figure("A grid.")
            .expect("valid");
        let dots: usize = tags(figure.svg())
            .iter()
            .filter(|tag| tag.starts_with("path "))
            .map(|tag| {
                attribute(tag, "d")
                    .unwrap_or_default()
                    .matches("h0")
                    .count()
            })
            .sum();
        assert_eq!(dots, 300);
    }
}
