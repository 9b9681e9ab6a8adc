//! Tables as programs and people write them: each kind is read right, or refused with a sentence that helps.

use diffusion_intuition::Error;
use diffusion_intuition::data::{Csv, parse_csv, read_csv_from};
use ndarray::array;

fn read(bytes: &[u8]) -> Csv {
    read_csv_from(bytes)
        .unwrap_or_else(|error| panic!("{:?}: {error}", String::from_utf8_lossy(bytes)))
}

/// The line and the reason of a refusal.
#[track_caller]
pub fn refused(text: &str) -> (Option<usize>, String) {
    match parse_csv(text) {
        Err(Error::File { line, reason, .. }) => (line, reason),
        other => panic!("{text:?}: {other:?}"),
    }
}

#[track_caller]
pub fn assert_refused(text: &str, line: usize, part: &str) {
    let (found, reason) = refused(text);
    assert_eq!(found, Some(line), "{text:?}: {reason}");
    assert!(reason.contains(part), "{text:?}: {reason}");
}

#[test]
fn encodings_and_line_ends() {
    let rows = array![[1.5, 2.0], [3.0, -4.0]];
    let text = "größe,y\r\n1.5,2\r\n3,-4\r\n";
    let units: Vec<u16> = text.encode_utf16().collect();
    let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
        let body = units.iter().flat_map(|unit| bytes(*unit));
        mark.iter().copied().chain(body).collect::<Vec<u8>>()
    };
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(b"\xff\xfe", u16::to_le_bytes),
        utf16(b"\xfe\xff", u16::to_be_bytes),
        utf16(b"", u16::to_le_bytes),
        utf16(b"", u16::to_be_bytes),
        text.replace("\r\n", "\r").into_bytes(),
        text.replace("\r\n", "\r\r\n").into_bytes(),
        text.replace("\r\n", "\n").into_bytes(),
    ] {
        let table = read(&bytes);
        assert_eq!(
            (&table.names[..], &table.rows),
            (&["größe".to_owned(), "y".to_owned()][..], &rows)
        );
        assert_eq!(table.lines, [2, 3], "{bytes:?}");
        assert_eq!(table.columns, [1, 2]);
        assert!(table.notes.is_empty(), "{:?}", table.notes);
    }
    assert_refused("x,y\r1,2\r3,four\r", 3, "\"four\" is not a number");
    for (bytes, part) in [
        (
            &b"PK\x03\x04\x14\0"[..],
            "Excel workbook: save the sheet as CSV",
        ),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"\xff\xfe\0\0x\0\0\0", "UTF-32"),
        (b"x\n1\n\0\n", "line 3: it holds a NUL byte"),
        (
            b"x\n1\nM\xfcnchen\n",
            "line 3: it is not text in UTF-8: byte 0xfc",
        ),
        (
            b"\xff\xfex\0\n\x001\0\n\x00\x00\xd8\n\0",
            "line 3: it is not text in UTF-16",
        ),
        (
            b"\xff\xfe1\0\n\x002",
            "line 2: it is text in UTF-16 and ends in half a character",
        ),
    ] {
        let error = read_csv_from(bytes).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn excel_says_its_separator() {
    for text in [
        "sep=;\r\nx;y\r\n1;2\r\n",
        "SEP=;\nx;y\n1;2\n",
        "\u{feff}sep=;\nx;y\n1;2\n",
        "sep=; \nx;y\n1;2",
    ] {
        let table = parse_csv(text).unwrap();
        assert_eq!(
            (table.names.join(" "), table.rows),
            ("x y".to_owned(), array![[1.0, 2.0]])
        );
        assert_eq!(table.lines, [3]);
    }
    // Even where the values hold what would be taken for one.
    let table = parse_csv("sep=|\na, b|c\n1|2\n").unwrap();
    assert_eq!(table.names, ["a, b", "c"]);
    // In quotes it is a name.
    assert_eq!(parse_csv("\"sep=;\"\n1\n").unwrap().names, ["sep=;"]);
    assert_refused("sep=;\nx;y\n1,5;2\n", 3, "decimals take a point");
}

#[test]
fn rows_know_their_lines() {
    for (text, lines) in [
        ("1\r2\r\r3", &[1, 2, 4][..]),
        ("1\r\r\n2\r\n\n3", &[1, 2, 4]),
        ("\"a\nb\",\"c\"\n1,2", &[3]),
        ("# \"x\n1\n,;\n2", &[2, 4]),
        ("\"a\"\"\n\"\"b\"\n1\n", &[3]),
        ("pipe\"s width\n1\n", &[2]),
        ("SEP=\t\nx\ty\n1\t2\n", &[3]),
    ] {
        assert_eq!(parse_csv(text).unwrap().lines, lines, "{text:?}");
    }
    for no in ["sep", "sep=", "sep=x", "séparateur", "é"] {
        assert_eq!(parse_csv(&format!("{no}\n1\n")).unwrap().names, [no]);
    }
}

#[test]
fn names_are_whole() {
    for (text, names) in [
        ("\"height\n(cm)\",weight\n1,2\n", ["height (cm)", "weight"]),
        ("\"height\r(cm)\",weight\n1,2\n", ["height (cm)", "weight"]),
        (
            "\"height\r\n (cm)\",weight\r\n1,2\r\n",
            ["height (cm)", "weight"],
        ),
        (
            "height (m; above sea),weight\n1,2\n",
            ["height (m; above sea)", "weight"],
        ),
        (
            "height (m, above sea),weight\n1,2\n",
            ["height (m, above sea)", "weight"],
        ),
        ("height, m;weight\n1;2\n", ["height, m", "weight"]),
        ("a|b\n1|2\n", ["a", "b"]),
        ("K,Na\n1,2\n", ["K", "Na"]),
        ("x,NA\n1,2\n", ["x", "NA"]),
        ("sepal_l,a_{b}\n1,2\n", ["sepal_l", "a_{b}"]),
    ] {
        let table = parse_csv(text).unwrap();
        assert_eq!(table.names, names, "{text:?}");
        assert_eq!(table.rows, array![[1.0, 2.0]], "{text:?}");
    }
    let table = parse_csv("petal width\n1.5\n2\n").unwrap();
    assert_eq!(
        (table.names, table.rows),
        (vec!["petal width".to_owned()], array![[1.5], [2.0]])
    );
    assert_refused("\"a\nb\n1,2\n3,4\n", 1, "a quotation mark is not closed");
    assert_refused(
        "x,y\n1,2\n3,\"4\n5,6\n",
        3,
        "a quotation mark is not closed",
    );
}

#[test]
fn names_that_are_numbers() {
    let rows = array![[-0.08, 0.04], [0.11, -0.31], [0.24, 1.49]];
    let body = "-0.08,0.04\n0.11,-0.31\n0.24,1.49\n";
    let table = parse_csv(&format!("\"2019\",\"2020\"\n{body}")).unwrap();
    assert_eq!(
        (&table.names[..], &table.rows),
        (&["2019".to_owned(), "2020".to_owned()][..], &rows)
    );
    let mixed = parse_csv(&format!("t,\"2020\"\n{body}")).unwrap();
    assert_eq!(mixed.names, ["t", "2020"]);
    // Without quotes they stay numbers, and it is said.
    for header in ["2019,2020", "0,1"] {
        let table = parse_csv(&format!("{header}\n{body}")).unwrap();
        assert_eq!((table.names.len(), table.rows.nrows()), (0, 4));
        assert_eq!(table.notes.len(), 1);
        assert!(table.notes[0].contains("line 1") && table.notes[0].contains("double quotes"));
    }
    let whole: String = (0..9).map(|i| format!("{},{}\n", i % 4, i % 3)).collect();
    let notes = parse_csv(&format!("2019,2020\n{whole}")).unwrap().notes;
    assert!(
        notes.len() == 1 && notes[0].contains("line 1 (2019, 2020)"),
        "{notes:?}"
    );
    assert!(
        parse_csv(&format!("2,5\n{whole}"))
            .unwrap()
            .notes
            .is_empty()
    );
    // Where all values are in quotes, quotes say nothing.
    let quoted = parse_csv("\"1.5\",\"2.5\"\n\"3.5\",\"4\"\n\"1\",\"2\"\n").unwrap();
    assert_eq!((quoted.names.len(), quoted.rows.nrows()), (0, 3));
    assert!(quoted.notes.is_empty());
    assert_refused("year,2020\n1,2\n3,4\n", 1, "if this line holds names");
}

#[test]
fn row_numbers_are_left_out_and_said() {
    let rows = array![[1.5, 2.0], [3.5, 2.5], [0.5, 1.0]];
    for text in [
        ",x,y\n0,1.5,2\n1,3.5,2.5\n2,0.5,1\n",           // pandas
        ",x,y\n5,1.5,2\n9,3.5,2.5\n7,0.5,1\n",           // pandas, rows chosen
        "Unnamed: 0,x,y\n0,1.5,2\n1,3.5,2.5\n2,0.5,1\n", // pandas, twice
        "\"\",\"x\",\"y\"\n\"1\",1.5,2\n\"2\",3.5,2.5\n\"3\",0.5,1\n", // write.csv of R
        "\"x\" \"y\"\n\"1\" 1.5 2\n\"2\" 3.5 2.5\n\"3\" 0.5 1\n", // write.table of R
        "x\ty\n1\t1.5\t2\n2\t3.5\t2.5\n3\t0.5\t1\n",
        "\u{feff};x;y\r\n0;1.5;2\r\n1;3.5;2.5\r\n2;0.5;1\r\n",
    ] {
        let table = parse_csv(text).unwrap();
        assert_eq!(
            (table.names.join(" "), &table.rows),
            ("x y".to_owned(), &rows),
            "{text:?}"
        );
        assert_eq!(table.columns, [2, 3]);
        assert_eq!(table.notes.len(), 1, "{:?}", table.notes);
        assert!(table.notes[0].starts_with("column 1 has no name and numbers the rows ("));
    }
    let labelled = parse_csv(",0,1\n0,1.5,2\n1,3.5,2.5\n2,0.5,1\n").unwrap();
    assert_eq!(
        (labelled.names.join(" "), labelled.rows),
        ("0 1".to_owned(), rows)
    );
    // Neither a quantity without a name nor one with a name is left out.
    for text in [
        ",y\n1.5,2\n3,4\n",
        ",y\n1,2\n1,4\n",
        "id,y\n1,2\n2,4\n",
        ",\n1,2\n2,4\n",
        "x,\n1,2\n2,4\n",
    ] {
        assert_eq!(parse_csv(text).unwrap().rows.ncols(), 2, "{text:?}");
    }
    assert_refused(
        "\"\",\"x\"\n\"Mazda RX4\",1.5\n",
        2,
        "names of rows? leave them out",
    );
    assert_refused(
        "x y\n1.5 2 3\n2.5 3 4\n",
        2,
        "it has 3 columns, the header: 2",
    );
}

#[test]
fn missing_values_are_named_by_line() {
    assert_refused(
        "NA,NA\n1.5,2\n",
        1,
        "column 1: \"NA\" is not a number: a missing value?",
    );
    assert_refused(
        "x,y\n1,2\n3,N/A\n",
        3,
        "column 2: \"N/A\" is not a number: a missing value?",
    );
    assert_refused("?\n1.5\n", 1, "\"?\"");
    assert_refused("x,y\n1,#DIV/0!\n", 2, "a missing value?");
    assert_refused("NaN\n1\n", 1, "not a finite number");
    assert_refused(
        "x,y\n1,2\n#N/A,3\n",
        3,
        "column 1: \"#N/A\" is not a number: a missing value?",
    );
    assert_eq!(
        parse_csv("x,y\n1,2\n#N/A is what we skip, here\n\u{1a}")
            .unwrap()
            .rows
            .nrows(),
        1
    );
    // A value that is missing comes before what is wrong further down.
    assert_refused("x,y\n1,\n2,3\n4,five\n", 2, "column 2 is empty");
    assert_refused("x,y\n1,2\n,\n2,\n", 4, "column 2 is empty");
    // Empty lines of a spreadsheet, and an empty column, as instruments end their lines.
    let table = parse_csv("x,y\n1,2\n,\n3,4\n,\n,\n").unwrap();
    assert_eq!(
        (&table.rows, &table.lines[..]),
        (&array![[1.0, 2.0], [3.0, 4.0]], &[2, 4][..])
    );
    assert_eq!(table.notes, ["3 lines without any value passed over"]);
    let table = parse_csv("x,y,\n1,2,\n3,4,\n").unwrap();
    assert_eq!(table.rows, array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(table.notes, ["column 3 holds no value: left out"]);
    assert_refused("x,y,z\n1,2,\n3,4,\n", 2, "column 3 is empty");
}
