//! How straight the ways from noise to data are.

use ndarray::{Array, Dimension};

use crate::check;
use crate::error::Result;

/// How far trajectories are from straight lines at constant speed:
/// S = ∫ E‖(x_1 − x_0) − ẋ_u‖² du (Liu et al. 2023, §2.1), and S/E‖x_1 − x_0‖². Where S is 0, one step of Euler's
/// method is exact.
///
/// `states` are those of all trajectories at evenly spaced u from one end to the other, rows (n, d) or numbers (n), as
/// of [`Mixture::flow`](crate::Mixture::flow); E is the mean over rows, not over columns. With N steps S falls short of
/// its limit by a term in 1/N², and it is exact for Euler's own trajectories.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for fewer than two states, or without dimensions;
/// [`Error::Empty`](crate::Error::Empty) and
/// [`Error::Shape`](crate::Error::Shape) unless all have the same numbers of rows and columns.
pub fn straightness<D: Dimension>(states: &[Array<f64, D>]) -> Result<(f64, f64)> {
    let valid = "at least 2: a start and an end";
    check::parameter("number of states", states.len(), states.len() > 1, valid)?;
    let (first, last) = (&states[0], &states[states.len() - 1]);
    check::not_empty("states", first.len())?;
    let valid = "at least 1: numbers, or rows of them";
    check::parameter(
        "dimensions of a state",
        first.ndim(),
        first.ndim() > 0,
        valid,
    )?;
    for state in states {
        check::same_shape("states", first.shape(), state.shape())?;
    }
    let (rows, steps) = (first.shape()[0] as f64, (states.len() - 1) as f64);
    let square = |x: Array<f64, D>| x.iter().map(|x| x * x).sum::<f64>() / rows;
    let whole = last - first;
    let gaps = states
        .windows(2)
        .map(|pair| square(steps * (&pair[1] - &pair[0]) - &whole));
    let bend = gaps.sum::<f64>() / steps;
    Ok((bend, bend / square(whole)))
}
