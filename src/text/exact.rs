//! The best denoiser of sentences, for a language of which everything is known.

use ndarray::{Array1, Array2, ArrayView2};

use super::automaton::Automaton;
use super::grammar::Grammar;
use super::passes::{Passes, Seen};
use super::vectors::WordVectors;
use super::vocabulary::Vocabulary;
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::parallel::*;
use crate::prediction::Prediction;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// Sentences whose words are weighed together: a product of matrices each, small enough for a core's cache.
const PIECE: usize = 16;

/// The best prediction of ε, x_0 or v when x_0 is a sentence of a grammar, its words as vectors side by side.
///
/// Given x_t, the words are a hidden Markov chain: the grammar's automaton says which may follow which, and each place
/// of x_t which are near, N(x_t at place k; √ᾱ_t e_w, (1−ᾱ_t) I). So two passes over the places give every posterior
/// exactly (forward–backward, Rabiner 1989, §III): p(w at k | x_t), ln p(x_t), and E[x_0 | x_t] at place k,
/// Σ_w p(w at k | x_t) e_w. Time is linear in places and in transitions. All is computed in f64 and from logarithms, so
/// that nothing underflows at any noise.
///
/// ```
/// use diffusion_intuition::prelude::*;
/// use diffusion_intuition::text::{ExactText, Grammar, WordVectors};
///
/// let mut rng = Rng::new(0);
/// let grammar = Grammar::aligned();
/// let vectors = WordVectors::random(grammar.vocabulary().len(), 16, &mut rng)?;
/// let schedule = Schedule::cosine(200)?;
/// let exact = ExactText::new(&grammar, &vectors, &schedule, Prediction::X0)?;
///
/// let noise = rng.standard_normal(4, 10 * 16)?;
/// let x0 = Sampler::new(&schedule, Method::DDIM, 25)?.sample(&exact, &noise, &mut rng)?;
/// for sentence in vectors.round(&x0)?.rows() {
///     assert_eq!(grammar.first_error(&sentence.to_vec())?, None); // it writes
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExactText {
    pub(super) automaton: Automaton,
    /// ln p of the words that are known.
    ln_known: f64,
    vocabulary: Vocabulary,
    pub(super) vectors: WordVectors,
    /// The vectors in f64, (V, d).
    wide: Array2<f64>,
    /// ½‖e_w‖².
    half_squares: Vec<f64>,
    pub(super) schedule: Schedule,
    prediction: Prediction,
}

impl ExactText {
    /// For sentences of `grammar` whose words are these vectors, one for each word of its vocabulary.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of vectors than words.
    pub fn new(
        grammar: &Grammar,
        vectors: &WordVectors,
        schedule: &Schedule,
        prediction: Prediction,
    ) -> Result<Self> {
        let needed = [grammar.vocabulary().len(), vectors.dim()];
        check::same_shape("word vectors", &needed, vectors.vectors().shape())?;
        let wide = vectors.vectors().mapv(f64::from);
        let half = |e: ndarray::ArrayView1<f64>| 0.5 * e.dot(&e);
        Ok(Self {
            automaton: grammar.automaton().clone(),
            ln_known: 0.0,
            vocabulary: grammar.vocabulary().clone(),
            vectors: vectors.clone(),
            half_squares: wide.rows().into_iter().map(half).collect(),
            wide,
            schedule: schedule.clone(),
            prediction,
        })
    }

