//! Reads figures back: tags, attributes, paths; and the data that several tests draw.

use diffusion_intuition::plot::Panel;
use diffusion_intuition::{Mixture, Rng};
use ndarray::{Array1, array};

pub type Pixels = Vec<(f64, f64)>;

/// Checks that tags balance and attributes are quoted; returns every tag.
pub fn tags(svg: &str) -> Vec<String> {
    let (mut open, mut all): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "stray > in text");
        let length = rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        assert!(!tag.contains('<'), "< inside a tag: {tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "unbalanced quotes: {tag}");
        let name = tag
            .split([' ', '/'])
            .find(|part| !part.is_empty())
            .expect("a name")
            .to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "tags cross");
        } else {
            if !tag.ends_with('/') {
                open.push(name);
            }
            all.push(tag.to_owned());
        }
    }
    assert!(open.is_empty(), "open at the end: {open:?}");
    for entity in svg.split('&').skip(1) {
        let name = entity.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "apos", "#39"].contains(&name),
            "entity {name}"
        );
    }
    all
}

pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// Paths whose tag contains `style`, each as its subpaths in units of the viewBox.
pub fn paths(svg: &str, style: &str) -> Vec<Vec<Pixels>> {
    let tags = tags(svg);
    let paths = tags
        .iter()
        .filter(|tag| tag.starts_with("path ") && tag.contains(style));
    paths
        .map(|tag| subpaths(attribute(tag, "d").expect("path data")))
        .collect()
}

/// Reads relative path data (m, l, h, v, z) and undoes the scale of a quarter.
pub fn subpaths(data: &str) -> Vec<Pixels> {
    let mut out: Vec<Pixels> = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    // Every piece is the numbers of one command and the letter of the next.
    let data = format!("{data}z");
    let commands = data.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let mut command = ' ';
    for piece in commands {
        let (numbers, next) = piece.split_at(piece.len() - 1);
        let numbers = numbers.replace('-', ",-");
        let numbers: Vec<f64> = numbers
            .split(',')
            .filter(|n| !n.is_empty())
            .map(|n| n.parse().expect("number"))
            .collect();
        let steps: Pixels = match command {
            'h' => numbers.iter().map(|n| (*n, 0.0)).collect(),
            'v' => numbers.iter().map(|n| (0.0, *n)).collect(),
            _ => numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
        };
        for (i, (dx, dy)) in steps.into_iter().enumerate() {
            (x, y) = (x + dx, y + dy);
            if command == 'm' && i == 0 {
                out.push(Vec::new());
            }
            out.last_mut()
                .expect("starts with m")
                .push((x / 4.0, y / 4.0));
        }
        if command == 'z' {
            // The pen goes back to the start of the shape.
            (x, y) = out
                .last()
                .map_or((x, y), |shape| (shape[0].0 * 4.0, shape[0].1 * 4.0));
        }
        command = next.chars().next().unwrap_or('z');
    }
    out
}

/// Every text of a drawing with the place of its anchor, in units of the viewBox; turned ones are left out.
pub fn texts(svg: &str) -> Vec<(String, f64, f64)> {
    let texts = svg.split("<text ").skip(1).filter_map(|text| {
        let (tag, rest) = text.split_once('>')?;
        let tag = format!(" {tag}");
        let get = |name| attribute(&tag, name)?.parse().ok();
        let shown = rest.split("</text>").next()?.to_owned();
        Some((shown, get("x")?, get("y")?))
    });
    texts.collect()
}

/// Where the only text of these letters stands.
pub fn spot(svg: &str, text: &str) -> (f64, f64) {
    let found: Vec<_> = texts(svg)
        .into_iter()
        .filter(|found| found.0 == text)
        .collect();
    assert_eq!(found.len(), 1, "{text}");
    (found[0].1, found[0].2)
}

/// Left, upper, right and lower edge of a path.
pub fn edges(path: &Pixels) -> [f64; 4] {
    let start = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    path.iter().fold(start, |[l, t, r, b], (x, y)| {
        [l.min(*x), t.min(*y), r.max(*x), b.max(*y)]
    })
}

pub const BLUE: &str = "\"#3498db\"";
pub const RED: &str = "\"#e74c3c\"";
pub const TEAL: &str = "\"#0b7a75\"";

pub fn close(a: (f64, f64), b: (f64, f64)) {
    assert!(
        (a.0 - b.0).abs() <= 0.25 && (a.1 - b.1).abs() <= 0.25,
        "{a:?} is not at {b:?}"
    );
}

pub fn line() -> Panel {
    Panel::new()
        .title("A line")
        .line("y", [0.0, 1.0, 2.0], [0.0, 1.0, 0.5])
}

pub fn normal(n: usize, seed: u64) -> Array1<f32> {
    let mut rng = Rng::new(seed);
    Mixture::isotropic(&array![[0.0]], 1.0)
        .expect("valid")
        .sample(n, &mut rng)
        .unwrap()
        .column(0)
        .to_owned()
}
