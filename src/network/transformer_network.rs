//! What a Transformer answers, and what it learns from sentences.

use ndarray::{Array2, ArrayView2};

use super::minibatch::{Minibatch, Sentences, squared_error};
use super::predict::Network;
use super::transformer::Transformer;
use crate::autograd::{Parameters, Rows, Tape, Var};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};

impl Transformer {
    /// x_t of sentences, with the vectors as they are on the tape, and x_0, a row a place.
    fn noised(
        &self,
        tape: &mut Tape<'_>,
        batch: &Minibatch,
        sentences: Sentences,
        vectors: Var,
    ) -> Result<(Var, Var)> {
        let (d, words) = (self.config.vectors.dim(), self.config.vectors.words());
        let (n, places) = sentences.words.dim();
        if self.vectors.is_none() {
            let x_t = tape.input(&batch.x_t);
            let x0 = tape.input(&sentences.x0);
            return Ok((x_t, tape.reshape(x0, n * places, d)?));
        }
        let of: Vec<usize> = sentences.words.iter().copied().collect();
        let x0 = tape.gather(vectors, &Rows::new(&of, words)?)?;
        let wide = tape.reshape(x0, n, places * d)?;
        let mut signal = Array2::zeros((n, places * d));
        let mut noise = sentences.eps.to_owned();
        let rows = signal.rows_mut().into_iter().zip(noise.rows_mut());
        for ((mut signal, mut noise), t) in rows.zip(batch.ts) {
            let alpha_bar = self.config.schedule.alpha_bar(*t)?;
            signal.fill(alpha_bar.sqrt() as f32);
            noise *= (1.0 - alpha_bar).sqrt() as f32;
        }
        let [signal, noise] = [signal, noise].map(|values| tape.input(&values));
        let signal = tape.mul(wide, signal)?;
        Ok((tape.add(signal, noise)?, x0))
    }

    /// Refuses sentences that are not of this network's places and words, or noised by another schedule.
    fn check(&self, batch: &Minibatch, sentences: Sentences) -> Result<()> {
        let (config, (n, places)) = (&self.config, sentences.words.dim());
        let shape = [n, config.places];
        check::same_shape("sentences of a Transformer", &shape, &[n, places])?;
        check::words(sentences.words, config.vectors.words())?;
        check::same_shape("ts", &[n], &[batch.ts.len()])?;
        let shape = [n, config.len()];
        for (what, rows) in [
            ("x_t of sentences", batch.x_t),
            ("x_0 of sentences", sentences.x0),
            ("eps of sentences", sentences.eps),
        ] {
            check::same_shape(what, &shape, rows.shape())?;
        }
        let rows = sentences.x0.exact_chunks((1, config.vectors.dim()));
        let own = config.vectors.vectors();
        let mut pairs = rows.into_iter().zip(&sentences.words);
        let same = pairs.all(|(x0, word)| x0.iter().eq(own.row(*word)));
        if !same && self.vectors.is_none() {
            let what = "word vector of one vocabulary";
            return Err(Error::Foreign { what });
        }
        // One number a row tells the schedules apart.
        let first = |all: &ArrayView2<f32>, i: usize| all.row(i).first().copied().map(f64::from);
        for (i, t) in batch.ts.iter().enumerate() {
            let [x_t, x0, eps] = [&batch.x_t, &sentences.x0, &sentences.eps].map(|x| first(x, i));
            let alpha_bar = config.schedule.alpha_bar(*t)?;
            let meant = |(x0, eps)| alpha_bar.sqrt() * x0 + (1.0 - alpha_bar).sqrt() * eps;
            let off = x_t
                .zip(x0.zip(eps))
                .map_or(0.0, |(x_t, both)| x_t - meant(both));
            if off.abs() > 1e-3 {
                let what = "timestep of one schedule";
                return Err(Error::Foreign { what });
            }
        }
        Ok(())
    }
}

impl Network for Transformer {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var> {
        self.forward_given(tape, x_t, ts, &vec![None; ts.len()])
    }

    fn classes(&self) -> usize {
        self.config.classes
    }

    fn cost(&self, _: usize) -> usize {
        self.config.places
    }

    fn forward_given(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let vectors = self.table(tape)?;
        let z = self.record(tape, x_t, ts, labels, vectors)?;
        let p = tape.softmax(z)?;
        let x0 = tape.matmul(p, vectors)?;
        tape.reshape(x0, ts.len(), self.config.len())
    }

    /// Of sentences, a mean over places: see [`Transformer`]. Of other rows the squared error.
    fn loss(&self, tape: &mut Tape<'_>, batch: &Minibatch) -> Result<(Var, Vec<f64>)> {
        let none = vec![None; batch.ts.len()];
        let labels = if batch.labels.is_empty() {
            &none
        } else {
            batch.labels
        };
        let Some(sentences) = batch.sentences else {
            let x_t = tape.input(&batch.x_t);
            let y = self.forward_given(tape, x_t, batch.ts, labels)?;
            return squared_error(tape, y, batch);
        };
        self.check(batch, sentences)?;
        let config = &self.config;
        let vectors = self.table(tape)?;
        let (x_t, x0) = self.noised(tape, batch, sentences, vectors)?;
        let z = self.record(tape, x_t, batch.ts, labels, vectors)?;
        let words: Vec<usize> = sentences.words.iter().copied().collect();
        let (entropy, mut each) = tape.cross_entropies(z, &words)?;
        let mut loss = tape.scale(entropy, config.cross_entropy)?;
        each.iter_mut()
            .for_each(|one| *one *= f64::from(config.cross_entropy));
        if config.squared_error > 0.0 {
            let p = tape.softmax(z)?;
            let y = tape.matmul(p, vectors)?;
            let off = tape.mse(y, x0)?;
            let weight = config.squared_error * config.vectors.dim() as f32;
            let off = tape.scale(off, weight)?;
            loss = tape.add(loss, off)?;
            let [y, x0] = [y, x0].map(|var| tape.value(var));
            for (each, (y, x0)) in each.iter_mut().zip(y.rows().into_iter().zip(x0.rows())) {
                let squares = y.iter().zip(x0).map(|(y, x0)| f64::from(y - x0).powi(2));
                *each += f64::from(config.squared_error) * squares.sum::<f64>();
            }
        }
        let places = each.chunks_exact(config.places);
        let mean = |places: &[f64]| places.iter().sum::<f64>() / places.len() as f64;
        Ok((loss, places.map(mean).collect()))
    }
}

impl Denoiser for Transformer {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}
