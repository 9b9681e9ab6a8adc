//! Bounds for x̂0, for data that has some, and words for words.

use ndarray::Array2;

use crate::check;
use crate::error::Result;
use crate::parallel::*;
use crate::rng::CHUNK;
use crate::text::WordVectors;

/// Keeps x̂0 where data can be, at every step.
///
/// Made for pixels in [−1, 1]: with guidance or few steps x̂0 leaves that range, and an image saturates. For
/// data without bounds, as all Gaussian mixtures, it is wrong: it changes the distribution that is sampled,
/// however many steps are taken. So samplers do not do it unless told to.
#[derive(Debug, Clone, PartialEq)]
pub enum Threshold {
    /// Every number of x̂0 into [−limit, limit] (Ho et al. 2020's code, with limit 1).
    Clip {
        /// The largest magnitude that data has.
        limit: f64,
    },
    /// For every sample (row) by itself: with q the `quantile` of its |x̂0| and s = max(q, limit), x̂0 into
    /// [−s, s], then times limit/s (Saharia et al. 2022, Imagen, §2.3, with limit 1).
    Dynamic {
        /// Share of a sample's numbers that are to stay as they are; 0.995 in Imagen.
        quantile: f64,
        /// The largest magnitude that data has.
        limit: f64,
    },
    /// Every place of x̂0 to the nearest word vector: the clamping trick (Li et al. 2022, Diffusion-LM, §4.2), for
    /// sentences, whose rows are whole places side by side.
    ///
    /// x̂0 = E\[x_0 | x_t\] lies between the words that are possible; clamped, it is one word at each place, also
    /// where several are as likely.
    Words(WordVectors),
}

impl Threshold {
    pub(super) fn check(&self) -> Result<()> {
        let (Self::Clip { limit } | Self::Dynamic { limit, .. }) = *self else {
            return Ok(());
        };
        let fine = (limit as f32).is_normal() && limit > 0.0;
        let valid = "positive and within f32, from 1.2e-38 to 3.4e38";
        check::parameter("limit of the threshold", limit, fine, valid)?;
        let Self::Dynamic { quantile: q, .. } = *self else {
            return Ok(());
        };
        let name = "quantile of the threshold";
        check::parameter(name, q, (0.0..=1.0).contains(&q), "between 0 and 1")
    }

    /// Refuses a batch of this shape if its rows are not whole places.
    pub(super) fn check_shape(&self, (n, columns): (usize, usize)) -> Result<()> {
        let Self::Words(vectors) = self else {
            return Ok(());
        };
        let whole = columns.next_multiple_of(vectors.dim());
        check::same_shape("x_t of sentences", &[n, whole], &[n, columns])
    }

    /// For an `x0` that is finite and passed [`Self::check_shape`].
    pub(super) fn apply(&self, x0: &mut Array2<f32>) -> Result<()> {
        let d = x0.ncols().max(1);
        let values = x0.as_slice_mut().expect("made in row-major order");
        match self {
            Self::Clip { limit } => {
                let limit = *limit as f32;
                values.iter_mut().for_each(|x| *x = x.clamp(-limit, limit));
            }
            Self::Dynamic { quantile, limit } => {
                let limit = *limit as f32;
                let rows = values.par_chunks_exact_mut(d);
                rows.with_min_len(CHUNK.div_ceil(d)).for_each(|row| {
                    let s = quantile_of_magnitudes(row, *quantile).max(limit);
                    row.iter_mut()
                        .for_each(|x| *x = x.clamp(-s, s) * (limit / s));
                });
            }
            Self::Words(vectors) => {
                let words = vectors.round(x0)?;
                x0.assign(&vectors.encode(&words)?);
            }
        }
        Ok(())
    }
}

/// The quantile of |x|, linear between neighbours as NumPy's and PyTorch's; `row` is not empty.
fn quantile_of_magnitudes(row: &[f32], quantile: f64) -> f32 {
    let mut magnitudes: Vec<f32> = row.iter().map(|x| x.abs()).collect();
    magnitudes.sort_by(f32::total_cmp);
    let place = quantile * (row.len() - 1) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let share = (place - place.floor()) as f32;
    magnitudes[low] + share * (magnitudes[high] - magnitudes[low])
}
