//! The digits are those of their source, in parts that share none; pictures are checked.

use std::collections::HashSet;

use diffusion_intuition::data::{self, Pictures};
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

/// The source's numbers in its order, pixels and then the digit, by FNV-1a: computed from the `digits.csv` of
/// scikit-learn's wheel with nothing of this crate.
const SOURCE: u64 = 0x7768_69cc_e379_5967;

/// The file's pictures: grey levels and digit.
fn of_the_file() -> Vec<(Vec<u8>, u8)> {
    let path = format!("{}/data/digits.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digit = |c: char| c.to_digit(17).unwrap() as u8;
    let picture = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        (
            fields[2].chars().map(digit).collect(),
            fields[1].parse().unwrap(),
        )
    };
    lines.map(picture).collect()
}

#[test]
fn the_file_holds_the_sources_numbers() {
    let bytes = of_the_file().into_iter().flat_map(|(mut pixels, digit)| {
        pixels.push(digit);
        pixels
    });
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(hash, SOURCE);
}

/// No two of the 1,797 pictures are equal, so that a picture in two parts would be missed among all of them.
#[test]
fn parts_are_disjoint_and_complete() {
    let split = data::digits();
    let mut found = HashSet::new();
    for part in [&split.train, &split.held_out, &split.judge] {
        assert_eq!(
            (part.height, part.width, part.channels, part.classes),
            (8, 8, 1, 10)
        );
        assert_eq!(part.rows.dim(), (part.len(), 64));
        for (row, label) in part.rows.rows().into_iter().zip(&part.labels) {
            // x/8 − 1 is exact in f32, and so is the way back.
            let greys: Vec<u8> = row.iter().map(|x| (8.0 * (x + 1.0)) as u8).collect();
            assert!(
                greys
                    .iter()
                    .zip(row)
                    .all(|(grey, x)| f32::from(*grey) / 8.0 - 1.0 == *x)
            );
            found.insert((greys, *label as u8));
        }
    }
    let source: HashSet<_> = of_the_file().into_iter().collect();
    assert_eq!(source.len(), 1797);
    assert_eq!(found, source);
    assert_eq!(
        split.train.len() + split.held_out.len() + split.judge.len(),
        1797
    );
}

#[test]
fn every_part_has_every_digit() {
    let split = data::digits();
    for digit in 0..10 {
        assert!((94..=103).contains(&split.train.of_class(digit).unwrap().nrows()));
        assert_eq!(split.held_out.of_class(digit).unwrap().nrows(), 30);
        assert_eq!(split.judge.of_class(digit).unwrap().nrows(), 50);
    }
    let error = split.judge.of_class(10).unwrap_err();
    assert_eq!(
        error,
        Error::Label {
            label: 10,
            classes: 10
        }
    );
}

#[test]
fn pictures_of_a_class_are_its_rows_in_order() {
    let rows = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let pictures = Pictures::new(rows, vec![1, 0, 1], [1, 2, 1], 2).unwrap();
    assert_eq!(
        pictures.of_class(1).unwrap(),
        array![[1.0, 2.0], [5.0, 6.0]]
    );
    assert!(!pictures.is_empty());
}

#[test]
fn what_are_no_pictures_is_refused() {
    let rows = || Rng::new(0).standard_normal(3, 12).unwrap();
    let new = |rows: Array2<f32>, labels: &[usize], size, classes| {
        Pictures::new(rows, labels.to_vec(), size, classes).unwrap_err()
    };
    assert!(Pictures::new(rows(), vec![0, 1, 2], [2, 2, 3], 3).is_ok());
    let wrong = new(rows(), &[0, 1, 2], [2, 3, 3], 3);
    assert!(
        matches!(
            wrong,
            Error::Shape {
                what: "pictures",
                ..
            }
        ),
        "{wrong}"
    );
    let few = new(rows(), &[0, 1], [2, 2, 3], 3);
    assert!(
        matches!(
            few,
            Error::Shape {
                what: "pictures",
                ..
            }
        ),
        "{few}"
    );
    let label = new(rows(), &[0, 3, 2], [2, 2, 3], 3);
    assert_eq!(
        label,
        Error::Label {
            label: 3,
            classes: 3
        }
    );
    assert!(matches!(
        new(rows(), &[0; 3], [0, 2, 3], 3),
        Error::Empty { .. }
    ));
    assert!(matches!(
        new(rows(), &[0; 3], [2, 2, 3], 0),
        Error::Empty { .. }
    ));
    assert!(matches!(
        new(rows(), &[0; 3], [usize::MAX, 2, 3], 3),
        Error::Size { .. }
    ));
    let mut changed = Pictures::new(rows(), vec![0, 1, 1], [2, 2, 3], 3).unwrap();
    assert_eq!(changed.of_class(1).unwrap().dim(), (2, 12));
    changed.labels.push(1);
    assert!(matches!(changed.of_class(1), Err(Error::Shape { .. })));
    let mut broken = rows();
    broken[[1, 2]] = f32::NAN;
    let error = new(broken, &[0; 3], [2, 2, 3], 3);
    assert!(
        matches!(error, Error::NotFinite { index: 14, .. }),
        "{error}"
    );
}
