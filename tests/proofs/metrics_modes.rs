//! Mode coverage: each of its figures by hand, on the truth, and for generators with known faults.

use diffusion_intuition::metrics::{high_quality_ceiling, mode_coverage};
use diffusion_intuition::{Error, Gaussian, Mixture, Rng, data};
use ndarray::{Array2, array};

use crate::support::{SIGMAS, assert_all_close, assert_close};

/// Two modes, (0, 0) and (10, 0), of standard deviation 1, weights ¼ and ¾.
fn two_modes() -> Mixture {
    let part = |x: f64| Gaussian::isotropic(&[x, 0.0], 1.0).unwrap();
    Mixture::new(&[1.0, 3.0], vec![part(0.0), part(10.0)]).unwrap()
}

#[test]
fn every_figure_by_hand() {
    // At 0, 2.9 and 3.1 of the first mode, at exactly 3 of the second, and one between, nearer to the second.
    let samples = array![[0.0, 0.0], [0.0, 2.9], [0.0, 3.1], [13.0, 0.0], [5.5, 0.0]];
    let report = mode_coverage(&samples, &two_modes()).unwrap();
    assert_eq!((report.modes, report.covered), (2, 2));
    assert_eq!(report.counts, [3, 2]);
    assert_eq!(report.high_quality, 3.0 / 5.0);
    let kl = 0.6 * (0.6_f64 / 0.25).ln() + 0.4 * (0.4_f64 / 0.75).ln();
    assert_close("reverse KL", report.reverse_kl, kl, 1e-15);
    // Coordinates: (0, 0), (0, 2.9), (0, 3.1) with mean (0, 2); squares 4 + 0.81 + 1.21 over 2·2. And 13, 5.5.
    let stds = [
        (6.02_f64 / 4.0).sqrt(),
        (2.0 * 3.75_f64.powi(2) / 2.0).sqrt(),
    ];
    // f32 holds 2.9 and 3.1 to 1e-7.
    assert_all_close("stds", &report.stds, &stds, |_| 2e-7);
    let text = "2 of 2 modes covered, 60.00 % of high quality, reverse KL 0.2738";
    assert_eq!(report.to_string(), text);
}

/// A mode without samples counts nothing in the reverse KL; one with a stray sample is not covered.
#[test]
fn missing_modes_are_seen() {
    let report = mode_coverage(&array![[0.0, 0.1], [0.1, 0.0]], &two_modes()).unwrap();
    assert_eq!((report.covered, &report.counts[..]), (1, &[2, 0][..]));
    assert_close("reverse KL", report.reverse_kl, 4_f64.ln(), 1e-15);
    assert!(report.stds[0] > 0.0 && report.stds[1].is_nan());
    let report = mode_coverage(&array![[0.0, 0.1], [6.0, 0.0]], &two_modes()).unwrap();
    assert_eq!((report.covered, report.high_quality), (1, 0.5));
    assert!(report.stds.iter().all(|std| std.is_nan()));
}

/// Nearest and near are in the mode's own standard deviations, along its own axes.
#[test]
fn distances_are_in_standard_deviations_of_the_mode() {
    let wide = Gaussian::full(&[0.0, 0.0], &array![[5.0, 4.0], [4.0, 5.0]]).unwrap(); // 3 along (1, 1), 1 across
    let narrow = Gaussian::isotropic(&[7.0, 7.0], 0.5).unwrap();
    let law = Mixture::new(&[1.0, 1.0], vec![wide, narrow]).unwrap();
    let diagonal = |along: f32, across: f32| {
        let root = std::f32::consts::FRAC_1_SQRT_2;
        [root * (along - across), root * (along + across)]
    };
    let samples = array![
        diagonal(8.9, 0.0),
        diagonal(-9.1, 0.0),
        diagonal(0.0, 2.9),
        diagonal(0.0, -3.1)
    ];
    let report = mode_coverage(&samples, &law).unwrap();
    // (8.9, 0) is one unit from the other mode, but 2.00 of its standard deviations against 2.97.
    assert_eq!(
        (&report.counts[..], report.high_quality),
        (&[3, 1][..], 0.5)
    );
    let report = mode_coverage(&array![diagonal(8.0, 0.0)], &law).unwrap();
    // Here 2.67 of the wide one against 3.8 of the narrow one, although 8 units against 1.9.
    assert_eq!(
        (&report.counts[..], report.high_quality),
        (&[1, 0][..], 1.0)
    );
}

