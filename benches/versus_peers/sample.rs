//! Sampling with the reference network: DDIM from noise, all rows at the same t.

use std::hint::black_box;
use std::path::Path;

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::{Rng, Schedule};
use ndarray::Array2;
use serde_json::Value;

use crate::case::{Case, Contender, Result, same_bits};
use crate::reference;

const ROWS: usize = 10_000;
const STEPS: usize = 50;

/// DDIM (Song et al. 2021, eq. 12 with η = 0) of 10⁴ rows in 50 steps.
pub struct Sample {
    schedule: Schedule,
    network: FilmMlp,
    sampler: Sampler,
    start: Array2<f32>,
}

impl Sample {
    /// From the same noise each time.
    pub fn new() -> Self {
        let schedule = reference::schedule();
        Self {
            network: reference::network(),
            sampler: Sampler::new(&schedule, Method::DDIM, STEPS).expect("fewer steps than T"),
            schedule,
            start: reference::start(ROWS, reference::D),
        }
    }

    fn sample(&self) -> diffusion_intuition::Result<Array2<f32>> {
        // No step draws noise: the generator stays untouched.
        self.sampler
            .sample(&self.network, &self.start, &mut Rng::new(0))
    }
}

impl Case for Sample {
    fn name(&self) -> String {
        "sample 1e4x50".into()
    }

    fn module(&self) -> &'static str {
        "sample"
    }

    fn unit(&self) -> &'static str {
        "M row-steps/s"
    }

    fn amount(&self) -> f64 {
        (ROWS * STEPS) as f64 / 1e6
    }

    fn flops(&self) -> Option<f64> {
        Some(STEPS as f64 * reference::prediction_flops(ROWS))
    }

    fn peers(&self) -> &'static [Contender] {
        const PEERS: &[Contender] = &[
            Contender::new("PyTorch", "torch", "eager"),
            Contender::new("PyTorch, one t", "torch", "eager, hoisted"),
            Contender::new("PyTorch, torch.compile", "torch", "compile"),
            Contender::new("PyTorch, torch.compile, one t", "torch", "compile, hoisted"),
            Contender::new("JAX, jit+scan, one t", "jax", "scan"),
        ];
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        let mut told = reference::share(&self.network, &self.schedule, scratch)?;
        let drawn = (&self.start, &self.sampler);
        reference::share_sampling(drawn, &self.schedule, scratch, &mut told)?;
        Ok(told)
    }

    fn ours(&mut self) {
        black_box(self.sample().expect("shapes fit"));
    }

    fn verify_ours(&mut self) -> Result<()> {
        same_bits(|| self.sample())
    }

    fn verify_peer(&self, scratch: &Path) -> Result<()> {
        reference::same_samples(&self.sample()?, scratch)
    }

    fn verified(&self) -> &'static str {
        "from the same noise, the same samples; ours has the same bits at 1 and 2 threads"
    }
}
