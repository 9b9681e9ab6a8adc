//! Clothes come from their file, or an error says that it is not that file.

use diffusion_intuition::{Error, data};

fn path() -> String {
    format!("{}/data/fashion.bin", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn clothes_have_their_sizes_and_levels() {
    let split = data::fashion(path()).unwrap();
    for (part, of_class) in [
        (&split.train, 400),
        (&split.judge, 100),
        (&split.held_out, 100),
    ] {
        assert_eq!(
            (part.len(), part.rows.dim()),
            (10 * of_class, (10 * of_class, 784))
        );
        assert_eq!(
            (part.height, part.width, part.channels, part.classes),
            (28, 28, 1, 10)
        );
        for class in 0..10 {
            assert_eq!(part.of_class(class).unwrap().nrows(), of_class);
        }
        let level = |x: &f32| (x + 1.0) * 7.5;
        // A level is exact to the rounding of x/7.5 − 1 and back.
        assert!(
            part.rows
                .iter()
                .all(|x| (level(x) - level(x).round()).abs() < 1e-5)
        );
        assert_eq!(part.rows.iter().fold(1.0_f32, |m, x| m.min(*x)), -1.0);
        assert_eq!(part.rows.iter().fold(-1.0_f32, |m, x| m.max(*x)), 1.0);
    }
}

/// Sums of grey levels, computed from the original files with nothing of this crate: of the first picture of each part,
/// and of each part as a whole.
#[test]
fn clothes_are_the_sources() {
    let split = data::fashion(path()).unwrap();
    for (part, first, all) in [
        (&split.train, 4968, 13_479_782),
        (&split.judge, 4957, 3_404_492),
        (&split.held_out, 4948, 3_349_392),
    ] {
        let levels = |x: &f32| ((x + 1.0) * 7.5).round() as u64;
        assert_eq!(part.rows.row(0).iter().map(levels).sum::<u64>(), first);
        assert_eq!(part.rows.iter().map(levels).sum::<u64>(), all);
    }
}

/// From the darkest on: sandals, sneakers, trousers, dresses, boots, T-shirts, shirts, bags, pullovers, coats. No two
/// classes have the same mean, and all parts agree.
#[test]
fn clothes_are_of_their_classes() {
    let split = data::fashion(path()).unwrap();
    for part in [&split.train, &split.judge, &split.held_out] {
        let mean = |class: usize| part.of_class(class).unwrap().mean().unwrap();
        let means: Vec<f32> = (0..10).map(mean).collect();
        let mut order: Vec<usize> = (0..10).collect();
        order.sort_by(|a, b| means[*a].total_cmp(&means[*b]));
        assert_eq!(order, [5, 7, 1, 3, 9, 0, 6, 8, 2, 4]);
    }
}

#[test]
fn another_file_or_none_is_named() {
    let error = data::fashion("nowhere/fashion.bin").unwrap_err();
    assert!(
        matches!(&error, Error::File { file, .. } if file == "nowhere/fashion.bin"),
        "{error}"
    );
    // A bit turned somewhere, an end that is missing, no zlib at all, and zlib of something else.
    let made = std::fs::read(path()).unwrap();
    let mut turned = made.clone();
    turned[1000] ^= 1;
    let other = miniz_oxide::deflate::compress_to_vec_zlib(b"another file", 6);
    let much = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 2_000_000], 6);
    // What is longer than the pictures is not unpacked to its end.
    for (bytes, said) in [
        (&turned[..], "damaged"),
        (&made[..100_000], "zlib cannot unpack it"),
        (b"P5 28 28 15", "zlib cannot unpack it"),
        (&[], "zlib cannot unpack it"),
        (&other, "the hash of what it holds"),
        (&much, "zlib cannot unpack it"),
    ] {
        let damaged = std::env::temp_dir().join(format!("damaged-{}.bin", std::process::id()));
        std::fs::write(&damaged, bytes).unwrap();
        let error = data::fashion(&damaged).unwrap_err();
        std::fs::remove_file(&damaged).unwrap();
        assert!(
            matches!(error, Error::File { .. }) && error.to_string().contains(said),
            "{error}"
        );
    }
}
