//! Numbers as other countries write them, of more digits than f32 holds, and of more than f64.

use diffusion_intuition::data::parse_csv;
use ndarray::{Array2, array};

use crate::data_csv_kinds::{assert_refused, refused};

#[test]
fn numbers_of_other_countries_are_named() {
    for (text, line, part) in [
        (
            "p,n\n\"9,162.46\",5\n",
            2,
            "\"9,162.46\" is not a number: no separator stands between thousands",
        ),
        (
            "p,n\n\"9,162\",5\n",
            2,
            "decimals take a point (9.162), and no separator stands between thousands (9162)",
        ),
        ("p;n\n1.234,56;5\n", 2, "1234.56"),
        ("p;n\n1 234,56;5\n", 2, "1234.56"),
        ("p;n\n1'234'567;5\n", 2, "1234567"),
        ("p;n\n1,5;5\n", 2, "decimals take a point"),
        ("p,n\n9,162.46,5\n", 2, "no comma stands between thousands"),
        (
            "x\n5,05\n1,55\n",
            2,
            "it has 2 columns, the header: 1: decimals take a point",
        ),
        (
            "1,5 2,5\n3,5 4,5\n",
            1,
            "\"1,5\" is not a number: decimals take a point",
        ),
        (
            "5,05\n1,55\n7,11\n",
            1,
            "columns 1 and 2 look like one number with a decimal comma: decimals take a point",
        ),
        (
            "5,55\n1,05\n7,11\n",
            2,
            "columns 1 and 2 look like one number with a decimal comma",
        ),
        (
            "-0,5\n1,5\n-7,1\n",
            1,
            "columns 1 and 2 look like one number with a decimal comma",
        ),
        (
            "5,05,1,5\n1,5,2,25\n",
            1,
            "columns 1 and 2 look like one number with a decimal comma",
        ),
        ("x\n5 %\n", 2, "\"%\" is not a number"),
        ("x;y\n5 %;1\n", 2, "leave the unit out"),
        ("x;y\n€5;1\n", 2, "leave the unit out"),
        ("x,y\n1.0D+03,1\n", 2, "takes an E"),
        ("x,y\nTRUE,1\n", 2, "1 and 0"),
        ("x,y\n2024-05-01,1\n", 2, "a date or a time?"),
        ("x,y\n12:30,1\n", 2, "a date or a time?"),
    ] {
        assert_refused(text, line, part);
    }
    // What has names is two columns; heights to two decimals may be, and it is said.
    let table = parse_csv("h,min\n5,05\n1,55\n7,11\n").unwrap();
    assert_eq!((table.rows.ncols(), table.notes.len()), (2, 0));
    let table = parse_csv("1,75\n1,62\n1,81\n").unwrap();
    assert!(table.notes[0].contains("write 1.75"), "{:?}", table.notes);
}

#[test]
fn thousands_are_told() {
    for (text, plain) in [
        ("1.234.567,8", "1234567.8"),
        ("-1 000", "-1000"),
        ("12'345", "12345"),
        ("1\u{202f}000,5", "1000.5"),
    ] {
        assert_refused(&format!("x;y\n{text};1\n"), 2, plain);
    }
    for text in ["1,2", "1234,567", "1,23,456", "a,bcd", "1,234,56"] {
        let (_, reason) = refused(&format!("x;y\n{text};1\n"));
        assert!(!reason.contains("thousands"), "{reason}");
    }
}

#[test]
fn lost_digits_are_told() {
    for (text, lost) in [
        ("1700000000000000001", true),
        ("1700000000000000000", false),
        ("0.1000000000000000055511151231257827", true),
        ("0.30000000000000004", false),
        ("-2.9170000000000000000", false),
        ("17000000000000001", true),
    ] {
        assert_eq!(parse_csv(&format!("{text}\n")).is_err(), lost, "{text}");
    }
    assert_eq!(parse_csv("-0e-400\n").unwrap().rows, array![[0.0]]);
}

#[test]
fn digits_are_kept_or_the_loss_is_told() {
    let text: String = (0..60)
        .map(|i| {
            format!(
                "{},{}\n",
                1_700_000_000 + i,
                2_460_000.0 + 6.9e-5 * f64::from(i)
            )
        })
        .collect();
    let table = parse_csv(&format!("unix,jd\n{text}")).unwrap();
    for (i, row) in table.rows.rows().into_iter().enumerate() {
        assert_eq!(row[0], 1.7e9 + i as f64);
        assert_eq!(row[1], 2_460_000.0 + 6.9e-5 * i as f64);
    }
    // Nanoseconds: f64 steps by 256 there, which is much within a microsecond and little within an hour.
    let nano = |step: u64| {
        let line = |i| format!("{}\n", 1_700_000_000_000_000_000 + step * i);
        (1..60).map(line).collect::<String>()
    };
    let (line, reason) = refused(&nano(7));
    assert_eq!(line, Some(1));
    assert!(
        reason.contains("1700000000000000007 has more digits than f64 holds"),
        "{reason}"
    );
    assert!(
        reason.contains("subtract what they have in common"),
        "{reason}"
    );
    assert_eq!(parse_csv(&nano(60_000_000_000)).unwrap().rows.nrows(), 59);
    // What f64 itself writes is never refused.
    let close = array![
        [0.1],
        [0.100_000_000_000_000_02],
        [0.100_000_000_000_000_03]
    ];
    let text: String = close.iter().map(|x: &f64| format!("{x:?}\n")).collect();
    assert_eq!(parse_csv(&text).unwrap().rows, close);
}

#[test]
fn sizes_are_looked_at_first() {
    let name = format!("diffusion-intuition-sparse-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = std::fs::File::create(&path).unwrap();
    // 256 GiB of nothing.
    let sparse = file.set_len(1 << 38).is_ok();
    let found = diffusion_intuition::data::read_csv(&path);
    std::fs::remove_file(&path).unwrap();
    let reason = found.unwrap_err().to_string();
    if sparse {
        assert!(
            reason.contains("it has 274877906944 bytes, and at most 1073741824"),
            "{reason}"
        );
    }
    let wide: Array2<f64> = parse_csv(&"1,".repeat(20_000)).unwrap().rows;
    assert_eq!(wide.ncols(), 20_000);
}
