//! Rows held out: every row in exactly one part, the scale from the training part alone.

use diffusion_intuition::data::{Csv, Split, parse_csv};
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, Axis, array, concatenate};

/// 40 rows of two columns that tell all rows apart.
fn rows() -> Array2<f32> {
    Array2::from_shape_fn((40, 2), |(i, j)| (i * i) as f32 - 300.0 * j as f32)
}

#[test]
fn every_row_is_in_one_part() {
    let split = Split::new(&rows(), 10, &mut Rng::new(1)).unwrap();
    assert_eq!(split.train.dim(), (30, 2));
    assert_eq!(split.held_out.dim(), (10, 2));
    let all = split.scale.inverse(&split.all()).unwrap();
    let whole = concatenate![Axis(0), split.train, split.held_out];
    assert_eq!(split.all(), whole);
    // The values are whole numbers up to 1521: rounding there and back is below 1e-3.
    let mut found: Vec<i64> = all.column(0).iter().map(|x| x.round() as i64).collect();
    found.sort_unstable();
    assert_eq!(found, (0..40).map(|i| i * i).collect::<Vec<i64>>());
    for row in all.rows() {
        assert!(
            (row[0] - row[1] - 300.0).abs() < 1e-3,
            "columns of a row stay together"
        );
    }
    let again = Split::new(&rows(), 10, &mut Rng::new(1)).unwrap();
    let other = Split::new(&rows(), 10, &mut Rng::new(2)).unwrap();
    assert_eq!(again, split);
    assert_ne!(other.held_out, split.held_out);
}

#[test]
fn the_scale_is_that_of_the_training_rows() {
    let split = Split::new(&rows(), 10, &mut Rng::new(1)).unwrap();
    for column in split.train.columns() {
        let values: Vec<f64> = column.iter().map(|x| f64::from(*x)).collect();
        let mean = values.iter().sum::<f64>() / 30.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 30.0;
        // f32 values of about 1: rounding of 6e-8 each.
        assert!(mean.abs() < 1e-6, "{mean}");
        assert!((variance - 1.0).abs() < 1e-6, "{variance}");
    }
    // Ten rows have, by chance, not the mean of the thirty.
    assert!(split.held_out.column(0).mean().unwrap().abs() > 1e-3);
}

#[test]
fn what_cannot_be_split_is_refused() {
    let mut rng = Rng::new(0);
    for held_out in [0, 1, 39, 40, usize::MAX] {
        let found = Split::new(&rows(), held_out, &mut rng);
        assert!(matches!(found, Err(Error::Parameter { .. })), "{held_out}");
    }
    assert!(Split::new(&rows(), 38, &mut rng).is_ok());
    let mut bad = rows();
    bad[[3, 1]] = f32::NAN;
    assert!(matches!(
        Split::new(&bad, 10, &mut rng),
        Err(Error::NotFinite { index: 7, .. })
    ));
    bad.column_mut(1).fill(4.0);
    let constant = Error::ConstantColumn {
        column: 1,
        value: 4.0,
    };
    assert_eq!(Split::new(&bad, 10, &mut rng), Err(constant));
}

#[test]
fn a_summary_has_a_line_a_column() {
    let table = parse_csv("height, \n1, 5\n3, 5\n1, 8\n3, 2\n").unwrap();
    assert_eq!(table.labels(), ["height", "column 2"]);
    let text = table.summary().unwrap().text();
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0].join(" "), "4 rows of 2 columns");
    assert_eq!(
        lines[3],
        ["height", "2.000", "1.000", "1.000", "3.000", "2"]
    );
    // Mean 5, squares 0, 0, 9, 9: variance 4.5.
    assert_eq!(
        lines[4],
        ["column", "2", "5.000", "2.121", "2.000", "8.000", "3"]
    );
    let bare = Csv {
        names: Vec::new(),
        rows: array![[1.0]],
    };
    assert_eq!(bare.labels(), ["column 1"]);
    assert!(
        bare.summary()
            .unwrap()
            .text()
            .starts_with("1 rows of 1 column\n")
    );
}
