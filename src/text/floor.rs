//! How much x_t leaves open: what no network's cross-entropy gets below.

use std::ops::Range;

use ndarray::Array2;
use rand::RngExt;

use super::exact::ExactText;
use super::passes::Seen;
use crate::check;
use crate::error::Result;
use crate::metrics::Estimate;
use crate::rng::Rng;

#[cfg(doc)]
use crate::Error;

/// The least cross-entropy that words have given x_t, in nats a word: that of the exact posterior.
#[derive(Debug, Clone, PartialEq)]
pub struct WordFloor {
    /// Of each place.
    pub places: Vec<Estimate>,
    /// Mean over the places.
    pub all: Estimate,
}

impl ExactText {
    /// H(w_k | x_t = these rows), the entropy of each place's [posterior](Self::posteriors), in nats; shape (n, L).
    ///
    /// # Errors
    /// As [`posteriors`](Self::posteriors).
    pub fn entropies(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f64>> {
        self.schedule.check(t)?;
        self.entropies_at(x_t, &|_| t)
    }

    /// E[−ln p(w_k | x_t)], over sentences, noise, and the 0-based timesteps `ts`, all equally likely: what is left of
    /// the cross-entropy of a network that predicts words, if it is perfect. `t..t + 1` gives it at t.
    ///
    /// From `draws` independent draws; of each the entropy of the posterior is taken, which has the same mean as −ln p
    /// of the word that was there, and varies less.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two draws; [`Error::Empty`] without timesteps; [`Error::Timestep`] for one
    /// outside the schedule; [`Error::Size`] for more draws than memory can hold.
    pub fn floor(&self, ts: Range<usize>, draws: usize, rng: &mut Rng) -> Result<WordFloor> {
        check::not_empty("the range of timesteps", ts.len())?;
        let columns = self.places() * self.vectors.dim();
        check::elements::<f32>("draws of sentences", &[draws, 4 * columns])?;
        self.schedule.check(ts.end - 1)?;
        let mut sentences = Array2::zeros((draws, self.places()));
        for mut sentence in sentences.rows_mut() {
            let places = sentence.as_slice_mut().expect("standard layout");
            self.automaton.draw(places, rng);
        }
        let ts: Vec<usize> = (0..draws).map(|_| rng.random_range(ts.clone())).collect();
        let x0 = self.vectors.encode(&sentences)?;
        let (x_t, _) = self.schedule.q_sample_batch(&x0, &ts, rng)?;
        let entropies = self.entropies_at(&x_t, &|i| ts[i])?;
        let places = entropies.columns().into_iter();
        let means = entropies.rows().into_iter();
        let means: Vec<f64> = means.map(|row| row.sum() / row.len() as f64).collect();
        Ok(WordFloor {
            places: places.map(Estimate::of).collect::<Result<_>>()?,
            all: Estimate::of(&means)?,
        })
    }

    /// How far a model's probabilities of the words at each place are from the exact ones: KL(p ‖ q) = Σ_w p(w | x_t) ln
    /// (p(w | x_t)/q(w)), in nats; shape (n, L). `q` has a row a place, (n·L, V), as those of a network. Its mean is the
    /// model's cross-entropy less the [floor](Self::floor), with the chance of the words that were there taken out.
    ///
    /// A q of nothing counts as 1e-38, the least that f32 holds in full.
    ///
    /// # Errors
    /// As [`posteriors`](Self::posteriors), of `x_t`; [`Error::Shape`] for a `q` of another shape;
    /// [`Error::NotFinite`] for one that is not finite.
    pub fn excess(&self, x_t: &Array2<f32>, t: usize, q: &Array2<f32>) -> Result<Array2<f64>> {
        let p = self.posteriors(x_t, t)?;
        check::same_shape("probabilities of words", p.shape(), q.shape())?;
        check::all_finite("probabilities of words", q)?;
        let places = p.rows().into_iter().zip(q.rows()).map(|(p, q)| {
            let open = p.iter().zip(q).filter(|(p, _)| **p > 0.0);
            open.map(|(p, q)| p * (p.ln() - f64::from(*q).max(1e-38).ln()))
                .sum()
        });
        let shape = (x_t.nrows(), self.places());
        Ok(Array2::from_shape_vec(shape, places.collect()).expect("a number a place"))
    }

    fn entropies_at(
        &self,
        x_t: &Array2<f32>,
        time: &(dyn Fn(usize) -> usize + Sync),
    ) -> Result<Array2<f64>> {
        let write = |seen: &Seen, out: &mut [f64]| {
            let places = seen.words.chunks_exact(seen.words.len() / out.len());
            for (out, words) in out.iter_mut().zip(places) {
                let open = words.iter().filter(|p| **p > 0.0);
                *out = open.map(|p| -p * p.ln()).sum::<f64>().max(0.0);
            }
        };
        let all = self.each(x_t, time, self.places(), write)?;
        Ok(Array2::from_shape_vec((x_t.nrows(), self.places()), all).expect("a number a place"))
    }
}
