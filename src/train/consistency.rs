//! Consistency distillation: the same end from every point of a path.

use ndarray::Array2;

use super::teacher::{Ladder, Question, Teacher};
use crate::error::Result;

#[cfg(doc)]
use crate::sampler::Method;

/// Consistency distillation (Song et al. 2023, algorithm 2). From x_t the teacher takes a stride of its steps to x_s;
/// the target is what the student itself says there, and x_s where it is clean:
///
/// f_θ(x_t, t) → f_θ⁻(x_s, s), f(x, clean) = x,
///
/// with f the student's x̂0 and θ⁻ its parameters before the step, through which no gradient goes (no moving average:
/// Song & Dhariwal 2024, §3.2). What is learned at the lowest level, where the target is the teacher's end, spreads to
/// the higher ones. A student that predicts v has f = √ᾱ x_t − √(1−ᾱ) v, so that f(x, clean) = x by itself.
///
/// It is sampled with [`Method::Consistency`], in one step or several at its [`timesteps`](Teacher::timesteps).
#[derive(Clone)]
pub struct Consistency<'a>(pub Ladder<'a>);

/// The end of the teacher's path itself (Luhman & Luhman 2021): from x_t it takes all steps down to clean data,
/// which is the target.
///
/// The same student as that of [`Consistency`], without its detour, at the price of a whole sampling for every row.
#[derive(Clone)]
pub struct Direct<'a>(pub Ladder<'a>);

impl Teacher for Consistency<'_> {
    fn timesteps(&self) -> &[usize] {
        &self.0.timesteps
    }

    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        let mut end = self.0.stride(asked)?;
        let noisy = self.0.ask(asked.student, &end, asked)?;
        for (i, x0) in noisy.rows.iter().zip(noisy.x0.rows()) {
            end.x.row_mut(*i).assign(&x0);
        }
        Ok(end.x)
    }
}

impl Teacher for Direct<'_> {
    fn timesteps(&self) -> &[usize] {
        &self.0.timesteps
    }

    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        Ok(self.0.walk(asked, usize::MAX)?.x)
    }
}
