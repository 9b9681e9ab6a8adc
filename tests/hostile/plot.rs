//! Panels, figures, films, histograms and tables.

use diffusion_intuition::plot::{Figure, Histogram, Panel, Table, num};
use ndarray::Array2;

use crate::draw::{Draw, no_nan};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("plot::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("one panel", one_panel),
    ("panels", panels),
    ("film", film),
    ("heat map", heat_map),
    ("pictures", pictures),
    ("words", words),
    ("histogram", histogram),
    ("table", table),
    ("crowds", crowds),
];

fn one_panel(draw: &Draw) -> Result<(), String> {
    let panel = any_panel(draw);
    let alt = text(draw);
    sound(panel.figure(&alt))
}

fn panels(draw: &Draw) -> Result<(), String> {
    let panels: Vec<Panel> = (0..draw.small()).map(|_| any_panel(draw)).collect();
    let columns = draw.one(&[0, 1, 2, 3, 3, 4, usize::MAX]);
    let (title, alt) = (text(draw), text(draw));
    sound(Figure::panels(&title, columns, &panels, &alt))
}

fn film(draw: &Draw) -> Result<(), String> {
    let mut frames: Vec<(String, Panel)> = Vec::new();
    for _ in 0..draw.small() {
        frames.push((text(draw), any_panel(draw)));
    }
    let (title, alt) = (text(draw), text(draw));
    sound(match draw.rarely(2) {
        true => Figure::frames(&title, &frames, &alt),
        false => Figure::frames_with_story(&title, &frames, draw.size(), &alt),
    })
}

fn heat_map(draw: &Draw) -> Result<(), String> {
    let (n, m) = (draw.small(), draw.small());
    let values = Array2::from_shape_vec((n, m), draw.list(n * m)).expect("as many");
    let range = |draw: &Draw| match draw.rarely(3) {
        true => (draw.f64(), draw.f64()),
        false => (0.0, 1.0),
    };
    let (x, y) = (range(draw), range(draw));
    let names = |n: usize| (0..n).map(|_| text(draw)).collect::<Vec<_>>();
    let panel = match draw.rarely(2) {
        true => Panel::new().heatmap("map", &values, x, y),
        false => Panel::new().matrix("map", &values, names(n), names(m)),
    };
    sound(settings(draw, panel).figure("A map."))
}

fn pictures(draw: &Draw) -> Result<(), String> {
    let (mut n, mut size) = (draw.small(), draw.one(&[0, 1, 2, 9, usize::MAX]));
    let (mut width, channels) = (draw.one(&[1, 3, 3, 3, 0, 20]), draw.one(&[1, 1, 3]));
    if draw.rarely(100) {
        // Long ones, wide ones, and many.
        (n, size, width) = draw.one(&[(1, 3000, 1), (2, 1, 3000), (1000, 1, 1), (0, 9, 3)]);
    }
    let pixels = if draw.rarely(8) {
        5
    } else {
        size.min(3000) * width * channels
    };
    let pixels = if size > 3000 { 5 } else { pixels };
    let flat = draw.one(&[None, None, Some(0.0), Some(f64::MAX), Some(1e-320)]);
    let values = flat.map_or_else(|| draw.list(n * pixels), |value| vec![value; n * pixels]);
    let values = Array2::from_shape_vec((n, pixels), values).expect("as many");
    let mut panel = Panel::pictures(&values, size, width);
    if draw.rarely(2) {
        panel = panel.columns(draw.one(&[0, 1, 2, 3, 100, usize::MAX]));
    }
    if draw.rarely(2) {
        panel = panel.captions((0..n).map(|_| text(draw)));
    }
    if draw.rarely(3) {
        panel = panel.row_labels((0..draw.small()).map(|_| text(draw)));
    }
    if draw.rarely(3) {
        panel = panel.column_labels((0..draw.small()).map(|_| text(draw)));
    }
    if draw.rarely(3) {
        panel = panel.framed([draw.size()], draw.small());
    }
    if draw.rarely(3) {
        panel = panel.signed(&text(draw));
    }
    let panel = settings(draw, panel.title(&text(draw)));
    sound(match draw.rarely(3) {
        true => Figure::frames(
            "Film",
            &[("a".into(), panel.clone()), ("b".into(), panel)],
            "A film.",
        ),
        false => Figure::panels("", 2, &[panel, any_panel(draw)], "Pictures."),
    })
}

