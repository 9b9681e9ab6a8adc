//! Colours that mean something: roles, and maps of values of both signs.

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
    let (pale, red) = ("#add2e5", "#b2182b");
    assert!(svg.contains(red));
    // Level 6 of 20 is in every legend, and here in the map, too.
    let other = Panel::new()
        .heatmap("signed", array![[1.0, -3.0]], (0.0, 1.0), (0.0, 1.0))
        .figure("Two cells.")
        .expect("valid");
    let count = |svg: &str| svg.matches(pale).count();
    assert!(count(svg) > count(other.svg()) && count(other.svg()) > 0);
    // Of one sign only, it is the map from dark to light.
    let one = Panel::new()
        .heatmap("density", array![[0.0, 3.0]], (0.0, 1.0), (0.0, 1.0))
        .figure("Two cells.")
        .expect("valid");
    assert!(!one.svg().contains(red) && one.svg().contains("#fde725"));
}