/// `scipy.stats.chi2.cdf(9, d)`, SciPy 1.17; sums of at most 32 terms below 1.
#[test]
fn ceilings_are_as_in_scipy() {
    for (d, expected) in [
        (1, 0.9973002039367398),
        (2, 0.9888910034617577),
        (3, 0.9707091134651118),
        (4, 0.9389005190396673),
        (9, 0.5627258110861331),
        (10, 0.4678964236252849),
        (64, 0.0),
    ] {
        assert_close(d, high_quality_ceiling(d).unwrap(), expected, 1e-14);
    }
    assert!(matches!(
        high_quality_ceiling(0),
        Err(Error::Parameter { .. })
    ));
}

/// The real data: every mode, the ceiling, shares and widths as they are, all within their scatter.
#[test]
fn the_truth_passes() {
    let law = data::ring_mixture();
    let n = 80_000;
    let report = mode_coverage(&data::ring(n, &mut Rng::new(1)).unwrap(), &law).unwrap();
    assert_eq!(report.covered, 8);
    let ceiling = high_quality_ceiling(2).unwrap();
    let tolerance = SIGMAS * (ceiling * (1.0 - ceiling) / n as f64).sqrt();
    assert_close("high quality", report.high_quality, ceiling, tolerance);
    // 2n·KL is χ² with 7 degrees of freedom: mean 7, standard deviation √14; 60 has probability 1e-10.
    assert!(report.reverse_kl > 0.0 && report.reverse_kl < 30.0 / n as f64);
    for std in &report.stds {
        // A standard deviation from some 10⁴ points of 2 coordinates, each with relative error 1/√(2·2·10⁴).
        let sigma = 0.05 * std::f64::consts::SQRT_2;
        assert_close("std", *std, sigma, SIGMAS * sigma / (4e4_f64).sqrt() * 1.05);
    }
    assert_eq!(report.counts.iter().sum::<usize>(), n);
}

/// A generator that loses a mode, one whose modes are too wide, one too narrow.
#[test]
fn faults_show_in_their_figures() {
    let law = data::ring_mixture();
    let real = data::ring(20_000, &mut Rng::new(2)).unwrap();
    // Right half plane only: 3 modes whole, and the halves of 2 (those at the top and at the bottom).
    let kept: Vec<usize> = (0..real.nrows()).filter(|i| real[[*i, 0]] > 0.3).collect();
    let lost = mode_coverage(&real.select(ndarray::Axis(0), &kept), &law).unwrap();
    assert_eq!(lost.covered, 3);
    assert_close("reverse KL", lost.reverse_kl, (8.0_f64 / 3.0).ln(), 0.01);
    let wide = data::ring_mixture_with(std::f64::consts::SQRT_2, 0.1 * std::f64::consts::SQRT_2);
    let wide = wide.unwrap().sample(20_000, &mut Rng::new(3)).unwrap();
    let report = mode_coverage(&wide, &law).unwrap();
    // Twice as wide: 1 − e^(−9/8) within three of the true standard deviations.
    let expected = 1.0 - (-9.0_f64 / 8.0).exp();
    assert_close(
        "wide",
        report.high_quality,
        expected,
        SIGMAS * 0.5 / 20_000_f64.sqrt(),
    );
    assert!(report.stds.iter().all(|std| (0.12..0.16).contains(std)));
}

#[test]
fn bad_samples_are_refused() {
    let law = two_modes();
    let what = "sample";
    assert_eq!(
        mode_coverage(&Array2::zeros((0, 2)), &law),
        Err(Error::Empty { what })
    );
    let error = mode_coverage(&Array2::zeros((4, 3)), &law)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "sample: shape [4, 3], expected [4, 2]");
    let error = mode_coverage(&array![[0.0, f32::NAN]], &law)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "sample: value 1 is NaN, expected a finite number");
}
