//! Sampling with the reference network: DDIM from noise, all rows at the same t.

use std::hint::black_box;
use std::path::Path;

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::{Rng, Schedule};
use ndarray::Array2;
use rayon::ThreadPoolBuilder;
use serde_json::{Value, json};

use crate::case::{Case, Contender, Result};
use crate::{files, reference};

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
        let mut start = Array2::zeros((ROWS, reference::D));
        let numbers = start.as_slice_mut().expect("freshly made");
        Rng::new(3).fill_standard_normal(numbers);
        Self {
            network: reference::network(),
            sampler: Sampler::new(&schedule, Method::DDIM, STEPS).expect("fewer steps than T"),
            schedule,
            start,
        }
    }

    /// √ᾱ and √(1−ᾱ) at the step's t and at the next one's, where 1 and 0 follow the last.
    fn coefficients(&self, step: usize) -> [f64; 4] {
        let alpha_bars = self.schedule.alpha_bars();
        let timesteps = self.sampler.timesteps();
        let here = alpha_bars[timesteps[step]];
        let next = timesteps.get(step + 1).map_or(1.0, |t| alpha_bars[*t]);
        [
            here.sqrt(),
            (1.0 - here).sqrt(),
            next.sqrt(),
            (1.0 - next).sqrt(),
        ]
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
        let path = scratch.join("start.f32");
        files::write(&path, &self.start)?;
        told["start"] = json!(path);
        let steps = self
            .sampler
            .timesteps()
            .iter()
            .enumerate()
            .map(|(step, t)| {
                let [signal, noise, next_signal, next_noise] = self.coefficients(step);
                json!([t, signal, noise, next_signal, next_noise])
            });
        told["steps"] = steps.collect();
        Ok(told)
    }

    fn ours(&mut self) {
        black_box(self.sample().expect("shapes fit"));
    }

    fn verify_ours(&mut self) -> Result<()> {
        let run = |threads| -> Result<_> {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(pool.install(|| self.sample())?)
        };
        if run(1)? != run(2)? {
            return Err("two threads give other bits than one".into());
        }
        Ok(())
    }

    fn verify_peer(&self, scratch: &Path) -> Result<()> {
        let theirs = files::read(&scratch.join("samples.f32"))?;
        let ours = self.sample()?;
        if theirs.len() != ours.len() {
            return Err(format!("{} numbers instead of {}", theirs.len(), ours.len()).into());
        }
        // Each prediction rounds to about 1e-6, and the 50 updates add their errors up.
        let scale = ours.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        for (theirs, ours) in theirs.iter().zip(&ours) {
            if (theirs - ours).abs() > 1e-4 * scale || theirs.is_nan() {
                return Err(format!("a sample is {theirs} instead of {ours}").into());
            }
        }
        Ok(())
    }

    fn verified(&self) -> &'static str {
        "from the same noise, the same samples; ours has the same bits at 1 and 2 threads"
    }
}
