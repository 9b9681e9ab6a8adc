//! The narrow form: panels below each other, type that can be read on a phone, nothing beyond the edges.

use crate::reader::{attribute, line, normal, tags};
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::Array2;

/// The two forms of a figure as a notebook gets them.
pub fn forms(figure: &Figure) -> (String, String) {
    let output = figure.notebook_output();
    let svg = output
        .split("EVCXR_BEGIN_CONTENT image/svg+xml\n")
        .nth(1)
        .and_then(|rest| rest.split("\nEVCXR_END_CONTENT").next())
        .expect("an SVG");
    tags(svg);
    let (wide, narrow) = svg.split_once("<svg class=\"di-narrow\"").expect("two");
    (wide.to_owned(), narrow.to_owned())
}

/// The two forms, each as whole SVG.
pub fn sheets(figure: &Figure) -> [String; 2] {
    let (wide, narrow) = forms(figure);
    let (_, wide) = wide
        .split_once("<svg class=\"di-wide\"")
        .expect("the wide one");
    let narrow = narrow.trim_end().strip_suffix("</svg>").expect("both end");
    [
        format!("<svg class=\"di-wide\"{wide}"),
        format!("<svg class=\"di-narrow\"{narrow}"),
    ]
}

/// Every text of a drawing as (x, y, size, anchor, characters); turned ones are where they are turned.
fn texts(svg: &str) -> Vec<(f64, f64, f64, String, usize)> {
    let mut found = Vec::new();
    let (mut size, mut anchor) = (0.0, String::new());
    for piece in svg.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        if let Some(of_group) = attribute(tag, "font-size").filter(|_| tag.starts_with("g ")) {
            size = of_group.parse().expect("a number");
            anchor = attribute(tag, "text-anchor").unwrap_or("start").to_owned();
        } else if tag.starts_with("text ") {
            let get =
                |name| attribute(tag, name).map_or(f64::NAN, |v| v.parse().expect("a number"));
            let count = piece.split('>').nth(1).unwrap_or_default().chars().count();
            found.push((get("x"), get("y"), size, anchor.clone(), count));
        }
    }
    found
}

pub fn view(form: &str) -> (f64, f64) {
    let view = form.split("viewBox=\"0 0 ").nth(1).expect("a view box");
    let numbers = view.split('"').next().expect("ends");
    let (w, h) = numbers.split_once(' ').expect("two numbers");
    (w.parse().expect("width"), h.parse().expect("height"))
}

#[test]
fn panels_stand_below_each_other() {
    let panels: Vec<Panel> = (0..3)
        .map(|i| {
            line()
                .title(&format!("panel {i}"))
                .x_label("time")
                .y_label("height")
        })
        .collect();
    let figure = Figure::panels("Three", 3, &panels, "Three lines.").expect("valid");
    let (wide, narrow) = forms(&figure);
    let title = |form: &str, i: usize| {
        let text = form
            .split("<text ")
            .find(|text| text.contains(&format!(">panel {i}<")));
        let tag = format!(" {}", text.expect("a title"));
        let get = |name| {
            attribute(&tag, name)
                .expect("a place")
                .parse::<f64>()
                .expect("a number")
        };
        (get("x"), get("y"))
    };
    let at = [0, 1, 2].map(|i| title(&narrow, i));
    assert!(at[0].0 == at[1].0 && at[1].0 == at[2].0, "{at:?}");
    assert!(
        at[1].1 - at[0].1 > 150.0 && at[2].1 - at[1].1 > 150.0,
        "{at:?}"
    );
    assert!(title(&wide, 0).0 + 150.0 < title(&wide, 1).0);
    // Each has its own labels, because on a phone its neighbour's are out of sight.
    assert_eq!(narrow.matches(">time</text>").count(), 3);
    assert_eq!(narrow.matches(">height</text>").count(), 3);
    assert!(!narrow.contains("rotate"), "no label is read sideways");
}

