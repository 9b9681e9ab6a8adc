//! Standard normal noise: its generators, its formula, its bits at any width of vectors, its tails.

use diffusion_intuition::Rng;
use fearless_simd::Level;
use rand::{Rng as _, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

use normal::{LANES, Lanes, box_muller, fill_at};

/// With what the crate keeps to itself.
#[path = "../../src/rng/normal.rs"]
#[allow(dead_code)]
mod normal;

#[test]
fn lanes_are_generators_of_rand_xoshiro() {
    let mut seeds = Rng::new(1);
    let mut references: Vec<_> = (0..LANES)
        .map(|_| Xoshiro128PlusPlus::from_rng(&mut seeds))
        .collect();
    let mut seeds = Rng::new(1);
    let mut lanes = Lanes::new(|| seeds.next_u64());
    for _ in 0..1000 {
        let expected = references.iter_mut().map(|rng| rng.next_u32());
        assert!(lanes.next().into_iter().eq(expected));
    }
}

#[test]
fn vector_width_changes_no_bit() {
    for n in [1, 2, 31, 32, 33, 4096] {
        let filled = |level| {
            let mut seeds = Rng::new(n as u64);
            let mut out = vec![0.0_f32; n];
            fill_at(level, &mut out, || seeds.next_u64());
            out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(filled(Level::new()), filled(Level::baseline()), "{n}");
    }
}

/// The formula in f64 with std's functions. Error: a few roundings of r and of the angle.
#[test]
fn values_are_box_muller() {
    let mut rng = Rng::new(2);
    let corners = [
        0,
        1,
        0xff,
        0x100,
        0x7fff_ffff,
        0x8000_0000,
        0x8000_00ff,
        u32::MAX,
    ];
    let corners = corners.iter().flat_map(|a| corners.map(|b| (*a, b)));
    let drawn: Vec<_> = (0..100_000)
        .map(|_| (rng.next_u32(), rng.next_u32()))
        .collect();
    for (a, b) in corners.chain(drawn) {
        let bits = u64::from(a) << 8 | u64::from(b & 0xff);
        let u = (bits as f64 + 0.5) / 2_f64.powi(40);
        let half = f64::from(b >> 8 & 0x7f_ffff) + 0.5;
        let phi = (half / 2_f64.powi(23) - 0.5) * std::f64::consts::PI;
        let r = (-2.0 * u.ln()).sqrt() * if b >> 31 == 0 { 1.0 } else { -1.0 };
        let (x, y) = box_muller(a, b);
        // u near 1 is rounded to a multiple of 2⁻²⁴: r is then that of the nearest such u.
        let tolerance = 1e-6 * r.abs() + 6e-8 / r.abs().max(2.4e-4);
        for (found, expected) in [(x, r * phi.cos()), (y, r * phi.sin())] {
            let error = (f64::from(found) - expected).abs();
            assert!(error <= tolerance, "{a:#x} {b:#x}: {found} for {expected}");
        }
    }
    let largest = box_muller(0, 0x4000_0000).0; // the least u, φ next to 0
    assert!((largest - 7.539).abs() < 1e-3, "{largest}");
}

/// 10⁸ draws against the normal law, in five standard deviations of each count.
#[test]
fn tails_have_the_right_mass() {
    const N: usize = 100_000_000;
    let mut values = vec![0.0; N / 100];
    let mut beyond = [0_u32; 6];
    let mut rng = Rng::new(3);
    for _ in 0..100 {
        rng.fill_standard_normal(&mut values);
        for (sigmas, count) in beyond.iter_mut().enumerate() {
            let limit = sigmas as f32;
            *count += values
                .iter()
                .map(|x| u32::from(x.abs() > limit))
                .sum::<u32>();
        }
    }
    for (sigmas, count) in beyond.into_iter().enumerate().skip(1) {
        let expected = N as f64 * libm::erfc(sigmas as f64 / 2_f64.sqrt());
        let error = f64::from(count) - expected;
        assert!(
            error.abs() < 5.0 * expected.sqrt(),
            "{sigmas}: {count} for {expected}"
        );
    }
}
