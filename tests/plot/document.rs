//! Sound, small SVG with unique names, and the same text in every form.

use crate::reader::{attribute, line, normal, tags};
use diffusion_intuition::plot::{Figure, Panel};
use ndarray::Array1;
use std::collections::HashSet;

#[test]
fn svg_is_sound_whatever_the_text() {
    let nasty = "a < b & \"c\" > 'd' \u{1} ᾱ_t − √σ_{t−1}\n]]>";
    let panel = line()
        .title(nasty)
        .x_label(nasty)
        .y_label(nasty)
        .line(nasty, 0..3, [1.0, 2.0, 3.0])
        .hline(1.0, nasty);
    let still = panel.clone().figure(nasty).expect("valid");
    let moving = Figure::frames(
        nasty,
        &[(nasty.to_string(), panel.clone()), ("b".into(), panel)],
        nasty,
    )
    .expect("valid");
    for figure in [still, moving] {
        tags(figure.svg());
        assert!(!figure.svg().contains('\u{1}'));
        assert!(figure.svg().contains("a &lt; b &amp; &quot;c&quot;"));
        assert!(figure.svg().contains("ᾱ<tspan"));
    }
}

#[test]
fn the_root_keeps_the_contract_with_the_site() {
    let figure = line()
        .figure("It rises to 1 and falls to 0.5.")
        .expect("valid");
    let tags = tags(figure.svg());
    let root = &tags[0];
    let labels = attribute(root, "aria-labelledby").expect("labels");
    let ids: Vec<&str> = labels.split(' ').collect();
    assert!(
        root.contains("class=\"di-figure ")
            && root.contains("role=\"img\"")
            && root.contains("max-width:100%")
    );
    assert_eq!(
        attribute(root, "viewBox"),
        Some(&*format!(
            "0 0 {} {}",
            attribute(root, "width").expect("w"),
            attribute(root, "height").expect("h")
        ))
    );
    assert!(
        figure
            .svg()
            .contains(&format!("<title id=\"{}\">A line</title>", ids[0]))
    );
    assert!(figure.svg().contains(&format!(
        "<desc id=\"{}\">It rises to 1 and falls to 0.5.</desc>",
        ids[1]
    )));
    assert!(
        tags.iter()
            .any(|tag| tag.contains("class=\"di-bg\"") && tag.contains("fill=\"#ffffff\""))
    );
    assert!(figure.svg().contains("#222222") && figure.svg().contains("#dddddd"));
    assert!(
        !figure.svg().contains("http://") || figure.svg().matches("http").count() == 1,
        "only the namespace"
    );
}

#[test]
fn same_input_same_bytes_and_no_shared_names() {
    let make = |y: f64| {
        Figure::frames(
            "F",
            &(0..3)
                .map(|i| {
                    (
                        format!("{i}"),
                        Panel::new().line("y", [0.0, 1.0], [y, f64::from(i)]),
                    )
                })
                .collect::<Vec<_>>(),
            "Alt",
        )
        .expect("valid")
    };
    let (a, again, b) = (make(1.0), make(1.0), make(2.0));
    assert_eq!(a, again);
    let names = |figure: &Figure| -> HashSet<String> {
        let svg = figure.svg();
        let ids = tags(svg)
            .iter()
            .filter_map(|tag| attribute(tag, "id").map(str::to_owned))
            .collect::<Vec<_>>();
        let keyframes = svg
            .split("@keyframes ")
            .skip(1)
            .map(|rest| rest.split('{').next().unwrap_or_default().to_owned());
        ids.into_iter().chain(keyframes).collect()
    };
    assert_eq!(names(&a).len(), 4);
    assert!(names(&a).is_disjoint(&names(&b)));
    // Every rule of the style starts with the figure's own class.
    let style = a
        .svg()
        .split("<style>")
        .nth(1)
        .and_then(|s| s.split("</style>").next())
        .expect("style");
    let own = a
        .svg()
        .split("class=\"di-figure ")
        .nth(1)
        .and_then(|s| s.split('"').next())
        .expect("class");
    assert!(style.matches(".di-frame").count() == style.matches(&format!(".{own}")).count());
}

