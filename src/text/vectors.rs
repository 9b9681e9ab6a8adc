//! Words as points: what a sentence is while noise is added to it.

use ndarray::{Array2, Axis};

use crate::check;
use crate::error::Result;
use crate::rng::Rng;

#[cfg(doc)]
use crate::Error;

/// A vector for each word of a vocabulary: e_w, the rows of a matrix (V, d).
///
/// A sentence of L places, each the 0-based number of a word, becomes x_0, its words' vectors side by side: a row of
/// L·d numbers (Diffusion-LM, Li et al. 2022, §4.1). Sentences that are shorter end in a padding word, which has a
/// vector like any other.
///
/// ```
/// use diffusion_intuition::{Rng, text::WordVectors};
/// use ndarray::array;
///
/// let vectors = WordVectors::random(80, 32, &mut Rng::new(0))?;
/// let sentences = array![[3, 14, 15], [9, 2, 6]];
/// let x0 = vectors.encode(&sentences)?; // (2, 3·32)
/// assert_eq!(vectors.round(&x0)?, sentences);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    vectors: Array2<f32>,
}

impl WordVectors {
    /// These vectors, one row a word.
    ///
    /// # Errors
    /// [`Error::Empty`] without words or columns; [`Error::NotFinite`] for a NaN or infinite number.
    pub fn new(vectors: Array2<f32>) -> Result<Self> {
        check::not_empty("the set of word vectors", vectors.len())?;
        check::all_finite("word vectors", &vectors)?;
        let vectors = vectors.as_standard_layout().into_owned();
        Ok(Self { vectors })
    }

    /// Independent directions in `d` dimensions, uniform, each vector of norm 1: the scalar product of two
    /// is typically about 1/√d in size; among many, some are several times that.
    ///
    /// # Errors
    /// [`Error::Empty`] without words or dimensions; [`Error::Size`] for more than memory can hold.
    pub fn random(words: usize, d: usize, rng: &mut Rng) -> Result<Self> {
        let mut vectors = rng.standard_normal(words, d)?;
        for mut vector in vectors.rows_mut() {
            let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            let norm = norm.sqrt().max(f64::MIN_POSITIVE);
            vector.mapv_inplace(|x| (f64::from(x) / norm) as f32);
        }
        Self::new(vectors)
    }

    /// The vectors, shape (V, d).
    pub fn vectors(&self) -> &Array2<f32> {
        &self.vectors
    }

    /// How many words there are, V.
    pub fn words(&self) -> usize {
        self.vectors.nrows()
    }

    /// How many numbers a word has, d.
    pub fn dim(&self) -> usize {
        self.vectors.ncols()
    }

    /// x_0 of sentences, (n, L) word numbers, place after place: shape (n, L·d).
    ///
    /// # Errors
    /// [`Error::Word`] for a number that is no word; [`Error::Size`] for more than memory can hold.
    pub fn encode(&self, sentences: &Array2<usize>) -> Result<Array2<f32>> {
        let ((n, places), d) = (sentences.dim(), self.dim());
        check::words(sentences, self.words())?;
        check::elements::<f32>("sentences", &[n, places, d])?;
        let mut rows = Array2::zeros((n * places, d));
        for (mut row, word) in rows.rows_mut().into_iter().zip(sentences) {
            row.assign(&self.vectors.row(*word));
        }
        Ok(rows
            .into_shape_with_order((n, places * d))
            .expect("the same numbers"))
    }

    /// The word whose vector is nearest to each place of `x`, (n, L·d): shape (n, L). Of two as near, the first.
    ///
    /// # Errors
    /// [`Error::Shape`] if the columns are not whole places; [`Error::NotFinite`] for a NaN or infinite number.
    pub fn round(&self, x: &Array2<f32>) -> Result<Array2<usize>> {
        let ((n, columns), d) = (x.dim(), self.dim());
        let whole = columns.next_multiple_of(d);
        check::same_shape("places of sentences", &[n, whole], &[n, columns])?;
        check::all_finite("places of sentences", x)?;
        // ‖x − e‖² = ‖x‖² − 2(x·e − ½‖e‖²).
        let half = self.vectors.mapv(|e| 0.5 * e * e).sum_axis(Axis(1));
        let rows = x.as_standard_layout();
        let rows = rows.to_shape((n * (columns / d), d)).expect("whole places");
        let scores = rows.dot(&self.vectors.t()) - &half;
        let nearest = scores.rows().into_iter().map(|row| {
            let better = |(best, most), (word, score)| match score > most {
                true => (word, score),
                false => (best, most),
            };
            let first = (0, f32::NEG_INFINITY);
            row.iter().copied().enumerate().fold(first, better).0
        });
        let words = nearest.collect();
        Ok(Array2::from_shape_vec((n, columns / d), words).expect("one a place"))
    }
}