#[test]
fn type_can_be_read_and_nothing_is_cut_off() {
    let long =
        "a name much longer than any axis or any row of a legend could show beside it, per second";
    let word = "w".repeat(300);
    let panel = |name: &str| {
        Panel::new()
            .title(name)
            .x_label(name)
            .y_label(name)
            .line(name, 0..9, 0..9)
            .hline(2.0, name)
    };
    for name in [long, &word, "short"] {
        let still = panel(name).figure("Long names.").expect("valid");
        let film = [(name.to_owned(), panel("a")), ("b".to_owned(), panel("b"))];
        let film = Figure::frames(name, &film, "Long names.").expect("valid");
        for figure in [still, film] {
            let (wide, narrow) = forms(&figure);
            assert_eq!(view(&narrow).0, 340.0);
            for form in [&wide, &narrow] {
                let (width, height) = view(form);
                for (x, y, size, anchor, count) in texts(form) {
                    // A phone leaves 315 pixels for 340 units, and a subscript has 75 % of the size.
                    assert!(
                        form == &wide || size * 0.75 * 315.0 / 340.0 >= 9.5,
                        "{size}"
                    );
                    // Half an em a letter is less than the estimate, so this only catches gross faults.
                    let length = 0.5 * size * count as f64;
                    let left = match anchor.as_str() {
                        "end" => x - length,
                        "middle" => x - 0.5 * length,
                        _ => x,
                    };
                    if x.is_finite() {
                        assert!(
                            left > -1.0 && left + length < width + 1.0,
                            "{x} {length} {anchor}"
                        );
                        assert!(y > 0.0 && y < height, "{y}");
                    }
                }
            }
        }
    }
}

#[test]
fn long_marks_are_written_once() {
    let values = Array2::from_shape_fn((60, 90), |(i, j)| ((i * j) as f64 / 300.0).sin());
    let heat = Panel::new()
        .heatmap("density", &values, (0.0, 9.0), (0.0, 6.0))
        .figure("A map.")
        .expect("valid");
    let cloud = |seed| {
        Panel::new()
            .x_range(-3.0, 3.0)
            .y_range(-3.0, 3.0)
            .equal_aspect()
            .scatter("cloud", normal(800, seed), normal(800, seed + 1))
    };
    let film: Vec<(String, Panel)> = (0..6).map(|i| (format!("t = {i}"), cloud(i))).collect();
    let film = Figure::frames("Film", &film, "Clouds.").expect("valid");
    for figure in [heat, film] {
        let (wide, narrow) = forms(&figure);
        let uses: Vec<&str> = narrow.split("<use href=\"#").skip(1).collect();
        assert!(!uses.is_empty());
        for used in uses {
            let name = used.split('"').next().expect("a name");
            assert_eq!(wide.matches(&format!("<g id=\"{name}\">")).count(), 1);
        }
        assert!(
            narrow.len() < wide.len() / 4,
            "{} of {}",
            narrow.len(),
            wide.len()
        );
        assert!(!figure.svg().contains("<use") && !figure.html().contains("di-narrow"));
    }
}

#[test]
fn dots_stay_round() {
    // Not of equal aspect: drawn again, not stretched.
    let figure = Panel::new()
        .scatter("cloud", normal(800, 1), normal(800, 2))
        .figure("A cloud.")
        .expect("valid");
    assert!(!forms(&figure).1.contains("<use"));
}

#[test]
fn a_film_names_the_frame_that_tells_its_story() {
    let frames: Vec<(String, Panel)> = (0..4).map(|i| (format!("t = {i}"), line())).collect();
    let story = |figure: &Figure| {
        let (wide, narrow) = forms(figure);
        let told = |form: &str| {
            let frames = form.split("<g class=\"di-frame").skip(1);
            let shown: Vec<bool> = frames
                .map(|frame| !frame.contains("visibility=\"hidden\""))
                .collect();
            let named = form
                .split("<g class=\"di-frame")
                .skip(1)
                .map(|frame| frame.starts_with(" di-story"));
            assert_eq!(shown, named.collect::<Vec<_>>());
            shown.iter().position(|shown| *shown)
        };
        assert_eq!(told(&wide), told(&narrow));
        let named = attribute(&wide, "data-story-frame").and_then(|k| k.parse().ok());
        assert_eq!(told(&wide), named);
        named
    };
    let last = Figure::frames("Film", &frames, "Lines.").expect("valid");
    assert_eq!(story(&last), Some(3));
    let named = Figure::frames_with_story("Film", &frames, 1, "Lines.").expect("valid");
    assert_eq!(story(&named), Some(1));
    assert!(Figure::frames_with_story("Film", &frames, 4, "Lines.").is_err());
}

#[test]
fn a_histogram_over_a_histogram_is_an_outline() {
    let figure = Panel::new()
        .histogram("data", normal(400, 1), 40)
        .histogram("samples", normal(400, 2), 40)
        .figure("Two.")
        .expect("valid");
    let fills = tags(figure.svg())
        .iter()
        .filter(|tag| tag.starts_with("path ") && tag.contains("fill=\"#e74c3c\""))
        .count();
    assert_eq!(fills, 0, "the second histogram does not cover the first");
    // In the plot and in the legend.
    assert_eq!(figure.svg().matches("stroke=\"#e74c3c\"").count(), 2);
}
