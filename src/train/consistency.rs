//! Consistency distillation: the same end from every point of a path.

use ndarray::Array2;

use super::teacher::{Ladder, Model, Question, Teacher};
use crate::error::Result;

#[cfg(doc)]
use crate::error::Error;
#[cfg(doc)]
use crate::sampler::Method;

/// Consistency distillation (Song et al. 2023, algorithm 2). From x_t the teacher takes `stride` steps of DDIM's to x_s;
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
pub struct Consistency<'a>(Ladder<'a>);

/// The end of the teacher's path itself (Luhman & Luhman 2021): from x_t it takes all steps of DDIM's down to clean data,
/// and its x̂0 there is the target.
///
/// The same student as that of [`Consistency`], without its detour, at the price of a whole sampling for every row.
#[derive(Clone)]
pub struct Direct<'a>(Ladder<'a>);

impl<'a> Consistency<'a> {
    /// `model` in DDIM's steps from each of `timesteps` to the next, and from the last to clean data; 0-based. The
    /// student learns at every `stride`-th.
    ///
    /// # Errors
    /// [`Error::Empty`] without timesteps; [`Error::Parameter`] unless each is below the one before and `stride`
    /// divides their number.
    pub fn new(model: Model<'a>, timesteps: &[usize], stride: usize) -> Result<Self> {
        Ok(Self(Ladder::new(model, timesteps, stride)?))
    }
}

impl Teacher for Consistency<'_> {
    fn timesteps(&self) -> &[usize] {
        &self.0.starts
    }

    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        let mut end = self.0.stride(asked)?;
        if let Some((rows, _, x0)) = self.0.ask(asked.student, &end, asked)? {
            for (i, x0) in rows.into_iter().zip(x0.rows()) {
                end.x.row_mut(i).assign(&x0);
            }
        }
        Ok(end.x)
    }
}

impl<'a> Direct<'a> {
    /// As [`Consistency::new`].
    ///
    /// # Errors
    /// As [`Consistency::new`].
    pub fn new(model: Model<'a>, timesteps: &[usize], stride: usize) -> Result<Self> {
        Ok(Self(Ladder::new(model, timesteps, stride)?))
    }
}

impl Teacher for Direct<'_> {
    fn timesteps(&self) -> &[usize] {
        &self.0.starts
    }

    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        Ok(self.0.walk(asked, usize::MAX)?.x)
    }
}
