//! Sampling with the reference network: DDIM from noise, all rows at the same t.

use std::hint::black_box;
use std::path::Path;

use diffusion_intuition::network::{FilmMlp, Network};
use diffusion_intuition::{Rng, Schedule};
use ndarray::{Array2, Zip};
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
    timesteps: Vec<usize>,
    start: Array2<f32>,
}

impl Sample {
    /// From the same noise each time.
    pub fn new() -> Self {
        let schedule = reference::schedule();
        let mut start = Array2::zeros((ROWS, reference::D));
        let numbers = start.as_slice_mut().expect("freshly made");
        Rng::new(3).fill_standard_normal(numbers);
        let last = schedule.timesteps() - 1;
        Self {
            network: reference::network(),
            timesteps: (0..STEPS).map(|i| last - i * (last + 1) / STEPS).collect(),
            schedule,
            start,
        }
    }

    /// √ᾱ and √(1−ᾱ) at the step's t and at the next one's, where 1 and 0 follow the last.
    fn coefficients(&self, step: usize) -> [f64; 4] {
        let alpha_bars = self.schedule.alpha_bars();
        let here = alpha_bars[self.timesteps[step]];
        let next = self.timesteps.get(step + 1).map_or(1.0, |t| alpha_bars[*t]);
        [
            here.sqrt(),
            (1.0 - here).sqrt(),
            next.sqrt(),
            (1.0 - next).sqrt(),
        ]
    }

    fn sample(&self) -> diffusion_intuition::Result<Array2<f32>> {
        let mut x = self.start.clone();
        for (step, t) in self.timesteps.iter().enumerate() {
            let eps = self.network.predict_at(&x, *t)?;
            let [signal, noise, next_signal, next_noise] =
                self.coefficients(step).map(|c| c as f32);
            Zip::from(&mut x).and(&eps).for_each(|x, eps| {
                let x0 = (*x - noise * eps) / signal;
                *x = next_signal * x0 + next_noise * eps;
            });
        }
        Ok(x)
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
        let steps = self.timesteps.iter().enumerate().map(|(step, t)| {
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
