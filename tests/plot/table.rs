//! Tables align, check their rows and write numbers for readers.

use crate::reader::tags;
use diffusion_intuition::Error;
use diffusion_intuition::plot::{Cell, Table, num, significant};

#[test]
fn tables_align_and_check_their_rows() {
    let mut table = Table::new("Ends & means", &["schedule", "T", "ᾱ_t"]);
    table.push(("linear", 200, 0.132_24)).expect("three cells");
    table
        .push(("cosine <s>", 1000_usize, num(-2.4e-9, 2)))
        .expect("three cells");
    let wrong = table.push(("one", 2));
    assert_eq!(
        wrong,
        Err(Error::Shape {
            what: "row of a table",
            expected: vec![3],
            found: vec![2]
        })
    );
    assert!(table.push(Vec::<Cell>::new()).is_err());
    let text = table.text();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "Ends & means",
            "schedule       T        ᾱ_t",
            "──────────  ────  ─────────",
            "linear       200     0.1322",
            "cosine <s>  1000  −2.4×10⁻⁹",
        ]
    );
    let html = table.html();
    tags(&html);
    assert!(html.contains("<caption>Ends &amp; means</caption>"));
    assert!(html.contains("<th scope=\"col\" style=\"text-align:right\">ᾱ<sub>t</sub></th>"));
    assert!(html.contains("<th scope=\"row\" style=\"text-align:left\">cosine &lt;s&gt;</th>"));
    assert!(html.contains("<td style=\"text-align:right\">0.1322</td>"));
    let output = table.notebook_output();
    assert!(output.starts_with("EVCXR_BEGIN_CONTENT text/html\n<table"));
    assert!(output.ends_with(&format!(
        "EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT\n"
    )));
}

#[test]
fn numbers_are_written_for_readers() {
    let cases = [
        (0.0, 3, "0"),
        (9.996, 3, "10.0"),
        (-0.5, 1, "−0.5"),
        (123_456.0, 3, "123456"),
        (1e6, 1, "1×10⁶"),
        (9.99e-5, 2, "0.00010"),
        (0.000_12, 2, "0.00012"),
    ];
    for (value, digits, text) in cases {
        assert_eq!(significant(value, digits), text);
    }
    let mut table = Table::new("", &["value"]);
    table.push((0.035,)).expect("one cell");
    table.push((1e-7,)).expect("one cell");
    assert_eq!(
        table
            .text()
            .lines()
            .skip(2)
            .map(str::trim)
            .collect::<Vec<_>>(),
        ["0.035", "1×10⁻⁷"]
    );
}
