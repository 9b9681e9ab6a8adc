//! Tables: no panic, every refusal names what is wrong and where, and what was written reads back.

use diffusion_intuition::Error;
use diffusion_intuition::data::{Csv, Split, csv_text, parse_csv, read_csv_from};
use diffusion_intuition::plot::{Panel, Table, verbatim};
use ndarray::Array2;

use crate::draw::Draw;
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("csv::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("read_csv_from bytes", bytes),
    ("parse_csv of pieces", pieces),
    ("csv_text and back", there_and_back),
    ("Split::new", split),
    ("labels", labels),
];

/// What files of numbers are made of, and what gets into them.
const PIECES: [&str; 44] = [
    "1",
    "2.5",
    "-3e-4",
    "0",
    "05",
    "-0",
    "1e309",
    "1e-400",
    "NA",
    "nan",
    "inf",
    "x",
    "height (m, above; sea)",
    "\"",
    "\"a\"",
    "\"1\"",
    "\"\"",
    ",",
    ",",
    ",",
    ";",
    "\t",
    " ",
    "|",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "#",
    "sep=;",
    "\u{feff}",
    "\0",
    "\u{1b}[2J",
    "é",
    "1,5",
    "9,162.46",
    "1700000000000000001",
    "Unnamed: 0",
    "_",
    "{",
    "}",
    "\u{fdd0}",
    "(",
];

fn bytes(draw: &Draw) -> Result<(), String> {
    let n = draw.one(&[0, 1, 2, 3, 10, 100, 1000]);
    let bytes: Vec<u8> = match draw.rarely(2) {
        true => (0..n)
            .map(|_| draw.one(b"\0\xff\xfe\xef\xbb\xbf\n\r,;\t \"#0123456789.-eExNA"))
            .collect(),
        false => text(draw, n)
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    };
    check(&read_csv_from(&bytes[..]))
}

fn pieces(draw: &Draw) -> Result<(), String> {
    let n = draw.one(&[0, 1, 2, 5, 10, 40, 200]);
    let text = text(draw, n);
    check(&parse_csv(&text))
}

fn text(draw: &Draw, n: usize) -> String {
    (0..n).map(|_| draw.one(&PIECES)).collect()
}

/// A table holds numbers, with names for all columns or for none; a refusal says why, and where unless it is about
/// the whole.
fn check(found: &diffusion_intuition::Result<Csv>) -> Result<(), String> {
    match found {
        Ok(table) => {
            let (n, d) = table.rows.dim();
            let whole = n > 0
                && d > 0
                && table.rows.iter().all(|x| x.is_finite())
                && [0, d].contains(&table.names.len())
                && table.lines.len() == n
                && table.columns.len() == d
                && table.lines.is_sorted_by(|a, b| a < b);
            if !whole {
                return Err(format!("{table:?}"));
            }
            let summary = table.summary().map_err(|error| error.to_string())?;
            let mut shown = Table::new(&summary.caption(), &["column"]);
            for column in &summary.columns {
                let row = shown.push((verbatim(&column.name),));
                row.map_err(|error| error.to_string())?;
            }
            let text = shown.text() + &shown.html();
            if text.contains(|c: char| c.is_control() && c != '\n') {
                return Err(format!("a terminal would obey {text:?}"));
            }
            let _ = table.remarks();
            Ok(())
        }
        Err(Error::File { line, reason, .. }) => {
            let about_all = ["it has no rows", "it is ", "it has "];
            let known = line.is_some_and(|line| line > 0)
                || about_all.iter().any(|start| reason.starts_with(start));
            if known {
                Ok(())
            } else {
                Err(format!("where? {reason}"))
            }
        }
        Err(other) => Err(format!("{other:?}")),
    }
}

fn there_and_back(draw: &Draw) -> Result<(), String> {
    let (n, d) = (draw.small(), draw.small());
    let rows = Array2::from_shape_simple_fn((n, d), || draw.f64());
    let names: Vec<String> = match draw.rarely(3) {
        true => Vec::new(),
        false => (0..d).map(|_| text(draw, 3)).collect(),
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Ok(text) = csv_text(&names, &rows) else {
        let unfit = names.iter().any(|name| name.contains(['\n', '\r', '\0']));
        let odd = rows.is_empty() || !rows.iter().all(|x| x.is_finite()) || unfit;
        return if odd {
            Ok(())
        } else {
            Err(format!("not written: {names:?} {rows:?}"))
        };
    };
    let table = parse_csv(&text).map_err(|error| format!("{error} in {text:?}"))?;
    let bits = |rows: &Array2<f64>| rows.mapv(f64::to_bits);
    if bits(&table.rows) != bits(&rows) {
        return Err(format!(
            "{rows:?} came back as {:?} from {text:?}",
            table.rows
        ));
    }
    let same = |(found, given): (&String, &&str)| {
        found == given || given.is_empty() || given.starts_with("Unnamed: ")
    };
    match table.names.len() == names.len() && table.names.iter().zip(&names).all(same) {
        true => Ok(()),
        false => Err(format!("{names:?} came back as {:?}", table.names)),
    }
}

/// Both parts are finite, and come back to what they were.
fn split(draw: &Draw) -> Result<(), String> {
    let (n, d) = (draw.one(&[0, 3, 4, 5, 8, 40]), draw.small());
    let offset = draw.f64();
    let size = draw.one(&[1.0, 1e-300, 1e300, 1e20, 1e-20]);
    let rows = Array2::from_shape_simple_fn((n, d), || match draw.rarely(20) {
        true => draw.f64(),
        false => offset + size * f64::from(draw.one(&[1_i8, 2, 3, 5, 8, 13, 21, 34, -7])),
    });
    let Ok(split) = Split::new(&rows, draw.small(), &mut draw.rng()) else {
        return Ok(());
    };
    let back = split
        .scale
        .inverse(&split.all())
        .map_err(|error| error.to_string())?;
    let order = [&split.train_rows[..], &split.held_out_rows].concat();
    for ((i, j), found) in back.indexed_iter() {
        let (given, std) = (rows[[order[i], j]], split.scale.std()[j]);
        // Rounding of f32 to the distance from the mean, and of f64 to what is added.
        let far = (given - split.scale.mean()[j]).abs() + std;
        let tolerance = 2e-7 * far + 1e-15 * given.abs().max(split.scale.mean()[j].abs());
        if found.is_nan() || (found - given).abs() > tolerance {
            return Err(format!("{given:e} came back as {found:e}"));
        }
    }
    Ok(())
}

/// Names of columns as labels: drawn, and told in the alternative text.
fn labels(draw: &Draw) -> Result<(), String> {
    let n = draw.one(&[0, 1, 3, 20, 5000]);
    let piece = text(draw, 3);
    let name = piece.repeat(n);
    let figure = Panel::new()
        .title(&name)
        .x_label(&verbatim(&name))
        .y_label(&name)
        .line(&name, 0..3, 0..3)
        .figure("A line.");
    let figure = figure.map_err(|error| error.to_string())?;
    if figure.svg().len() > 20_000 + 20 * name.len() {
        return Err(format!(
            "{} bytes for a name of {}",
            figure.svg().len(),
            name.len()
        ));
    }
    match !figure.alt().contains(|c: char| c.is_control()) {
        true => Ok(()),
        false => Err(format!("{:?}", figure.alt())),
    }
}
