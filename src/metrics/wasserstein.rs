//! The 1-Wasserstein distance: in one dimension exactly, in many by distances in one.

use ndarray::{Array2, ArrayRef, Dimension, aview1};

use super::sample::{columns, sorted, steps};
use crate::bisection::bisect;
use crate::check;
use crate::error::Result;
use crate::mixture::Mixture;
use crate::parallel::*;
use crate::rng::Rng;

/// W₁ = ∫ |F_a(x) − F_b(x)| dx between two samples of any sizes, shape (n) or (n, 1): how far, on average, mass must
/// be moved to turn one into the other, in the unit of the values.
///
/// In one dimension that is the area between the distribution functions (Vallender 1974); for samples of
/// equal size, the mean distance of the i-th smallest values. Exact up to rounding.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) for another shape; [`Error::Empty`](crate::Error::Empty) if a sample is
/// empty; [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values.
pub fn wasserstein_two_sample<A, D, B, E>(a: &ArrayRef<A, D>, b: &ArrayRef<B, E>) -> Result<f64>
where
    A: Copy + Into<f64>,
    D: Dimension,
    B: Copy + Into<f64>,
    E: Dimension,
{
    let (a, b) = (sorted("first sample", a)?, sorted("second sample", b)?);
    Ok(of_sorted(&a, &b))
}

/// W₁ = ∫ |F_n(x) − F(x)| dx between a sample, shape (n) or (n, 1), and the exact distribution of a one-dimensional
/// mixture.
///
/// Between two neighbouring values F_n is constant, and the integral of F is known: ∫_{−∞}^x Φ = x Φ(x) +
/// φ(x) for the normal law. Exact up to rounding.
///
/// # Errors
/// As [`wasserstein_two_sample`]; [`Error::Shape`](crate::Error::Shape) if the mixture is not one-dimensional.
pub fn wasserstein_one_sample<T: Copy + Into<f64>, D: Dimension>(
    sample: &ArrayRef<T, D>,
    exact: &Mixture,
) -> Result<f64> {
    let values = sorted("sample", sample)?;
    let cdf = exact.cdf(&aview1(&values))?;
    let parts: Vec<Part> = exact
        .parts()
        .map(|(w, c)| (w, c.mean()[0], c.std()))
        .collect();
    let (n, last) = (values.len() as f64, values.len() - 1);
    let mut sum = below(&parts, values[0]) + above(&parts, values[last]);
    for i in 0..last {
        let (from, to) = (values[i], values[i + 1]);
        let level = (i + 1) as f64 / n;
        // ∫ (F − level) up to where F crosses the level, and from there on, where the sign changes.
        let crossing = if cdf[i] >= level {
            from
        } else if cdf[i + 1] <= level {
            to
        } else {
            bisect(from, to, |x| {
                let part = |(w, mean, std): &Part| w * normal_cdf((x - mean) / std);
                parts.iter().map(part).sum::<f64>() < level
            })
        };
        let area = |a: f64, b: f64| below(&parts, b) - below(&parts, a) - level * (b - a);
        sum += area(crossing, to) - area(from, crossing);
    }
    Ok(sum)
}

/// Sliced 1-Wasserstein distance: the mean, over `projections` random directions θ, of the W₁ distance
/// between the two samples projected on θ. Shapes (n, d) and (m, d).
///
/// SW₁ = E_θ W₁(θ·a, θ·b) with θ uniform on the unit sphere (Rabin et al. 2011; Bonneel et al. 2015), in the
/// unit of the values. For d = 1 it is W₁ itself. Directions are drawn from `rng`: the mean over them varies
/// from seed to seed, by about 1/√`projections` of what W₁ varies with the direction. In parallel, the same
/// bits at any thread count; sorting takes most of the time.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) if a sample or the number of directions is 0;
/// [`Error::Shape`](crate::Error::Shape) if the numbers of columns differ;
/// [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values;
/// [`Error::Size`](crate::Error::Size) for more directions than memory can hold.
pub fn sliced_wasserstein(
    a: &Array2<f32>,
    b: &Array2<f32>,
    projections: usize,
    rng: &mut Rng,
) -> Result<f64> {
    let d = a.ncols();
    let [a, b] = columns(a, b)?;
    check::not_empty("list of projections", projections)?;
    check::elements::<f64>("directions of projection", &[projections, d])?;
    let directions: Vec<Vec<f64>> = (0..projections).map(|_| direction(d, rng)).collect();
    let distances: Vec<f64> = directions
        .par_iter()
        .map(|direction| of_sorted(&projected(&a, direction), &projected(&b, direction)))
        .collect();
    // Summed in the order of the directions, whatever the order in which they were done.
    Ok(distances.iter().sum::<f64>() / projections as f64)
}

/// [`wasserstein_two_sample`] of values in rising order.
fn of_sorted(a: &[f64], b: &[f64]) -> f64 {
    if a.len() == b.len() {
        let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        return gaps.sum::<f64>() / a.len() as f64;
    }
    let next = steps(a, b).skip(1);
    let areas = steps(a, b).zip(next);
    areas
        .map(|((x, gap), (next, _))| gap.abs() * (next - x))
        .sum()
}

/// Uniform on the unit sphere in d dimensions: a normal vector, scaled to length 1 (Muller 1959).
fn direction(d: usize, rng: &mut Rng) -> Vec<f64> {
    let mut normal = vec![0.0_f32; d];
    loop {
        rng.fill_serial(&mut normal);
        let components = normal.iter().map(|x| f64::from(*x));
        let length = components.clone().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            return components.map(|x| x / length).collect();
        }
    }
}

/// Scalar products of all rows with `direction`, in rising order.
fn projected(columns: &[Vec<f64>], direction: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; columns[0].len()];
    for (column, weight) in columns.iter().zip(direction) {
        for (value, x) in values.iter_mut().zip(column) {
            *value += weight * x;
        }
    }
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Weight, mean and standard deviation of a component.
type Part = (f64, f64, f64);

/// ∫_{−∞}^x F.
fn below(parts: &[Part], x: f64) -> f64 {
    let part = |(w, mean, std): &Part| w * std * normal_below((x - mean) / std);
    parts.iter().map(part).sum()
}

/// ∫_x^∞ (1 − F).
fn above(parts: &[Part], x: f64) -> f64 {
    let part = |(w, mean, std): &Part| w * std * normal_below((mean - x) / std);
    parts.iter().map(part).sum()
}

/// ∫_{−∞}^z Φ = z Φ(z) + φ(z).
fn normal_below(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    z * normal_cdf(z) + density
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}
