//! Progressive distillation: in one step where the teacher gets to in two.

use ndarray::Array2;

use super::teacher::{Ladder, Question, Teacher};
use crate::error::Result;

/// Progressive distillation (Salimans & Ho 2022, algorithm 2). From x_t the teacher takes a stride of its steps, two in
/// the paper, to x_s. The target is the x̂0 with which *one* step lands there,
///
/// x̃ = (x_s − (σ_s/σ_t)(√ᾱ_s/√ᾱ_t) x_t) / (√ᾱ_s (1 − σ_s/σ_t)), σ = √(1−ᾱ)/√ᾱ,
///
/// a mean of the teacher's answers on the way. A student of N steps, begun with the teacher's parameters, is the next
/// teacher, of N steps: N → N/2 → … → 1. It is sampled with DDIM at its [`timesteps`](Teacher::timesteps), and knows
/// no others.
///
/// The loss is that of the student's kind: for v it is ‖x̃ − x̂0‖²/(1−ᾱ_t), the paper's weighting "SNR + 1".
///
/// ```
/// use diffusion_intuition::prelude::*;
/// use diffusion_intuition::train::{Ladder, Model, Progressive, Teacher};
///
/// let schedule = Schedule::cosine(64)?;
/// let exact = Mixture::bimodal().denoiser(&schedule, Prediction::V);
/// let many = Sampler::new(&schedule, Method::DDIM, 8)?;
/// let teacher = Progressive(Ladder::new(Model::Denoiser(&exact), many.timesteps(), 2)?);
/// assert_eq!(teacher.timesteps(), [63, 47, 31, 15]);
///
/// let mut student = FilmMlp::new(1, &mut Rng::new(0))?;
/// let config = TrainConfig { prediction: Prediction::V, ..TrainConfig::cosine(32, 1e-3, 10) };
/// let mut trainer = Trainer::new(&student, Mixture::bimodal(), &schedule, config)?;
/// trainer.run_taught(&mut student, &teacher, 10, |_| ())?;
/// let few = Sampler::with_timesteps(&schedule, Method::DDIM, teacher.timesteps().to_vec())?;
/// # let x = Array2::zeros((3, 1));
/// # assert_eq!(few.sample(&Prediction::V.of(&student), &x, &mut Rng::new(0))?.dim(), (3, 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Progressive<'a>(pub Ladder<'a>);

impl Teacher for Progressive<'_> {
    fn timesteps(&self) -> &[usize] {
        &self.0.timesteps
    }

    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        let mut end = self.0.stride(asked)?;
        for (i, t) in asked.ts.iter().enumerate() {
            let [of_x_t, of_x0] = self.0.factors(&end, i, *t, asked.schedule);
            let (a, b) = (of_x_t as f32, (1.0 / of_x0) as f32);
            let mut row = end.x.row_mut(i);
            row.zip_mut_with(&asked.x_t.row(i), |x, x_t| *x = b * (*x - a * x_t));
        }
        Ok(end.x)
    }
}