#[test]
fn alternative_text_is_in_every_form() {
    let figure = line()
        .figure("Rises to 1 & \"falls\"\nto <0.5>.")
        .expect("valid");
    let escaped = "Rises to 1 &amp; &quot;falls&quot; to &lt;0.5&gt;.";
    assert_eq!(figure.alt(), "Rises to 1 & \"falls\" to <0.5>.");
    assert!(figure.svg().contains(&format!(">{escaped}</desc>")));
    let html = figure.html();
    assert!(html.contains(&format!("alt=\"{escaped}\"")));
    let output = figure.notebook_output();
    let blocks: Vec<&str> = output.split("EVCXR_BEGIN_CONTENT ").skip(1).collect();
    let mimes: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block.lines().next())
        .collect();
    assert_eq!(mimes, ["text/html", "image/svg+xml", "text/plain"]);
    assert!(
        blocks
            .iter()
            .all(|block| block.ends_with("\nEVCXR_END_CONTENT\n"))
    );
    // The SVG holds the drawing in both forms, with one name and one description.
    let drawing = figure.svg().split_once("<rect").expect("a ground").1;
    assert!(blocks[1].contains(drawing.trim_end().trim_end_matches("</svg>")));
    assert_eq!(blocks[1].matches("<desc").count(), 1);
    assert!(blocks[2].contains(figure.alt()));
}

#[test]
fn the_data_uri_holds_the_svg() {
    let figure = line()
        .title("ᾱ_t & 100 %")
        .figure("Alt text.")
        .expect("valid");
    let html = figure.html();
    let uri = attribute(&html, "src").expect("src");
    let payload = uri
        .strip_prefix("data:image/svg+xml;charset=utf-8,")
        .expect("svg uri");
    assert!(
        payload
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>\"#&\\^`{|}".contains(&b))
    );
    let mut bytes = Vec::new();
    let mut rest = payload.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = std::str::from_utf8(&tail[..2]).expect("hex");
            bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    let decoded = String::from_utf8(bytes).expect("utf-8");
    assert_eq!(decoded.replace('\'', "\""), figure.svg().replace('\n', ""));
}

#[test]
fn figures_stay_small() {
    let grid: Array1<f64> = Array1::linspace(-5.0, 5.0, 300);
    let bell = |s: f64| grid.mapv(|x| (-0.5 * x * x / (s * s)).exp() / s);
    let panels = (0..6).map(|i| {
        let samples = normal(2000, i);
        Panel::new()
            .title("t")
            .x_label("x")
            .y_label("density")
            .histogram("samples", &samples, 50)
            .line("exact", &grid, bell(1.0))
    });
    let six =
        Figure::panels("Six", 3, &panels.collect::<Vec<_>>(), "Six histograms.").expect("valid");
    assert!(six.svg().len() < 60_000, "{}", six.svg().len());
    assert!(
        six.html().len() < six.svg().len() * 5 / 4,
        "the URI costs little: {}",
        six.html().len()
    );

    let frames = (0..40).map(|i| {
        (
            format!("t = {i}"),
            Panel::new().line("q", &grid, bell(0.3 + 0.03 * f64::from(i))),
        )
    });
    let moving =
        Figure::frames("Forty", &frames.collect::<Vec<_>>(), "Forty frames.").expect("valid");
    assert!(moving.svg().len() < 200_000, "{}", moving.svg().len());

    let cloud = Panel::new()
        .scatter("cloud", normal(2000, 7), normal(2000, 8))
        .figure("A cloud.")
        .expect("valid");
    assert!(cloud.svg().len() < 40_000, "{}", cloud.svg().len());
}
