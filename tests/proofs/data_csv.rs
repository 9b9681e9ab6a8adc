//! CSV: what is read, what is refused with which words, and that what is written reads back.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use diffusion_intuition::data::{parse_csv, read_csv, read_csv_from, write_csv};
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};
use rand::RngExt;

/// A folder that is removed in the end, whatever happens.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn assert_reads(text: &str, names: &[&str], rows: &Array2<f64>) {
    let table = parse_csv(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(
        (&table.names[..], &table.rows),
        (&names.map_to_strings()[..], rows),
        "{text:?}"
    );
    assert_eq!(read_csv_from(text.as_bytes()).unwrap(), table, "{text:?}");
}

trait MapToStrings {
    fn map_to_strings(&self) -> Vec<String>;
}

impl MapToStrings for &[&str] {
    fn map_to_strings(&self) -> Vec<String> {
        self.iter().map(|name| (*name).to_owned()).collect()
    }
}

#[test]
fn every_separator_and_line_end_is_read() {
    let rows = array![[1.0, -2.5, 3e-4], [4.0, 5.0, 0.6]];
    for text in [
        "1,-2.5,3e-4\n4,5,.6\n",
        "1,-2.5,3e-4\n4,5,.6", // no line end at the end
        "1;-2.5;3e-4\r\n4;5;.6\r\n",
        "1\t-2.5\t3e-4\n4\t5\t.6\n",
        "1 -2.5 3e-4\n4 5 .6\n",
        "   1   -2.5\t 3e-4  \n 4 5 .6\n"
            .replace('\t', " ")
            .as_str(),
        " 1 , -2.5 ,  3e-4 \n4,+5.,0.6e0\n",
        "\u{feff}1,-2.5,3E-4\n4,5,.6\n",
        "# three columns\n\n1,-2.5,3e-4\n  \n  # half way\n4,5,.6\n\n#end",
        "\"1\",\"-2.5\" , \" 3e-4\"\n4,5,\".6\"\n"
            .replace("\" 3", "\"3")
            .as_str(),
    ] {
        assert_reads(text, &[], &rows);
    }
    assert_reads("7\n8\n9\n", &[], &array![[7.0], [8.0], [9.0]]);
    let wide: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
    let table = parse_csv(&wide.join(";")).unwrap();
    assert_eq!(
        table.rows,
        Array2::from_shape_fn((1, 1000), |(_, j)| j as f64)
    );
}

#[test]
fn headers_are_recognized() {
    let rows = array![[1.0, 2.0], [3.0, 4.0]];
    for (text, names) in [
        ("x,y\n1,2\n3,4\n", ["x", "y"]),
        (
            "\u{feff}# data\n\n petal width , y\r\n1,2\r\n3,4\r\n",
            ["petal width", "y"],
        ),
        (
            "\"a, b\";\"say \"\"c\"\"\"\n1;2\n3;4\n",
            ["a, b", "say \"c\""],
        ),
        ("\"a; b\",\"#\"\n1,2\n3,4\n", ["a; b", "#"]),
        ("x y\n1\t2\n3\t4\n", ["x", "y"]), // the rows have their own separator
        ("x,\n1,2\n3,4\n", ["x", ""]),
        ("\"2m\",\"-\"\n1,2\n3,4\n", ["2m", "-"]),
    ] {
        assert_reads(text, &names, &rows);
    }
}

#[test]
fn bad_files_are_refused_with_the_line() {
    for (text, line, reason) in [
        ("", None, "it has no rows of numbers"),
        ("\n# nothing\n\n", None, "it has no rows of numbers"),
        ("x,y\n", None, "it has no rows of numbers"),
        (
            "1,2\n3,four\n",
            Some(2),
            "column 2: \"four\" is not a number",
        ),
        ("x,y\n\n# c\n1,2\n3,\n", Some(5), "column 2 is empty"),
        ("1,2\n,4\n", Some(2), "column 1 is empty"),
        (
            "1,2\n3,nan\n",
            Some(2),
            "column 2: \"nan\" is not a finite number",
        ),
        (
            "1,2\n-inf,3\n",
            Some(2),
            "column 1: \"-inf\" is not a finite number",
        ),
        (
            "1,2\n3,1e309\n",
            Some(2),
            "column 2: 1e309 is too large for f64",
        ),
        (
            "1,2\n3,-1e-400\n",
            Some(2),
            "column 2: -1e-400 is too small for f64",
        ),
        (
            "1,2\n3,4,5\n",
            Some(2),
            "it has 3 columns, the rows before it: 2",
        ),
        (
            "1,2\n3\n",
            Some(2),
            "it has 1 column, the rows before it: 2",
        ),
        (
            "1,2\n3;4\n",
            Some(2),
            "it has 1 column, the rows before it: 2",
        ),
        (
            "1,2\n3,4,\n",
            Some(2),
            "it has 3 columns, the rows before it: 2",
        ),
        ("x,y,z\n1,2\n", Some(2), "it has 2 columns, the header: 3"),
        (
            "x,2\n1,2\n",
            Some(1),
            "column 1: \"x\" is not a number: if this line holds names, put those that are numbers in double quotes",
        ),
        (
            "1,5;2,5\n",
            Some(1),
            "column 1: \"1,5\" is not a number: decimals take a point",
        ),
        (
            "1.5abc\n2\n",
            Some(1),
            "column 1: \"1.5abc\" is not a number",
        ),
        ("1,2\nx,y\n", Some(2), "column 1: \"x\" is not a number"),
        (
            "x,y\nx,y\n1,2\n",
            Some(2),
            "column 1: \"x\" is not a number",
        ),
        ("1,2\n3,\"4\n", Some(2), "a quotation mark is not closed"),
        (
            "1,2\n\"3\"4,5\n",
            Some(2),
            "there is text after a closing quotation mark",
        ),
        ("1_000,2\n", Some(1), "column 1: \"1_000\" is not a number"),
        ("0x10,2\n", Some(1), "column 1: \"0x10\" is not a number"),
        (
            "1,2\n3,\u{2212}4\n",
            Some(2),
            "column 2: \"\u{2212}4\" is not a number: its minus sign is not the one of the keyboard",
        ),
    ] {
        let reason = reason.to_owned();
        let file = "text".to_owned();
        let error = parse_csv(text).unwrap_err();
        assert_eq!(error, Error::File { file, line, reason }, "{text:?}");
    }
    let long = format!("1\n{}\n", "é".repeat(5000));
    let error = parse_csv(&long).unwrap_err().to_string();
    let shown = "é".repeat(40);
    assert_eq!(
        error,
        format!("text, line 2: column 1: \"{shown}…\" is not a number")
    );
    let error = read_csv_from(&b"1,2\n3,\xff\n"[..])
        .unwrap_err()
        .to_string();
    let reason = "it is not text in UTF-8: byte 0xff; save it as UTF-8 (\"CSV UTF-8\" in Excel)";
    assert_eq!(error, format!("input, line 2: {reason}"));
}

