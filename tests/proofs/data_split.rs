//! Rows held out: every row in exactly one part, the scale from the training part alone.

use diffusion_intuition::data::{ColumnSummary, Csv, Split, parse_csv};
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
        others: 0,
    };
    assert_eq!(Split::new(&bad, 10, &mut rng), Err(constant));
}

#[test]
fn a_summary_has_a_line_a_column() {
    let table = parse_csv("height, \n1, 5\n3, 5\n1, 8\n3, 2\n").unwrap();
    assert_eq!(table.labels(), ["height", "column 2"]);
    let summary = table.summary().unwrap();
    assert_eq!(summary.caption(), "4 rows of 2 columns");
    let height = ColumnSummary {
        name: "height".to_owned(),
        mean: 2.0,
        std: 1.0,
        smallest: 1.0,
        largest: 3.0,
        different: 2,
        digits: 4,
    };
    let other = ColumnSummary {
        name: "column 2".to_owned(),
        mean: 5.0,
        std: 4.5_f64.sqrt(), // squares 0, 0, 9, 9
        smallest: 2.0,
        largest: 8.0,
        different: 3,
        digits: 4,
    };
    assert_eq!(summary.columns, [height, other]);
    let mut bare = Csv::new(&[], array![[1.0]]).unwrap();
    assert_eq!(bare.labels(), ["column 1"]);
    assert_eq!(bare.summary().unwrap().caption(), "1 rows of 1 column");
    // Fields are public: a table may lose its columns or its rows.
    for shape in [(1, 0), (0, 1), (0, 0)] {
        bare.rows = Array2::zeros(shape);
        assert!(matches!(bare.summary(), Err(Error::Empty { .. })));
        assert!(bare.remarks().is_empty());
    }
}

/// Seconds since 1970 and Julian dates: f32 holds 1700000000 and 1700000128, and nothing between them.
#[test]
fn large_numbers_close_together_stay_apart() {
    let offsets = [1_700_000_000.0, 2_460_000.0];
    let steps = [1.0, 6.9e-5];
    let rows = Array2::from_shape_fn((120, 2), |(i, j)| offsets[j] + steps[j] * i as f64);
    let split = Split::new(&rows, 30, &mut Rng::new(1)).unwrap();
    for j in 0..2 {
        let mut values: Vec<u32> = split.all().column(j).iter().map(|x| x.to_bits()).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 120, "column {j}");
    }
    let back = split.scale.inverse(&split.all()).unwrap();
    let order = [&split.train_rows[..], &split.held_out_rows].concat();
    for (i, row) in back.rows().into_iter().enumerate() {
        for j in 0..2 {
            // Rounding of a standardised value below 2 to f32, and of f64 at the size of the offset.
            let tolerance = 2_f64.powi(-24) * split.scale.std()[j] * 2.0 + 1e-15 * offsets[j];
            assert!((row[j] - rows[[order[i], j]]).abs() <= tolerance);
        }
    }
    let table = Csv::new(&["time", "jd"], rows).unwrap();
    let time = &table.summary().unwrap().columns[0];
    let shown = [time.smallest, time.largest].map(|x| format!("{x:.*e}", time.digits - 1));
    assert_eq!(shown, ["1.700000000e9", "1.700000119e9"]);
}

/// A value beside which the others are one in f32; and one that is beyond f32 where it is held out.
#[test]
fn what_drowns_its_column_is_refused() {
    for (value, at) in [(3e38, 5), (-1e300, 39), (1e300, 0), (1e14, 17)] {
        let mut bad = rows().mapv(f64::from);
        bad[[at, 1]] = value;
        for seed in 0..5 {
            let found = Split::new(&bad, 10, &mut Rng::new(seed));
            match found.unwrap_err() {
                Error::Outlier {
                    row,
                    column,
                    value: v,
                } => {
                    assert_eq!((row, column, v), (at, 1, value));
                }
                other => panic!("{value}: {other}"),
            }
        }
    }
    // A thousand times the spread is a question of taste.
    let mut far = rows().mapv(f64::from);
    far[[3, 1]] = 1e6;
    assert!(Split::new(&far, 10, &mut Rng::new(0)).is_ok());
    let vast = rows().mapv(|x| f64::from(x) * 1e290);
    let found = Split::new(&vast, 10, &mut Rng::new(0)).unwrap_err();
    assert!(
        found.to_string().contains("between -1e290 and 1e290"),
        "{found}"
    );
    let tiny = rows().mapv(|x| f64::from(x) * 1e-300);
    let found = Split::new(&tiny, 10, &mut Rng::new(0))
        .unwrap_err()
        .to_string();
    assert!(found.contains("at least 1e-290"), "{found}");
    let small = rows().mapv(|x| f64::from(x) * 1e-200);
    assert_eq!(
        Split::new(&small, 10, &mut Rng::new(0))
            .unwrap()
            .train
            .dim(),
        (30, 2)
    );
}

/// One value in 40 differs: with some seeds none does among the rows to train on.
#[test]
fn a_column_that_training_sees_constant_is_refused() {
    let mut nearly = rows();
    nearly.column_mut(1).fill(4.0);
    nearly[[7, 1]] = 5.0;
    let (mut refused, mut taken) = (0, 0);
    for seed in 0..40 {
        match Split::new(&nearly, 10, &mut Rng::new(seed)) {
            Ok(split) => {
                assert!(split.train_rows.contains(&7));
                taken += 1;
            }
            Err(error) => {
                let (column, value, others) = (1, 4.0, 1);
                assert_eq!(
                    error,
                    Error::ConstantColumn {
                        column,
                        value,
                        others
                    }
                );
                let said = error.to_string();
                assert!(
                    said.contains("in the rows to learn from, and other values in 1"),
                    "{said}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && taken > 0, "{refused} {taken}");
}

#[test]
fn doubtful_values_are_remarked_on() {
    let mut lines: Vec<String> = (0..60).map(|i| format!("{},{}", 15 + i % 7, i)).collect();
    lines[30] = "99999,30".to_owned();
    let table = parse_csv(&format!("a_b,id\n{}\n", lines.join("\n"))).unwrap();
    let remarks = table.remarks();
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(
        remarks[0].starts_with("a_b: 99999 (line 32) is "),
        "{remarks:?}"
    );
    assert!(remarks[1].starts_with("id counts up by one"), "{remarks:?}");
    for at in [4, 8, 40] {
        lines[at] = format!("-99,{at}");
    }
    lines[30] = "18,30".to_owned();
    let table = parse_csv(&lines.join("\n")).unwrap();
    assert!(table.remarks()[0].starts_with("column 1: -99 (line 5 and 2 more) is "));
}
