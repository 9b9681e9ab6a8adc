//! The chapter's own data.

use ndarray::Array1;
use rand_distr::{Distribution, StandardNormal};

use crate::rng::Rng;

/// The chapter's 400 points: 200 from N(−2, 0.3²), then 200 from N(2, 0.3²); shape (400).
///
/// Exactly half of the points are in each mode, as in the chapter; [`Mixture::bimodal`](crate::Mixture::bimodal) is the
/// distribution behind them, of which [`sample`](crate::Mixture::sample) draws any number.
pub fn bimodal(rng: &mut Rng) -> Array1<f32> {
    (0..400)
        .map(|i| {
            let center = if i < 200 { -2.0 } else { 2.0 };
            let z: f64 = StandardNormal.sample(rng);
            (center + 0.3 * z) as f32
        })
        .collect()
}
