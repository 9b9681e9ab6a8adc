//! The generator is xoshiro256++ to the bit, its streams are apart, and its normals are normal.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use diffusion_intuition::{Mixture, Rng};
use ndarray::{Array1, array};
use rand::{Rng as _, SeedableRng};

use crate::support::{
    KS_ALPHA, assert_close, assert_mean, assert_same_at_any_thread_count, golden, to_f64,
};

fn words(rng: &mut Rng, n: usize) -> Vec<u64> {
    (0..n).map(|_| rng.next_u64()).collect()
}

fn golden_words(stream: &str) -> Vec<u64> {
    let rows = golden("rng.csv", false);
    let row = rows.iter().find(|row| row[0] == stream).unwrap();
    row[1..].iter().map(|word| word.parse().unwrap()).collect()
}

/// The vector that the authors' C code gives from the state 1, 2, 3, 4 (as published with it).
const REFERENCE: [u64; 10] = [
    41943041,
    58720359,
    3588806011781223,
    3591011842654386,
    9228616714210784205,
    9973669472204895162,
    14011001112246962877,
    12406186145184390807,
    15849039046786891736,
    10450023813501588000,
];

#[test]
fn the_published_reference_stream() {
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(1_u64..) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    let mut rng = Rng::from_seed(seed);
    assert_eq!(words(&mut rng, 10), REFERENCE);
    // The independent script gives the same.
    assert_eq!(golden_words("state 1 2 3 4"), REFERENCE[..8]);
}

/// Against `tests/golden/rng.py`: SplitMix64 seeding, and forks.
#[test]
fn seeds_and_forks_are_the_stated_ones() {
    for seed in [0, 1, u64::MAX] {
        let expected = golden_words(&format!("new({seed})"));
        assert_eq!(words(&mut Rng::new(seed), 8), expected, "seed {seed}");
    }
    let mut parent = Rng::new(7);
    let (mut first, mut second) = (parent.fork(), parent.fork());
    assert_eq!(words(&mut first, 8), golden_words("new(7) first fork"));
    assert_eq!(words(&mut second, 8), golden_words("new(7) second fork"));
    assert_eq!(
        words(&mut parent, 8),
        golden_words("new(7) after two forks")
    );
}

/// What a seed yields is a promise: chunks of 4096, each from a fork, each 16 lanes of Box–Muller pairs.
#[test]
fn a_fill_is_the_stated_one() {
    let mut values = vec![0.0; 5000];
    Rng::new(3).fill_standard_normal(&mut values);
    let rows = golden("normal.csv", false);
    assert_eq!(rows.len(), 192);
    for row in rows {
        let i: usize = row[0].parse().unwrap();
        let expected: f64 = row[1].parse().unwrap();
        // Some ten roundings to f32 of values up to 4, and a logarithm and a sine good to 2e-7.
        assert_close(i, f64::from(values[i]), expected, 2e-6);
    }
}

/// Chunks are independent of what follows them: a short fill is the start of a long one.
#[test]
fn a_short_fill_is_the_start_of_a_long_one() {
    let mut long = vec![0.0; 50_000];
    Rng::new(3).fill_standard_normal(&mut long);
    for n in [0, 1, 31, 33, 4095, 4096, 4097, 10_000, 32_767, 32_769] {
        let mut rng = Rng::new(3);
        let mut short = vec![f32::NAN; n];
        rng.fill_standard_normal(&mut short);
        assert!(short == long[..n], "n = {n}");
        // The generator has given one fork a chunk.
        let mut parent = Rng::new(3);
        for _ in 0..n.div_ceil(4096) {
            parent.fork();
        }
        assert_eq!(rng, parent, "after n = {n}");
    }
}

fn million() -> Vec<f32> {
    let mut values = vec![0.0; 1_000_000];
    Rng::new(11).fill_standard_normal(&mut values);
    values
}

/// E z, E z², E z³, E z⁴ of N(0, 1) are 0, 1, 0, 3.
#[test]
fn normals_have_the_moments_of_n_0_1() {
    let values = to_f64(&million());
    for (power, expected) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
        let powers: Vec<f64> = values.iter().map(|z| z.powi(power)).collect();
        assert_mean(format_args!("E z^{power}"), &powers, expected);
    }
}

#[test]
fn normals_have_the_distribution_function_of_n_0_1() {
    let values = Array1::from(million());
    let normal = Mixture::isotropic(&array![[0.0]], 1.0).unwrap();
    let distance = ks_one_sample(&values, &normal).unwrap();
    let critical = ks_critical(values.len(), usize::MAX, KS_ALPHA).unwrap();
    assert!(distance < critical, "{distance} against {critical}");
    // Beyond 4.5 and 5 standard deviations, where KS is blind: expected counts 6.8 and 0.57.
    let beyond = |z: f32| values.iter().filter(|v| v.abs() > z).count();
    assert!(
        (1..=30).contains(&beyond(4.5)),
        "Poisson(6.8): outside with probability 1e-3"
    );
    assert!(beyond(6.5) == 0, "probability 8e-5");
}

/// Within chunks and across their borders: lag 1 crosses 244 borders, lag 4096 always; a pair of Box and
/// Muller is 16 apart, its generators turn out the next pair 32 later.
#[test]
fn normals_are_uncorrelated() {
    let values = to_f64(&million());
    for lag in [1, 2, 16, 32, 4095, 4096, 4097, 8192] {
        let pairs = values.iter().zip(&values[lag..]);
        let products: Vec<f64> = pairs.map(|(a, b)| a * b).collect();
        assert_mean(format_args!("lag {lag}"), &products, 0.0);
    }
    let borders = (4096..values.len()).step_by(4096);
    let products: Vec<f64> = borders.map(|i| values[i - 1] * values[i]).collect();
    assert_eq!(products.len(), 244);
    // A bound of 6/√244 = 0.38 against the 1 of a stream that goes on with a copy.
    assert_mean("across borders", &products, 0.0);
}

#[test]
fn a_seed_gives_the_same_bits_at_any_thread_count() {
    assert_same_at_any_thread_count(million);
}

/// Clones repeat, seeds differ, bytes are the words in little-endian order.
#[test]
fn clones_seeds_and_bytes() {
    let mut rng = Rng::new(5);
    let mut copy = rng.clone();
    assert_eq!(words(&mut rng, 3), words(&mut copy, 3));
    assert_eq!(rng, copy);
    assert_ne!(Rng::new(5), Rng::new(6));
    let mut bytes = [0; 16];
    Rng::new(5).fill_bytes(&mut bytes);
    let expected: Vec<u8> = words(&mut Rng::new(5), 2)
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .collect();
    assert_eq!(bytes.to_vec(), expected);
    // 32 bits are half of a word.
    let word = words(&mut Rng::new(5), 1)[0];
    let half = Rng::new(5).next_u32();
    assert!(half == word as u32 || half == (word >> 32) as u32);
}
