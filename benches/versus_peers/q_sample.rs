//! `q_sample`: fresh noise, and x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε; both results new arrays in every call.

use std::hint::black_box;
use std::path::Path;

use diffusion_intuition::{Rng, Schedule};
use ndarray::Array1;
use rayon::ThreadPoolBuilder;
use serde_json::{Value, json};

use crate::case::{Case, Contender, Result};
use crate::{files, noise};

const T: usize = 100;

/// Noising of `n` numbers at once.
pub struct QSample {
    size: &'static str,
    n: usize,
    schedule: Schedule,
    x0: Array1<f32>,
    rng: Rng,
}

impl QSample {
    /// The input is made by [`Case::prepare`].
    pub fn new(size: &'static str, n: usize) -> Self {
        let schedule = Schedule::linear(200, 1e-4, 0.02).expect("a valid schedule");
        let x0 = Array1::zeros(0);
        let rng = Rng::new(0);
        Self {
            size,
            n,
            schedule,
            x0,
            rng,
        }
    }
}

impl Case for QSample {
    fn name(&self) -> String {
        format!("q_sample {}", self.size)
    }

    fn module(&self) -> &'static str {
        "q_sample"
    }

    fn unit(&self) -> &'static str {
        "M values/s"
    }

    fn amount(&self) -> f64 {
        self.n as f64 / 1e6
    }

    fn peers(&self) -> &'static [Contender] {
        const PEERS: &[Contender] = &[
            Contender::new("NumPy", "numpy", "fresh"),
            Contender::new("NumPy, out=", "numpy", "out="),
            Contender::new("NumPy, 2 threads", "numpy", "threads"),
            Contender::new("PyTorch", "torch", "fresh"),
            Contender::new("PyTorch, out=", "torch", "out="),
            Contender::new("PyTorch, torch.compile", "torch", "compile"),
            Contender::new("JAX", "jax", "eager"),
            Contender::new("JAX, jit", "jax", "jit"),
            Contender::new("JAX, jit, rbg", "jax", "jit, rbg"),
        ];
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        // Two narrow heaps at ±2, the chapter's data.
        let mut x0 = vec![0.0; self.n];
        self.rng.fill_standard_normal(&mut x0);
        let heap = |(i, z): (usize, f32)| 0.3 * z + if i % 2 == 0 { 2.0 } else { -2.0 };
        self.x0 = x0.into_iter().enumerate().map(heap).collect();
        let path = scratch.join("x0.f32");
        files::write(&path, &self.x0)?;
        let alpha_bar = self.schedule.alpha_bar(T)?;
        let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        Ok(json!({ "x0": path, "signal": signal, "noise": noise }))
    }

    fn ours(&mut self) {
        let (schedule, x0, rng) = (&self.schedule, &self.x0, &mut self.rng);
        black_box(schedule.q_sample(x0, T, rng).expect("finite data"));
    }

    fn verify_ours(&mut self) -> Result<()> {
        let run = |threads| -> Result<_> {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(pool.install(|| self.schedule.q_sample(&self.x0, T, &mut Rng::new(1)))?)
        };
        let (x_t, eps) = run(1)?;
        let (again, eps_again) = run(2)?;
        let bits = |a: &Array1<f32>, b: &Array1<f32>| {
            a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        if !bits(&x_t, &again) || !bits(&eps, &eps_again) {
            return Err("two threads give other bits than one".into());
        }
        self.verify(&x_t, &eps)
    }

    fn verify_peer(&self, scratch: &Path) -> Result<()> {
        let read = |name| -> Result<Array1<f32>> { Ok(files::read(&scratch.join(name))?.into()) };
        self.verify(&read("x_t.f32")?, &read("eps.f32")?)
    }

    fn verified(&self) -> &'static str {
        "x_t follows from x_0 and the noise, the noise is standard normal (mean, variance, Kolmogorov–Smirnov), \
         ours has the same bits at 1 and 2 threads"
    }
}

impl QSample {
    /// x_t must be what the formula makes of x_0 and ε, and ε must be standard normal.
    fn verify(&self, x_t: &Array1<f32>, eps: &Array1<f32>) -> Result<()> {
        if x_t.len() != self.n || eps.len() != self.n {
            let message = format!(
                "{} and {} values instead of {}",
                x_t.len(),
                eps.len(),
                self.n
            );
            return Err(message.into());
        }
        let expected = self.schedule.q_sample_with(&self.x0, T, eps)?;
        for i in 0..self.n {
            // Coefficients, products and the sum round once each.
            let tolerance = 4.0 * f32::EPSILON * (self.x0[i].abs() + eps[i].abs());
            let error = (x_t[i] - expected[i]).abs();
            if error.is_nan() || error > tolerance {
                return Err(format!("x_t[{i}] is {} instead of {}", x_t[i], expected[i]).into());
            }
        }
        noise::verify(eps)
    }
}
