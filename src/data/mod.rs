//! Data sets, drawn by this crate from stated distributions; scaling; numbers from files.
//!
//! The two-dimensional sets share one form. `name(n, rng)` draws `n` independent points, shape (n, 2), in
//! parallel and with the same bits at any thread count. Each distribution has mean 0 and variance 1 in both
//! coordinates, exactly and not only in the sample: it can be noised and learned as it is, and two sets of
//! points, drawn at different times, lie on the same scale. ([`ring`]'s variance is 1.005, for the sake of
//! round figures.)
//!
//! | set | what it is |
//! | --- | --- |
//! | [`bimodal`] | the chapter's 400 numbers in two heaps |
//! | [`moons`] | two half circles that hold each other |
//! | [`swiss_roll`] | one curve, rolled up |
//! | [`spiral`] | two curves, rolled up together |
//! | [`ring`] | 8 Gaussians on a circle, exactly known: [`ring_mixture`] |
//! | [`grid`] | 25 Gaussians in 5 rows, exactly known: [`grid_mixture`] |
//! | [`checkerboard`] | the black squares of a board of 4 × 4 |
//! | [`ferris`] | a crab |
//! | [`read_csv`] | your own numbers; [`Standardizer`] brings them to this scale and back, [`Split`] holds some out |

mod bimodal;
mod checkerboard;
mod csv;
mod csv_column;
mod csv_fields;
mod csv_header;
mod csv_number;
#[cfg(feature = "plot")]
mod csv_summary;
mod csv_table;
mod csv_text;
mod csv_write;
mod ferris;
mod gaussians;
mod moons;
mod spirals;
mod split;
mod standardizer;

use crate::parallel::*;
use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};

pub use bimodal::bimodal;
pub use checkerboard::checkerboard;
pub use csv::{Csv, parse_csv, read_csv, read_csv_from};
pub use csv_write::{csv_text, write_csv};
pub use ferris::ferris;
pub use gaussians::{grid, grid_mixture, grid_mixture_with, ring, ring_mixture, ring_mixture_with};
pub use moons::moons;
pub use spirals::{spiral, swiss_roll};
pub use split::Split;
pub use standardizer::Standardizer;

use crate::check;
use crate::error::{Error, Result};
use crate::rng::{CHUNK, Rng};

/// A point of the plane.
type Point = [f64; 2];

/// `n` independent points, each from `point` and then moved and scaled: (point − mean) / std.
fn draw(
    n: usize,
    rng: &mut Rng,
    mean: Point,
    std: Point,
    point: impl Fn(&mut Rng) -> Point + Sync,
) -> Result<Array2<f32>> {
    check_number(n)?;
    let piece = CHUNK / 2;
    let streams = rng.forks(n.div_ceil(piece));
    let mut points = Array2::zeros((n, 2));
    let values = points.as_slice_mut().expect("freshly made");
    values
        .par_chunks_mut(2 * piece)
        .zip(streams)
        .for_each(|(chunk, mut rng)| {
            for row in chunk.chunks_exact_mut(2) {
                let drawn = point(&mut rng);
                for axis in 0..2 {
                    row[axis] = ((drawn[axis] - mean[axis]) / std[axis]) as f32;
                }
            }
        });
    Ok(points)
}

/// Refuses no points, and more of them than memory can hold.
fn check_number(n: usize) -> Result<()> {
    if n == 0 {
        let what = "a data set of n = 0 points";
        return Err(Error::Empty { what });
    }
    check::elements::<f32>("points", &[n, 2]).map(|_| ())
}

/// `point` with N(0, std²) added to both coordinates.
fn blurred(point: Point, std: f64, rng: &mut Rng) -> Point {
    point.map(|x| {
        let z: f64 = StandardNormal.sample(rng);
        x + std * z
    })
}
