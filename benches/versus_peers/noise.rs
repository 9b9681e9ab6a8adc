//! Whether numbers are standard normal noise.

use diffusion_intuition::Mixture;
use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use ndarray::{Array1, array, s};

use crate::case::Result;

/// Most values that are sorted for the Kolmogorov–Smirnov distance: evenly spaced ones of more.
const SORTED: usize = 1_000_000;

/// Mean and variance within 5 standard deviations of 0 and 1, and the Kolmogorov–Smirnov distance to N(0, 1)
/// within what right noise exceeds once in a million times.
pub fn verify(eps: &Array1<f32>) -> Result<()> {
    let n = eps.len() as f64;
    let mean = eps.iter().map(|e| f64::from(*e)).sum::<f64>() / n;
    let variance = eps.iter().map(|e| f64::from(*e).powi(2)).sum::<f64>() / n;
    if mean.abs() > 5.0 / n.sqrt() || (variance - 1.0).abs() > 5.0 * (2.0 / n).sqrt() {
        return Err(format!("the noise has mean {mean} and variance {variance}").into());
    }
    let step = eps.len().div_ceil(SORTED);
    let some = eps.slice(s![..;step]).to_owned();
    let distance = ks_one_sample(&some, &Mixture::isotropic(&array![[0.0]], 1.0)?)?;
    let critical = ks_critical(some.len(), usize::MAX, 1e-6)?;
    if distance > critical {
        return Err(format!("the noise is {distance} from N(0, 1), more than {critical}").into());
    }
    Ok(())
}
