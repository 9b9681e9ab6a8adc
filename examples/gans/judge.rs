//! Data sets, and samples judged by them.

use diffusion_intuition::prelude::*;

use crate::method::Extent;

/// A data set on the networks' scale (mean 0, variance 1), and its modes if they are known.
#[derive(Clone)]
pub struct Set {
    pub name: &'static str,
    /// Draws points on the networks' scale.
    pub draw: fn(usize, &mut Rng) -> Result<Array2<f32>>,
    /// The exact distribution on that scale.
    pub law: Option<Mixture>,
}

/// A set with what its samples are compared with.
pub struct Judge<'a> {
    pub set: Set,
    extent: &'a Extent,
    /// Mean sliced Wasserstein-1 distance of two samples of the data, of as many points as are judged.
    floor: f64,
}

impl Set {
    /// The two sets with known modes.
    pub fn with_modes() -> Result<[Self; 2]> {
        Ok([
            Self {
                name: "ring",
                draw: |n, rng| sharp_ring()?.sample(n, rng),
                law: Some(sharp_ring()?),
            },
            Self {
                name: "grid",
                draw: data::grid,
                law: Some(data::grid_mixture()),
            },
        ])
    }

    /// All four.
    pub fn all() -> Result<Vec<Self>> {
        let mut sets = Vec::from(Self::with_modes()?);
        let law = None;
        sets.push(Self {
            name: "moons",
            draw: data::moons,
            law,
        });
        let law = None;
        sets.push(Self {
            name: "ferris",
            draw: data::ferris,
            law,
        });
        Ok(sets)
    }
}

/// The ring of the protocol, 8 Gaussians at radius 1 with σ = 0.01, brought to variance 1 in both coordinates.
fn sharp_ring() -> Result<Mixture> {
    let std = (0.5 + 0.01_f64.powi(2)).sqrt();
    data::ring_mixture_with(1.0 / std, 0.01 / std)
}

/// Names of what [`Judge::of`] finds.
pub const COLUMNS: [&str; 5] = [
    "covered",
    "high_quality",
    "reverse_kl",
    "stds_within",
    "distance",
];

impl<'a> Judge<'a> {
    pub fn new(set: Set, extent: &'a Extent) -> Result<Self> {
        let (n, projections) = (extent.samples, extent.projections);
        let distance = |a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng| {
            metrics::sliced_wasserstein(a, b, projections, rng)
        };
        let seeds = 1000..1000 + extent.floors;
        let floor = metrics::floor(seeds, |rng| (set.draw)(n, rng), distance)?.mean;
        Ok(Self { set, extent, floor })
    }

    /// Modes covered, share of high quality, reverse KL and share of modes whose standard deviation is within 20 %
    /// of the truth (all 0 where the modes are unknown); then the sliced Wasserstein distance over its floor.
    ///
    /// Scaling data and samples together changes none of these, so they are computed on the networks' scale.
    pub fn of(&self, samples: &Array2<f32>) -> Result<[f32; 5]> {
        let mut rng = Rng::new(99);
        let (n, projections) = (self.extent.samples, self.extent.projections);
        let real = (self.set.draw)(n, &mut rng)?;
        let distance = metrics::sliced_wasserstein(samples, &real, projections, &mut rng)?;
        let distance = distance / self.floor;
        let Some(law) = &self.set.law else {
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
}
