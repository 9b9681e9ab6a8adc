//! Student's t distribution, for the intervals of a few measurements.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, SQRT_2};

/// The t that a t-distributed number with `degrees` ≥ 1 degrees of freedom stays within (−t, t) with
/// probability `probability` in (0, 1).
pub(super) fn student_quantile(probability: f64, degrees: usize) -> f64 {
    if degrees > MOST_DEGREES {
        return nearly_normal_quantile(probability, degrees as f64);
    }
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // 60 halvings leave less than the spacing of f64.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if within(middle, degrees) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    (degrees as f64).sqrt() * low.tan()
}

/// Beyond this the sum of [`within`] takes long, and the series of [`nearly_normal_quantile`] is exact.
const MOST_DEGREES: usize = 1_000_000;

/// z + (z³ + z)/4ν (Abramowitz & Stegun 1964, 26.7.5), with the quantile z of the normal law. The next term is
/// below 1e-9 for any probability that f64 tells from 1.
fn nearly_normal_quantile(probability: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    // 60 halvings leave less than the spacing of f64.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if libm::erf(middle / SQRT_2) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (low.powi(3) + low) / (4.0 * degrees)
}

/// P(|T| < √degrees · tan θ) (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
fn within(theta: f64, degrees: usize) -> f64 {
    let (sin, cos) = theta.sin_cos();
    let is_odd = degrees % 2 == 1;
    // 1 + ⅔ cos² + (2·4)/(3·5) cos⁴ + …, or 1 + ½ cos² + (1·3)/(2·4) cos⁴ + …, up to cos^(degrees−3 or −2).
    let (mut term, mut sum) = (1.0, 0.0);
    let mut k = if is_odd { 3 } else { 2 };
    while k <= degrees {
        sum += term;
        term *= cos * cos * (k - 1) as f64 / k as f64;
        k += 2;
    }
    if is_odd {
        FRAC_2_PI * (theta + sin * cos * sum)
    } else {
        sin * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published two-sided values (Student's table), rounded to their last digit.
    #[test]
    fn quantiles_are_the_published_ones() {
        let table = [
            (0.95, 1, 12.706),
            (0.95, 2, 4.303),
            (0.95, 3, 3.182),
            (0.95, 4, 2.776),
            (0.95, 9, 2.262),
            (0.95, 10, 2.228),
            (0.95, 30, 2.042),
            (0.95, 120, 1.980),
            (0.99, 5, 4.032),
            (0.99, 29, 2.756),
            (0.5, 7, 0.711),
            (0.95, 1_000_000, 1.960),
            (0.95, usize::MAX, 1.960),
        ];
        for (probability, degrees, published) in table {
            let found = student_quantile(probability, degrees);
            assert!(
                (found - published).abs() <= 5e-4 + 1e-9,
                "{probability} {degrees}: {found} instead of {published}"
            );
        }
        // Where the sum hands over to the series, whose next term is below 1e-11. Half a million roundings of
        // the sum come to 3e-12, over the density: 3e-11 at 0.95.
        for probability in [0.5, 0.95] {
            let sum = student_quantile(probability, MOST_DEGREES);
            let series = nearly_normal_quantile(probability, MOST_DEGREES as f64);
            assert!((sum - series).abs() < 1e-9, "{probability}: {sum} {series}");
        }
    }
}
