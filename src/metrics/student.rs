//! Student's t distribution, for the intervals of a few measurements.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, SQRT_2};

use crate::bisection::bisect;

/// Beyond this the sum of [`within`] takes long, and the series for nearly normal numbers is exact.
const MOST_DEGREES: usize = 1_000_000;

/// The t that a t-distributed number with `degrees` ≥ 1 degrees of freedom stays within (−t, t) with
/// probability `probability` in (0, 1).
pub(super) fn student_quantile(probability: f64, degrees: usize) -> f64 {
    if degrees > MOST_DEGREES {
        // z + (z³ + z)/4ν (Abramowitz & Stegun 1964, 26.7.5), with the quantile z of the normal law. The next
        // term is below 1e-9 for any probability that f64 tells from 1.
        let z = bisect(0.0, 40.0, |z| libm::erf(z / SQRT_2) < probability);
        return z + (z.powi(3) + z) / (4.0 * degrees as f64);
    }
    let theta = bisect(0.0, FRAC_PI_2, |theta| within(theta, degrees) < probability);
    (degrees as f64).sqrt() * theta.tan()
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
    match is_odd {
        true => FRAC_2_PI * (theta + sin * cos * sum),
        false => sin * sum,
    }
}
