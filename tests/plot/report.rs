//! The page: what is on it, in order, escaped, and nothing from elsewhere.

use diffusion_intuition::Error;
use diffusion_intuition::plot::{Panel, Report, Table};

fn report() -> Report {
    let figure = Panel::new().title("Line").line("y", 0..5, 0..5);
    let figure = figure.figure("A rising line.").expect("valid");
    let mut table = Table::new("Numbers", &["name", "value"]);
    table.push(("<one>", 1)).expect("two cells");
    let mut report = Report::new("A & B");
    report
        .heading("First <b>")
        .text("x < \"y\" & z")
        .figure(&figure);
    report.heading("Second").table(&table);
    report
}

#[test]
fn everything_is_there_in_order() {
    let html = report().html();
    let parts = [
        "<!doctype html>",
        "<html lang=\"en\">",
        "charset=\"utf-8\"",
        "<title>A &amp; B</title>",
        "<h1>A &amp; B</h1>",
        "<h2>First &lt;b&gt;</h2>",
        "<p>x &lt; &quot;y&quot; &amp; z</p>",
        "<svg",
        "A rising line.",
        "<h2>Second</h2>",
        "<caption>Numbers</caption>",
        "&lt;one&gt;",
        "</html>",
    ];
    let mut rest = html.as_str();
    for part in parts {
        rest = match rest.split_once(part) {
            Some((_, after)) => after,
            None => panic!("{part} is missing or not in order"),
        };
    }
    assert!(!html.contains("<b>") && !html.contains("<one>"));
    for tag in ["figure", "table", "svg", "main", "body", "style"] {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        assert_eq!(
            html.matches(&open).count(),
            html.matches(&close).count(),
            "{tag}"
        );
    }
}

#[test]
fn a_page_is_saved_whole_or_not_at_all() {
    let name = format!("diffusion-intuition-report-{}.html", std::process::id());
    let path = std::env::temp_dir().join(name);
    report().save(&path).expect("a folder for temporary files");
    assert_eq!(
        std::fs::read_to_string(&path).expect("just written"),
        report().html()
    );
    std::fs::remove_file(&path).expect("just written");
    match report().save(path.join("no/such/folder")) {
        Err(Error::File { file, .. }) => assert!(file.ends_with("no/such/folder"), "{file}"),
        other => panic!("{other:?}"),
    }
}