    /// The same when words are known, place by place: infilling, if the others are asked for. Their places of x_t then
    /// say nothing, and all that is answered is given these words; [`log_density`](Self::log_density) is that of x_t
    /// and these words together. What was known before stays known.
    ///
    /// ```
    /// use diffusion_intuition::prelude::*;
    /// use diffusion_intuition::text::{ExactText, Grammar, WordVectors};
    ///
    /// let grammar = Grammar::aligned();
    /// let words = grammar.vocabulary();
    /// let vectors = WordVectors::random(words.len(), 16, &mut Rng::new(0))?;
    /// let schedule = Schedule::cosine(200)?;
    /// let gaps = words.pattern("the ___ never built her ___ near ___ team ___", 10)?;
    /// let exact = ExactText::new(&grammar, &vectors, &schedule, Prediction::X0)?.known(&gaps)?;
    /// // Of nothing but noise: what the words around each gap say.
    /// let posteriors = exact.posteriors(&Array2::zeros((1, 160)), 199)?;
    /// assert!(posteriors[[1, words.index("engineer").unwrap()]] > 0.49); // or painter
    /// assert!(posteriors[[7, words.index("her").unwrap()]] > 0.999);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a word or none for each place; [`Error::Word`] for a number that is no word;
    /// [`Error::Name`] for a word that no sentence has there.
    pub fn known(&self, words: &[Option<usize>]) -> Result<Self> {
        check::same_shape("known words", &[self.places()], &[words.len()])?;
        check::words(words.iter().flatten(), self.vocabulary.len())?;
        let (automaton, ln_p) = self.automaton.given(words).map_err(|place| Error::Name {
            what: format!("known word {} (counted from 1)", place + 1),
            name: words[place]
                .map_or("any", |word| self.vocabulary.word(word))
                .into(),
            valid: "no sentence has it there, with what is known before it".into(),
        })?;
        Ok(Self {
            automaton,
            ln_known: self.ln_known + ln_p,
            ..self.clone()
        })
    }

