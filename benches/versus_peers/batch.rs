//! A fixed batch that ours and the peers see alike.

use std::path::Path;

use diffusion_intuition::{Result, Rng, Schedule};
use ndarray::Array2;
use rand::RngExt;
use serde_json::{Value, json};

use crate::{case, files, reference};

/// Noised rows, their timesteps and their noise.
#[derive(Default)]
pub struct Batch {
    pub x_t: Array2<f32>,
    pub ts: Vec<usize>,
    pub eps: Array2<f32>,
}

impl Batch {
    /// `n` fresh rows at random timesteps.
    pub fn draw(n: usize, schedule: &Schedule, rng: &mut Rng) -> Result<Self> {
        Self::of(&reference::ring().sample(n, rng)?, schedule, rng)
    }

    /// These rows at random timesteps.
    pub fn of(x0: &Array2<f32>, schedule: &Schedule, rng: &mut Rng) -> Result<Self> {
        let timesteps = 0..schedule.timesteps();
        let ts: Vec<usize> = (0..x0.nrows())
            .map(|_| rng.random_range(timesteps.clone()))
            .collect();
        let (x_t, eps) = schedule.q_sample_batch(x0, &ts, rng)?;
        Ok(Self { x_t, ts, eps })
    }

    /// Writes it for the peers and adds where to what they are told, under `name`.
    pub fn share(&self, name: &str, scratch: &Path, told: &mut Value) -> case::Result<()> {
        let ts: Vec<f32> = self.ts.iter().map(|t| *t as f32).collect();
        let mut share = |part: &str, values: &[f32]| -> case::Result<()> {
            let path = scratch.join(format!("{name}_{part}.f32"));
            files::write(&path, values)?;
            told[format!("{name}_{part}")] = json!(path);
            Ok(())
        };
        share("x_t", self.x_t.as_slice().expect("freshly made"))?;
        share("ts", &ts)?;
        share("eps", self.eps.as_slice().expect("freshly made"))
    }
}
