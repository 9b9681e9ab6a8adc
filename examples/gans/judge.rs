//! Data sets, and samples judged by them.

use diffusion_intuition::prelude::*;

/// Samples that are judged.
pub const N: usize = 2500;

/// Projections of the sliced Wasserstein distance.
const PROJECTIONS: usize = 256;

/// A data set on the networks' scale (mean 0, variance 1), and its modes if they are known.
pub struct Set {
    pub name: &'static str,
    /// Draws points on the networks' scale.
    pub draw: fn(usize, &mut Rng) -> Result<Array2<f32>>,
    /// The exact distribution on that scale.
    pub law: Option<Mixture>,
    /// Mean sliced Wasserstein-1 distance of two samples of the data, of [`N`] points each.
    pub floor: f64,
}

impl Set {
    fn new(
        name: &'static str,
        draw: fn(usize, &mut Rng) -> Result<Array2<f32>>,
        law: Option<Mixture>,
    ) -> Result<Self> {
        let distance = |a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng| {
            metrics::sliced_wasserstein(a, b, PROJECTIONS, rng)
        };
        let floor = metrics::floor(1000..1100, |rng| draw(N, rng), distance)?.mean;
        Ok(Self {
            name,
            draw,
            law,
            floor,
        })
    }

    /// The two sets with known modes.
    pub fn with_modes() -> Result<[Self; 2]> {
        Ok([
            Self::new(
                "ring",
                |n, rng| sharp_ring()?.sample(n, rng),
                Some(sharp_ring()?),
            )?,
            Self::new("grid", data::grid, Some(data::grid_mixture()))?,
        ])
    }

    /// All four.
    pub fn all() -> Result<Vec<Self>> {
        let mut sets = Vec::from(Self::with_modes()?);
        sets.push(Self::new("moons", data::moons, None)?);
        sets.push(Self::new("ferris", data::ferris, None)?);
        Ok(sets)
    }
}

/// The ring of the protocol, 8 Gaussians at radius 1 with σ = 0.01, brought to variance 1 in both coordinates.
fn sharp_ring() -> Result<Mixture> {
    let std = (0.5 + 0.01_f64.powi(2)).sqrt();
    data::ring_mixture_with(1.0 / std, 0.01 / std)
}

/// Names of what [`judge`] finds.
pub const COLUMNS: [&str; 5] = [
    "covered",
    "high_quality",
    "reverse_kl",
    "stds_within",
    "distance",
];

/// Modes covered, share of high quality, reverse KL and share of modes whose standard deviation is within 20 %
/// of the truth (all 0 where the modes are unknown); then the sliced Wasserstein distance over its floor.
///
/// Scaling data and samples together changes none of these, so they are computed on the networks' scale.
pub fn judge(samples: &Array2<f32>, set: &Set) -> Result<[f32; 5]> {
    let mut rng = Rng::new(99);
    let real = (set.draw)(N, &mut rng)?;
    let distance = metrics::sliced_wasserstein(samples, &real, PROJECTIONS, &mut rng)? / set.floor;
    let Some(law) = &set.law else {
        return Ok([0.0, 0.0, 0.0, 0.0, distance as f32]);
    };
    let modes = metrics::mode_coverage(samples, law)?;
    let within = modes.stds.iter().zip(law.components());
    let within = within.filter(|(std, mode)| {
        let truth = mode.covariance()[[0, 0]].sqrt();
        (**std / truth - 1.0).abs() <= 0.2
    });
    Ok([
        modes.covered as f32,
        modes.high_quality as f32,
        modes.reverse_kl as f32,
        within.count() as f32 / modes.modes as f32,
        distance as f32,
    ])
}