fn words(draw: &Draw) -> Result<(), String> {
    let rows = || -> Vec<Vec<String>> {
        let row = |_| (0..draw.small()).map(|_| text(draw)).collect();
        (0..draw.one(&[0, 1, 1, 2, 3, 5])).map(row).collect()
    };
    let cells = rows();
    let longest = cells.iter().map(Vec::len).max().unwrap_or_default();
    let count = match draw.rarely(4) {
        true => draw.small(),
        false => cells.len() * longest,
    };
    let frame = || {
        let mut panel = Panel::words(&cells);
        if draw.rarely(100) {
            panel = Panel::words(vec![vec![text(draw); draw.one(&[1, 100, 101])]; 100]);
        }
        if draw.rarely(2) {
            let range = draw.one(&[0.0..1.0, 0.0..1.0, draw.f64()..draw.f64()]);
            panel = panel.shaded(&text(draw), draw.list(count), range);
        }
        if draw.rarely(2) {
            panel = panel.seconds(if draw.rarely(4) {
                rows()
            } else {
                cells.clone()
            });
        }
        if draw.rarely(3) {
            panel = panel.row_labels((0..cells.len()).map(|_| text(draw)));
        }
        if draw.rarely(3) {
            panel = panel.column_labels((0..longest).map(|_| text(draw)));
        }
        if draw.rarely(3) {
            panel = panel.framed([draw.size()], draw.small());
        }
        if draw.rarely(3) {
            panel = panel.struck(0..draw.size());
        }
        settings(draw, panel.title(&text(draw)))
    };
    sound(match draw.rarely(2) {
        true => Figure::frames(
            "Film",
            &[("a".into(), frame()), ("b".into(), frame())],
            "A film.",
        ),
        false => Figure::panels("", 2, &[frame(), any_panel(draw)], "Words."),
    })
}

fn histogram(draw: &Draw) -> Result<(), String> {
    let n = draw.small();
    let bins = draw.one(&[0, 1, 2, 50, 10_000, 10_001, usize::MAX]);
    let Ok(histogram) = Histogram::new(draw.list(n), bins) else {
        return Ok(());
    };
    no_nan("edges", &histogram.edges)?;
    no_nan("density", &histogram.density)?;
    let width = histogram.edges[1] - histogram.edges[0];
    let area: f64 = histogram.density.iter().map(|d| d * width).sum();
    match (area - 1.0).abs() < 1e-3 {
        true => Ok(()),
        false => Err(format!("the area is {area}")),
    }
}

fn table(draw: &Draw) -> Result<(), String> {
    let names: Vec<String> = (0..draw.small()).map(|_| text(draw)).collect();
    let headers: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut table = Table::new(&text(draw), &headers);
    for _ in 0..draw.small() {
        // Refused unless there are three columns.
        let row = (text(draw), draw.f64(), num(draw.f64(), draw.size()));
        let _ = table.push(row);
    }
    let _ = (table.text(), table.html());
    Ok(())
}