    /// p(word at place | x_t) of n sentences, `x_t` of shape (n, L·d) at the 0-based timestep `t`: shape (n·L, V), place
    /// after place, sentence after sentence. Each row adds up to 1.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] for another number of columns;
    /// [`Error::NotFinite`] for a NaN or infinite number; [`Error::Size`] for more than memory can hold.
    pub fn posteriors(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f64>> {
        self.schedule.check(t)?;
        let (rows, words) = (x_t.nrows() * self.places(), self.vocabulary.len());
        let width = self.places() * words;
        let all = self.each(x_t, &|_| t, width, |seen, out| {
            out.copy_from_slice(seen.words)
        })?;
        Ok(Array2::from_shape_vec((rows, words), all).expect("a row a place"))
    }

    /// ln p(x_t), of the density in L·d dimensions, in nats; shape (n).
    ///
    /// # Errors
    /// As [`posteriors`](Self::posteriors).
    pub fn log_density(&self, x_t: &Array2<f32>, t: usize) -> Result<Array1<f64>> {
        self.schedule.check(t)?;
        let variance = 1.0 - self.schedule.alpha_bars()[t];
        let columns = (self.places() * self.vectors.dim()) as f64;
        let constant = 0.5 * columns * (std::f64::consts::TAU * variance).ln();
        let each = self.each(x_t, &|_| t, 1, |seen, out| {
            let square = seen.x.iter().map(|x| x * x).sum::<f64>();
            out[0] = seen.evidence - 0.5 * square / variance - constant;
        });
        Ok(each?.into())
    }

    /// Whole sentences from p(x_0 | x_t), one for each row of `x_t`: shape (n, L). Their words fit each other, as words
    /// drawn from the [`posteriors`](Self::posteriors), each by itself, need not.
    ///
    /// # Errors
    /// As [`posteriors`](Self::posteriors).
    pub fn draw(&self, x_t: &Array2<f32>, t: usize, rng: &mut Rng) -> Result<Array2<usize>> {
        self.schedule.check(t)?;
        let streams = rng.forks(x_t.nrows());
        let draw = |seen: &Seen, out: &mut [usize]| {
            let p = |k: usize, i: usize| seen.chain[k][i];
            self.automaton
                .draw_by(p, out, &mut streams[seen.index].clone());
        };
        let words = self.each(x_t, &|_| t, self.places(), draw)?;
        Ok(Array2::from_shape_vec((x_t.nrows(), self.places()), words).expect("n sentences"))
    }

    /// E[x_0 | x_t] in f64, (n, L·d).
    pub(super) fn means(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f64>> {
        self.schedule.check(t)?;
        let columns = self.places() * self.vectors.dim();
        let means = self.each(x_t, &|_| t, columns, |seen, out| {
            let means = self.mean(seen);
            out.iter_mut()
                .zip(&means)
                .for_each(|(out, mean)| *out = *mean);
        });
        Ok(Array2::from_shape_vec((x_t.nrows(), columns), means?).expect("n rows"))
    }

    /// ln p(x_t) up to what depends on nothing but x_t and t; shape (n).
    pub(super) fn evidence(&self, x_t: &Array2<f32>, t: usize) -> Result<Array1<f64>> {
        self.schedule.check(t)?;
        Ok(self
            .each(x_t, &|_| t, 1, |seen, out| out[0] = seen.evidence)?
            .into())
    }

    fn mean(&self, seen: &Seen) -> Array2<f64> {
        let shape = (self.places(), self.vocabulary.len());
        let words = ArrayView2::from_shape(shape, seen.words).expect("a row a place");
        words.dot(&self.wide)
    }

    pub(super) fn places(&self) -> usize {
        self.automaton.layers.len()
    }

    /// What `write` makes of each sentence, `width` numbers: one sentence after the other. Row i of `x_t` stands at
    /// timestep `time(i)`, in range.
    pub(super) fn each<T: Clone + Default + Send>(
        &self,
        x_t: &Array2<f32>,
        time: &(dyn Fn(usize) -> usize + Sync),
        width: usize,
        write: impl Fn(&Seen, &mut [T]) + Sync,
    ) -> Result<Vec<T>> {
        let (places, d) = (self.places(), self.vectors.dim());
        let columns = places * d;
        check::same_shape("x_t", &[x_t.nrows(), columns], x_t.shape())?;
        check::all_finite("x_t", x_t)?;
        let size = check::elements::<T>("answers", &[x_t.nrows(), width])?;
        let x_t = x_t.as_standard_layout();
        let rows = x_t
            .as_slice()
            .expect("standard layout")
            .par_chunks(PIECE * columns);
        let mut out = vec![T::default(); size];
        let pieces = out.par_chunks_mut(PIECE * width).zip(rows).enumerate();
        pieces.for_each(|(k, (out, x))| {
            let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            let (n, first) = (x.len() / columns, k * PIECE);
            let alpha_bars = (0..n).map(|i| self.schedule.alpha_bars()[time(first + i)]);
            let likelihoods = self.likelihoods(&x, &alpha_bars.collect::<Vec<_>>());
            let mut passes = Passes::new(&self.automaton, self.vocabulary.len());
            let sentences = x.chunks_exact(columns).zip(out.chunks_exact_mut(width));
            let sentences = likelihoods
                .chunks_exact(places * self.vocabulary.len())
                .zip(sentences);
            for (i, (likelihoods, (x, out))) in sentences.enumerate() {
                let ln_p = self.ln_known + passes.run(likelihoods);
                write(&passes.seen(first + i, x, ln_p), out);
            }
        });
        Ok(out)
    }

    /// ln N(x_k; √ᾱ e_w, (1−ᾱ) I) for each place and word, up to what is the same for all words: (√ᾱ x_k·e_w −
    /// ᾱ‖e_w‖²/2)/(1−ᾱ).
    fn likelihoods(&self, x: &[f64], alpha_bars: &[f64]) -> Vec<f64> {
        let d = self.vectors.dim();
        let x = ArrayView2::from_shape((x.len() / d, d), x).expect("whole places");
        let mut all = x.dot(&self.wide.t());
        for (i, mut place) in all.rows_mut().into_iter().enumerate() {
            let alpha_bar = alpha_bars[i / self.places()];
            let (signal, variance) = (alpha_bar.sqrt(), 1.0 - alpha_bar);
            for (of_word, half_square) in place.iter_mut().zip(&self.half_squares) {
                *of_word = signal * (*of_word - signal * half_square) / variance;
            }
        }
        all.into_raw_vec_and_offset().0
    }
}

impl Denoiser for ExactText {
    fn prediction(&self) -> Prediction {
        self.prediction
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.schedule.check(t)?;
        let level = self.schedule.level(t);
        let (of_x_t, of_x0) = Prediction::X0.factors(self.prediction, level)?;
        let answers = self.each(x_t, &|_| t, x_t.ncols().max(1), |seen, out| {
            let means = self.mean(seen);
            for ((out, x0), x) in out.iter_mut().zip(&means).zip(seen.x) {
                *out = (of_x_t * x + of_x0 * x0) as f32;
            }
        });
        Ok(Array2::from_shape_vec(x_t.dim(), answers?).expect("the shape of x_t"))
    }
}
