//! Names that somebody else gave: shown as they are, and cut where there is no room.

use crate::reader::tags;
use diffusion_intuition::plot::{Figure, Panel, Report, Table, verbatim};

fn panel(label: &str) -> Panel {
    Panel::new().x_label(label).line("", 0..3, 0..3)
}

#[test]
fn names_are_no_formulas() {
    for name in ["sepal_l", "x_1", "a_{b}", "col_name_x", "β_t", "}_{"] {
        let figure = panel(&verbatim(name)).figure(&format!("Over {}.", verbatim(name)));
        let figure = figure.unwrap();
        assert!(
            figure.svg().contains(&format!(">{name}</text>")),
            "{name}: {}",
            figure.svg()
        );
        assert!(!figure.svg().contains("<tspan"), "{name}");
        assert_eq!(figure.alt(), format!("Over {name}."));
        let mut table = Table::new(&verbatim(name), &[&verbatim(name)]);
        table.push((verbatim(name),)).unwrap();
        assert_eq!(table.html().matches(name).count(), 3, "{}", table.html());
        assert_eq!(table.text().matches(name).count(), 3, "{}", table.text());
        let mut report = Report::new(&verbatim(name));
        report.text(&verbatim(name));
        assert!(report.html().contains(&format!("<p>{name}</p>")));
    }
    // Without it they are formulas, as before.
    let svg = panel("x_1 and x_{t−1}")
        .figure("alt")
        .unwrap()
        .svg()
        .to_owned();
    assert_eq!(svg.matches("font-size=\"75%\"").count(), 2);
    assert!(svg.contains(">t−1</tspan>"));
    tags(&svg);
}

#[test]
fn long_names_are_broken_and_longer_ones_told_in_full() {
    let name = "standard error of the smoothness: local variation in radius lengths";
    let panels = [panel(name), panel("short"), panel(name).y_label(name)];
    let figure = Figure::panels("", 3, &panels, "Three panels.").unwrap();
    assert_eq!(figure.alt(), "Three panels.");
    assert!(!figure.svg().contains('…'));
    for word in name.split(' ').filter(|word| word.len() > 5) {
        assert_eq!(figure.svg().matches(word).count(), 3, "{word}");
    }
    let name = &[name; 3].join(" and the ");
    let panels = [panel(name), panel("short"), panel(name).y_label(name)];
    let figure = Figure::panels("", 3, &panels, "Three panels.").unwrap();
    assert_eq!(
        figure.alt(),
        format!("Three panels. Labels in full: {name}.")
    );
    let shown: Vec<&str> = figure
        .svg()
        .lines()
        .filter_map(|line| line.strip_suffix("…</text>"))
        .filter_map(|line| line.rsplit('>').next())
        .collect();
    assert_eq!(shown.len(), 3, "{}", figure.svg());
    for last in shown {
        // Panels are 239 units apart, characters half of 14.5 wide or less.
        assert!(
            name.contains(last) && (12..33).contains(&last.len()),
            "{last}"
        );
    }
}

/// Hundreds of thousands of characters, each fourth of which asks for a subscript: no recursion, no square.
#[test]
fn labels_have_no_size_that_breaks_them() {
    for piece in ["x_1 ", "x_{", "{", "_", "wide"] {
        let name = piece.repeat(100_000);
        let figure = panel(&name)
            .y_label(&name)
            .title(&name)
            .line(&name, 0..2, 0..2);
        let figure = figure.figure("A line.").unwrap();
        tags(figure.svg());
        let mut table = Table::new(&name, &[&name]);
        table.push((name.as_str(),)).unwrap();
        assert!(table.html().len() < 60 * name.len());
    }
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    let name = "a\u{1b}[31mb\u{202e}c\u{7}";
    let shown = "a\\u{1b}[31mb\\u{202e}c\\u{7}";
    let mut table = Table::new(name, &[name]);
    table.push((name,)).unwrap();
    assert_eq!(table.text().matches(shown).count(), 3, "{:?}", table.text());
    assert_eq!(panel("x").figure(name).unwrap().alt(), shown);
    let is_bad = |c: char| c.is_control() && c != '\n';
    assert!(!table.notebook_output().contains(is_bad));
    assert!(
        !panel(name)
            .figure(name)
            .unwrap()
            .notebook_output()
            .contains(is_bad)
    );
}
