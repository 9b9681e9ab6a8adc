//! Frames, legends, shared labels and ticks.

use crate::reader::{BLUE, RED, attribute, line, paths, tags};
use diffusion_intuition::plot::{Figure, Panel};

#[test]
fn frames_are_counted_labelled_and_share_axes() {
    let frames = (0..5).map(|i| {
        (
            format!("t = {i}"),
            Panel::new().y_label("density").hline(0.5, "half").line(
                "q",
                [0.0, 1.0],
                [0.0, f64::from(i)],
            ),
        )
    });
    let figure =
        Figure::frames("Over time", &frames.collect::<Vec<_>>(), "Five frames.").expect("valid");
    let tags = tags(figure.svg());
    assert_eq!(attribute(&tags[0], "data-frames"), Some("5"));
    let groups: Vec<&String> = tags
        .iter()
        .filter(|tag| tag.contains("class=\"di-frame"))
        .collect();
    assert_eq!(groups.len(), 5);
    for (i, group) in groups.iter().enumerate() {
        assert_eq!(attribute(group, "data-label"), Some(&*format!("t = {i}")));
        assert_eq!(
            attribute(group, "visibility"),
            (i < 4).then_some("hidden"),
            "only the last without animation"
        );
        assert!(figure.svg().contains(&format!(">t = {i}</text>")));
    }
    assert_eq!(
        figure.svg().matches(">density</text>").count(),
        1,
        "axes once"
    );
    assert_eq!(
        figure.svg().matches(">half</text>").count(),
        1,
        "what does not change, once"
    );
    assert!(figure.svg().contains("prefers-reduced-motion:reduce"));
    assert!(
        figure
            .svg()
            .contains(".di-slider-on .di-frame.di-current{visibility:visible}")
    );
    // The common range holds the largest frame: its line ends inside the page.
    let top = paths(figure.svg(), &format!("stroke={BLUE}"))
        .last()
        .expect("last frame")[0]
        .last()
        .expect("end")
        .1;
    assert!(top > 30.0, "{top}");
}

#[test]
fn equal_names_look_alike_and_are_listed_once() {
    let panel = |first: &str| {
        Panel::new()
            .line(first, 0..2, 0..2)
            .line("exact", 0..2, [0.0, 0.5])
    };
    let figure =
        Figure::panels("T", 2, &[panel("exact 2"), panel("samples")], "Two.").expect("valid");
    for name in ["exact 2", "exact", "samples"] {
        assert_eq!(
            figure.svg().matches(&format!(">{name}</text>")).count(),
            1,
            "{name}"
        );
    }
    // "exact" is red in both panels, and once in the legend.
    assert_eq!(paths(figure.svg(), &format!("stroke={RED}")).len(), 3);
}

#[test]
fn panels_with_equal_axes_share_their_labels() {
    let panel = |high: f64| line().x_label("time").y_label("height").y_range(0.0, high);
    let labels = |figure: &Figure| {
        (
            figure.svg().matches(">time</text>").count(),
            figure.svg().matches(">height</text>").count(),
        )
    };
    let same = Figure::panels("", 2, &vec![panel(1.0); 4], "Four.").expect("valid");
    assert_eq!(labels(&same), (2, 2));
    let other = Figure::panels(
        "",
        2,
        &[panel(1.0), panel(2.0), panel(1.0), panel(1.0)],
        "Four.",
    )
    .expect("valid");
    assert_eq!(labels(&other), (2, 4));
}

#[test]
fn tick_labels_are_short() {
    let figure = Panel::new()
        .x_range(-0.3, 0.3)
        .y_range(0.0, 2e-4)
        .line("", [-0.3, 0.3], [0.0, 2e-4])
        .figure("Ticks.")
        .expect("valid");
    for label in ["−0.2", "0", "0.2", "0.5×10⁻⁴", "2.0×10⁻⁴"] {
        assert!(
            figure.svg().contains(&format!(">{label}</text>")),
            "{label} in {}",
            figure.svg()
        );
    }
}
