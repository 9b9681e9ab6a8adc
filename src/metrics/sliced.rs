//! Sliced Wasserstein: distances in many dimensions from distances in one.

use crate::parallel::*;
use ndarray::Array2;

use super::wasserstein::of_sorted;
use super::{check_pair, columns};
use crate::check;
use crate::error::{Error, Result};
use crate::rng::Rng;

/// Sliced 1-Wasserstein distance: the mean, over `projections` random directions θ, of the W₁ distance
/// between the two samples projected on θ. Shapes (n, d) and (m, d).
///
/// SW₁ = E_θ W₁(θ·a, θ·b) with θ uniform on the unit sphere (Rabin et al. 2011; Bonneel et al. 2015), in the
/// unit of the values. For d = 1 it is W₁ itself. Directions are drawn from `rng`: the mean over them varies
/// from seed to seed, by about 1/√`projections` of what W₁ varies with the direction. In parallel, the same
/// bits at any thread count; sorting takes most of the time.
///
/// # Errors
/// [`Error::Empty`] if a sample or the number of directions is 0; [`Error::Shape`] if the numbers of columns
/// differ; [`Error::NotFinite`] for NaN or infinite values; [`Error::Size`] for more directions than memory can
/// hold.
pub fn sliced_wasserstein(
    a: &Array2<f32>,
    b: &Array2<f32>,
    projections: usize,
    rng: &mut Rng,
) -> Result<f64> {
    check_pair(a, b)?;
    if projections == 0 {
        let what = "list of projections";
        return Err(Error::Empty { what });
    }
    check::elements::<f64>("directions of projection", &[projections, a.ncols()])?;
    let directions: Vec<Vec<f64>> = (0..projections)
        .map(|_| direction(a.ncols(), rng))
        .collect();
    let (a, b) = (columns(a), columns(b));
    let distances: Vec<f64> = directions
        .par_iter()
        .map(|direction| of_sorted(&projected(&a, direction), &projected(&b, direction)))
        .collect();
    // Summed in the order of the directions, whatever the order in which they were done.
    Ok(distances.iter().sum::<f64>() / projections as f64)
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
