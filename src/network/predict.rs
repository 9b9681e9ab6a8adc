//! Predictions without gradients, in pieces that stay in a core's cache.

use std::sync::Mutex;

use crate::parallel::*;
use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::Parameters;
use crate::autograd::{Tape, Var, Workspace};
use crate::check;
use crate::error::{Error, Result};

/// Most rows that are predicted together: enough that packing the weights for a product costs little beside
/// the product, and few enough that their activations stay in a second-level cache.
const LARGEST: usize = 512;

/// Fewest, unless there are no more: below that, sharing them between threads costs more than it gains.
const SMALLEST: usize = 64;

/// Rows that are predicted together, of `n`: equal parts, as many of them as keep all threads busy to the end.
/// Every row's result is its own, so the number changes no bit.
fn piece(n: usize) -> usize {
    let threads = crate::parallel::current_num_threads();
    let pieces = n.div_ceil(LARGEST).max(8).next_multiple_of(threads);
    // Whole tiles of a product.
    let size = n.div_ceil(pieces).next_multiple_of(8);
    size.clamp(SMALLEST, LARGEST)
}

/// Timesteps of a batch.
pub(super) enum Times<'a> {
    /// One for each row.
    Each(&'a [usize]),
    /// One for all rows.
    All(usize),
}

/// A network's forward, without its type: so that this is compiled once, here, and not in a cell.
type Forward<'a> = &'a (dyn Fn(&mut Tape<'_>, Var, &[usize]) -> Result<Var> + Sync);

/// Answers of shape (n, `outputs`).
pub(super) fn predict(
    parameters: &Parameters,
    outputs: usize,
    x_t: &ArrayRef2<f32>,
    times: Times,
    forward: Forward,
) -> Result<Array2<f32>> {
    let (n, d) = x_t.dim();
    if let Times::Each(ts) = times
        && ts.len() != n
    {
        return Err(Error::Shape {
            what: "ts",
            expected: vec![n],
            found: vec![ts.len()],
        });
    }
    if d == 0 && n > 0 {
        let what = "a row of x_t";
        return Err(Error::Empty { what });
    }
    check::elements::<f32>("predictions", &[n, outputs])?;
    let mut out = Array2::zeros((n, outputs));
    if out.is_empty() {
        return Ok(out);
    }
    let x_t = x_t.as_standard_layout();
    let x_t = x_t.as_slice().expect("standard layout");
    let size = piece(n);
    // A piece takes the memory that an earlier one left.
    let spare: Mutex<Vec<Workspace>> = Mutex::default();
    let one = |index: usize, x: &[f32], out: &mut [f32]| -> Result<()> {
        let rows = x.len() / d;
        let same;
        let ts = match times {
            Times::Each(ts) => &ts[index * size..][..rows],
            Times::All(t) => {
                same = [t; LARGEST];
                &same[..rows]
            }
        };
        let workspace = spare.lock().ok().and_then(|mut spare| spare.pop());
        let tape = Tape::with_workspace(parameters, workspace.unwrap_or_default());
        let mut tape = tape.forward_only();
        let x = ArrayView2::from_shape((rows, d), x).expect("whole rows");
        let x = tape.input(&x);
        let y = forward(&mut tape, x, ts)?;
        tape.dim(y)?;
        let y = tape.value(y);
        if y.dim() != (rows, outputs) {
            return Err(Error::Shape {
                what: "the network's prediction",
                expected: vec![rows, outputs],
                found: y.shape().to_vec(),
            });
        }
        out.copy_from_slice(y.as_slice().expect("values are in row-major order"));
        let workspace = tape.into_workspace();
        if let Ok(mut spare) = spare.lock() {
            spare.push(workspace);
        }
        Ok(())
    };
    let values = out.as_slice_mut().expect("freshly made");
    values
        .par_chunks_mut(size * outputs)
        .zip(x_t.par_chunks(size * d))
        .enumerate()
        .try_for_each(|(index, (out, x))| one(index, x, out))?;
    Ok(out)
}
