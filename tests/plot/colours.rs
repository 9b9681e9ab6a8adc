//! Colours that mean something: roles, and maps of values of both signs.

use crate::reader::{edges, paths};
use diffusion_intuition::plot::{Panel, Role};
use ndarray::array;

const ROLES: [(Role, &str); 6] = [
    (Role::Exact, "#222222"),
    (Role::Learned, "#e74c3c"),
    (Role::Data, "#7f8c8d"),
    (Role::Samples, "#3498db"),
    (Role::Gan, "#a8700a"),
    (Role::StableGan, "#9b59b6"),
];

#[test]
fn a_role_has_one_colour_whatever_was_drawn_before() {
    for (role, color) in ROLES {
        let panel = (0..3).fold(Panel::new(), |panel, i| {
            panel.line(&format!("line {i}"), [0.0, 1.0], [0.0, f64::from(i)])
        });
        let figure = panel
            .line("the one", [0.0, 1.0], [1.0, 0.0])
            .role(role)
            .width(7.0)
            .figure("Lines.")
            .expect("valid");
        // Four pixels of the drawing are one of the figure.
        let stroke = format!("stroke=\"{color}\" stroke-width=\"28\"");
        assert!(figure.svg().contains(&stroke), "{role:?} is not {color}");
    }
}

#[test]
fn a_map_of_both_signs_is_white_at_zero() {
    // −1 and 3: the scale goes to ±3, so that −1 is a pale blue and 3 the full red.
    let figure = Panel::new()
        .heatmap("signed", array![[-1.0, 3.0]], (0.0, 1.0), (0.0, 1.0))
        .figure("Two cells.")
        .expect("valid");
    let svg = figure.svg();
    assert!(
        svg.contains(">−3<") && svg.contains(">3<"),
        "ends of the scale"
    );
    let red = "#b2182b";
    assert!(svg.contains(red));
    // Of 20 levels, −1 is the seventh: that covers both cells, the next one the right cell alone.
    let width = |color: &str| {
        let painted = paths(svg, &format!("fill=\"{color}\""));
        let wide = painted.iter().flatten().map(edges);
        wide.map(|[left, _, right, _]| right - left)
            .fold(0.0, f64::max)
    };
    let (both, right) = (width("#add2e5"), width("#c2ddea"));
    assert!((right - 0.5 * both).abs() < 0.6, "{right} of {both}"); // half a pixel of rounding
    // Of one sign only, it is the map from dark to light.
    let one = Panel::new()
        .heatmap("density", array![[0.0, 3.0]], (0.0, 1.0), (0.0, 1.0))
        .figure("Two cells.")
        .expect("valid");
    assert!(!one.svg().contains(red) && one.svg().contains("#fde725"));
}