/// Rarely, because each is large.
fn crowds(draw: &Draw) -> Result<(), String> {
    let line = || Panel::new().line("y", 0..2, 0..2);
    if !draw.rarely(60) {
        return Ok(());
    }
    sound(match draw.rarely(2) {
        true => {
            let many = draw.one(&[300, 5000]);
            match draw.rarely(2) {
                true => Figure::panels("Many", 3, &vec![line(); many], "Many."),
                false => Figure::frames("Many", &vec![("t".to_owned(), line()); many], "Many."),
            }
        }
        false => {
            let names: Vec<String> = (0..5000).map(|i| format!("name {i}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut panel = Panel::new().line("", 0..5000, 0..5000);
            for name in &names[..1000] {
                panel = panel.hline(draw.ordinary(), name).line(name, 0..2, 0..2);
            }
            panel.line("endless", 0..usize::MAX, 0..2).figure("Many.")
        }
    })
}

/// A panel with a few marks and settings.
fn any_panel(draw: &Draw) -> Panel {
    let mut panel = Panel::new()
        .title(&text(draw))
        .x_label(&text(draw))
        .y_label(&text(draw));
    for _ in 0..draw.one(&[0, 1, 1, 2, 5]) {
        panel = mark(draw, panel);
    }
    settings(draw, panel)
}

fn mark(draw: &Draw, panel: Panel) -> Panel {
    let n = draw.small();
    let other = if draw.rarely(8) { draw.small() } else { n };
    let (x, y) = (draw.list(n), draw.list(other));
    let name = text(draw);
    match draw.one(&[0, 1, 2, 3, 4, 5]) {
        0 => panel.line(&name, x, y),
        1 if draw.rarely(3) => {
            let names = (0..n).map(|_| text(draw)).collect::<Vec<_>>();
            panel.scatter(&name, x, y).named(names)
        }
        1 => panel.scatter(&name, x, y),
        2 => panel.area(&name, x, y),
        3 => panel.histogram(&name, x, draw.one(&[0, 1, 7, 100])),
        4 => panel.hline(draw.f64(), &name),
        _ => panel.paths(&name, x, draw.rows(3, n)),
    }
}

fn settings(draw: &Draw, mut panel: Panel) -> Panel {
    if draw.rarely(4) {
        panel = panel.x_range(draw.f64(), draw.f64());
    }
    if draw.rarely(4) {
        panel = panel.y_range(draw.f64(), draw.f64());
    }
    if draw.rarely(6) {
        panel = panel.log_x();
    }
    if draw.rarely(6) {
        panel = panel.log_y();
    }
    if draw.rarely(6) {
        panel = panel.equal_aspect();
    }
    if draw.rarely(12) {
        panel = panel.height(draw.f64());
    }
    if draw.rarely(12) {
        panel = panel.width(draw.f64());
    }
    if draw.rarely(12) {
        panel = panel.opacity(draw.f64());
    }
    if draw.rarely(12) {
        panel = panel.color(draw.size());
    }
    panel
}

fn text(draw: &Draw) -> String {
    let text = draw.one(&[
        "",
        " ",
        "a",
        "x_t",
        "a < b & \"c\" > 'd'",
        "_",
        "x_{",
        "^^__{}}",
        "\u{2}m0\u{0}\u{1b}[2J",
        "two words and more of them, as many as a sentence has",
        "ᾱ_{t−1}",
        "e\u{301}\u{301}",
        "\u{202e}right to left",
    ]);
    match draw.rarely(10) {
        true => text.repeat(draw.one(&[3, 40, 2000])),
        false => text.to_owned(),
    }
}

/// A figure is whole SVG without numbers that are none; an error is an answer like any other.
fn sound(figure: diffusion_intuition::Result<Figure>) -> Result<(), String> {
    let Ok(figure) = figure else {
        return Ok(());
    };
    let all = figure.notebook_output();
    let svg = all
        .split("image/svg+xml\n")
        .nth(1)
        .and_then(|svg| svg.split("\nEVCXR_END").next())
        .ok_or("no SVG")?;
    let shapes = svg
        .split('<')
        .filter(|tag| !tag.starts_with("text") && !tag.starts_with("tspan"));
    // The base64 of an image may spell anything.
    let tags = shapes.filter_map(|tag| tag.split(">").next()?.split(" href=").next());
    for tag in tags {
        for wrong in ["NaN", "\"inf", "-inf", "=\"\""] {
            if tag.contains(wrong) && !tag.contains("data-label") {
                return Err(format!(
                    "{wrong} in <{}>",
                    tag.chars().take(200).collect::<String>()
                ));
            }
        }
    }
    if let Some(label) = svg
        .split(">")
        .find(|piece| piece.starts_with("inf") || piece.starts_with("NaN"))
    {
        return Err(format!(
            "a label says {}",
            label.chars().take(40).collect::<String>()
        ));
    }
    let opened =
        svg.matches("<g").count() + svg.matches("<svg").count() + svg.matches("<text").count();
    let closed = svg.matches("</g>").count()
        + svg.matches("</svg>").count()
        + svg.matches("</text>").count();
    match opened == closed && !svg.contains('\u{2}') {
        true => Ok(()),
        false => Err("the SVG is not whole".to_owned()),
    }
}
