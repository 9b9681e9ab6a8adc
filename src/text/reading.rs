//! What sentences are worth, by the grammar whose they should be.

use std::collections::BTreeSet;

use ndarray::Array2;

use super::grammar::Grammar;
use crate::error::Result;
use crate::metrics::Estimate;

/// How many of some sentences are of a language, and how likely those are.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// How many were read.
    pub count: usize,
    /// How many of them are of the language.
    pub valid: usize,
    /// How many different ones those are.
    pub distinct: usize,
    /// −ln p of those of the language, in nats, with the uncertainty of the mean: for sentences that follow the grammar
    /// its [`entropy`](Grammar::entropy); less, if likely ones come too often. None of fewer than two.
    pub nll: Option<Estimate>,
}

impl Reading {
    /// The share of valid sentences.
    pub fn share(&self) -> f64 {
        self.valid as f64 / self.count as f64
    }
}

impl Grammar {
    /// Reads sentences, shape (n, L), 0-based word numbers.
    ///
    /// # Errors
    /// As [`log_prob`](Self::log_prob); [`Error::Empty`](crate::Error::Empty) without sentences.
    pub fn read(&self, sentences: &Array2<usize>) -> Result<Reading> {
        crate::check::not_empty("sentences to read", sentences.nrows())?;
        let (mut nll, mut different) = (Vec::new(), BTreeSet::new());
        for row in sentences.rows() {
            let sentence = row.to_vec();
            let log_prob = self.log_prob(&sentence)?;
            if log_prob.is_finite() {
                nll.push(-log_prob);
                different.insert(sentence);
            }
        }
        Ok(Reading {
            count: sentences.nrows(),
            valid: nll.len(),
            distinct: different.len(),
            nll: if nll.len() > 1 {
                Some(Estimate::of(&nll)?)
            } else {
                None
            },
        })
    }
}
