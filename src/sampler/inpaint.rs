//! Inpainting: some coordinates are known, the sampler fills in the others.

use ndarray::{Array2, ArrayRef2, Zip};

use super::plan::Sampler;
use super::run::Run;
use crate::check::{self, all_finite, same_shape};
use crate::denoiser::Denoiser;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::rng::Rng;
use crate::schedule::Level;

impl Sampler {
    /// Samples from `x` with the coordinates of `known` kept where `mask` is true; all of shape (n, d).
    ///
    /// After every step the known coordinates are drawn anew from q(x_s | x_0 = known), and the rest is the
    /// sampler's (Lugmayr et al. 2022, RePaint, eq. 8). At the end they are exactly `known`. Values of
    /// `known` where `mask` is false do not count.
    ///
    /// The denoiser never hears whether the two halves fit, so the result is not quite a sample of the
    /// unknown given the known. `repeats` above 1 lets them find each other: every step is taken that often,
    /// and noised back in between (RePaint, algorithm 1, with a jump length of 1). Costs `repeats` times the
    /// evaluations. Method [`DpmSolver`](super::Method::DpmSolver) stays first order here, for its past is
    /// replaced at every step.
    ///
    /// # Errors
    /// [`Error::Shape`] if shapes differ; [`Error::Parameter`] for 0 repeats; [`Error::NotFinite`] for a known
    /// value that is; as [`sample`](Self::sample).
    pub fn inpaint(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        known: &ArrayRef2<f32>,
        mask: &ArrayRef2<bool>,
        repeats: usize,
        rng: &mut Rng,
    ) -> Result<Array2<f32>> {
        same_shape("known", x.shape(), known.shape())?;
        same_shape("mask", x.shape(), mask.shape())?;
        check::parameter("repeats", repeats, repeats > 0, "at least 1")?;
        let known = Zip::from(known)
            .and(mask)
            .map_collect(|known, is_known| if *is_known { *known } else { 0.0 });
        all_finite("known", &known)?;
        let mut run = Run::down(self, denoiser, x)?;
        let mut z = Array2::zeros(x.dim());
        let mut keep = |x: &mut Array2<f32>, level: Level, rng: &mut Rng| {
            let (signal, noise) = (level.signal() as f32, level.noise() as f32);
            if noise > 0.0 {
                fill(&mut z, rng);
            }
            let cells = Zip::from(x).and(&known).and(mask).and(&z);
            cells.for_each(|x, known, is_known, z| {
                if *is_known {
                    *x = signal * known + noise * z;
                }
            });
        };
        keep(&mut run.x, self.level(self.timesteps()[0]), rng);
        let mut fresh = Array2::zeros(x.dim());
        for i in 0..self.timesteps().len() {
            let (t, s) = self.levels(i);
            for repeat in 0..repeats {
                if repeat > 0 {
                    let alpha_bar = t.alpha_bar / s.alpha_bar;
                    let back = Level { alpha_bar };
                    let (signal, noise) = (back.signal() as f32, back.noise() as f32);
                    fill(&mut fresh, rng);
                    let noised = |x: &mut f32, z: &f32| *x = signal * *x + noise * z;
                    run.x.zip_mut_with(&fresh, noised);
                }
                run.before = None;
                run.predict_x0(i, self.timesteps()[i])?;
                self.advance(&mut run, i, rng)?;
                keep(&mut run.x, s, rng);
            }
        }
        Ok(run.x)
    }
}

fn fill(z: &mut Array2<f32>, rng: &mut Rng) {
    rng.fill_standard_normal(z.as_slice_mut().expect("made in row-major order"));
}