/// Gives a line, then fails.
struct Broken(bool);

impl Read for Broken {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0 {
            return Err(io::Error::other("the cable is out"));
        }
        self.0 = true;
        out[..4].copy_from_slice(b"1,2\n");
        Ok(4)
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = Folder::new("csv-read");
    let missing = folder.0.join("missing.csv");
    match read_csv(&missing).unwrap_err() {
        Error::File { file, line, .. } => {
            assert_eq!((file, line), (missing.display().to_string(), None));
        }
        other => panic!("{other:?}"),
    }
    let bad = folder.0.join("bad.csv");
    fs::write(&bad, "1\r\ntwo\r\n").unwrap();
    let expected = format!(
        "{}, line 2: column 1: \"two\" is not a number",
        bad.display()
    );
    assert_eq!(read_csv(&bad).unwrap_err().to_string(), expected);
    assert!(matches!(
        read_csv(&folder.0),
        Err(Error::File { line: None, .. })
    ));
    let error = read_csv_from(Broken(false)).unwrap_err().to_string();
    assert_eq!(error, "input: the cable is out");
}

#[test]
fn what_is_written_reads_back_to_the_same_bits() {
    let folder = Folder::new("csv-write");
    let path = folder.0.join("numbers.csv");
    // Any finite bits: subnormal numbers and the largest as well.
    let rng = &mut Rng::new(1);
    let rows = Array2::from_shape_simple_fn((400, 3), || {
        let x = f64::from_bits(rng.random());
        if x.is_finite() { x } else { 0.1 }
    });
    let names = ["height, in m", "say \"x\"", "#2; -3"];
    for names in [&names[..], &[]] {
        write_csv(&path, names, &rows).unwrap();
        let table = read_csv(&path).unwrap();
        assert_eq!(table.names, names);
        let bits = |rows: &Array2<f64>| rows.mapv(f64::to_bits);
        assert_eq!(bits(&table.rows), bits(&rows));
    }
    write_csv(&path, &["a", "b"], &array![[1.5, -2.0], [1e-7, 3e8]]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "\"a\",\"b\"\n1.5,-2.0\n1e-7,300000000.0\n");
    // Numbers of f32 as well, and names that are numbers.
    let single = rows.mapv(|x| (x % 1e30) as f32);
    write_csv(&path, &["2019", "nan", "-"], &single).unwrap();
    let table = read_csv(&path).unwrap();
    assert_eq!(table.names, ["2019", "nan", "-"]);
    assert_eq!(table.rows, single.mapv(f64::from));
    // A nameless first column of several would number the rows.
    write_csv(&path, &["", "y"], &array![[0.0, 5.0], [1.0, 6.0]]).unwrap();
    let table = read_csv(&path).unwrap();
    assert_eq!(table.names, ["column 1", "y"]);
    assert_eq!(table.rows.ncols(), 2);
    // One unnamed column, which must not be taken for a blank line; a name that begins like a comment.
    for name in ["", "# a"] {
        write_csv(&path, &[name], &array![[1.0], [2.0]]).unwrap();
        assert_eq!(read_csv(&path).unwrap().names, [name]);
    }
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let folder = Folder::new("csv-refuse");
    let path = folder.0.join("kept.csv");
    fs::write(&path, "old").unwrap();
    let good = array![[1.0, 2.0]];
    let what = "rows of a CSV file";
    let refused = |names: &[&str], rows: &Array2<f64>| write_csv(&path, names, rows).unwrap_err();
    assert_eq!(refused(&[], &Array2::zeros((0, 2))), Error::Empty { what });
    assert_eq!(refused(&[], &Array2::zeros((2, 0))), Error::Empty { what });
    match refused(&["a", "b"], &array![[1.0, f64::NAN]]) {
        Error::NotFinite { index, .. } => assert_eq!(index, 1),
        other => panic!("{other:?}"),
    }
    assert!(matches!(refused(&["a"], &good), Error::Shape { .. }));
    for bad in ["two\nlines", "two\rlines"] {
        match refused(&["a", bad], &good) {
            Error::File { reason, .. } => {
                assert_eq!(reason, format!("{bad:?} cannot be the name of a column"));
            }
            other => panic!("{other:?}"),
        }
    }
    let nowhere = folder.0.join("no folder").join("new.csv");
    assert!(matches!(
        write_csv(&nowhere, &[], &good),
        Err(Error::File { line: None, .. })
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    // Nor is anything left beside it.
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
}
