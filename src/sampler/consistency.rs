//! Several steps of a consistency model: jump to clean data, go back part of the way, jump again.

use super::blend::{Blend, X0, Z};
use super::solver::{Interval, Solver};
use crate::error::Result;

/// x_s = √ᾱ_s x̂0 + √(1−ᾱ_s) z (Song et al. 2023, algorithm 1): noised anew from nothing but x̂0. At ᾱ_s = 1 x̂0 is left.
#[derive(Debug)]
pub(super) struct Consistency;

impl Solver for Consistency {
    fn name(&self) -> &'static str {
        "consistency"
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        let s = from.s;
        Ok(s.signal() * X0 + s.noise() * Z)
    }
}
