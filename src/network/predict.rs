//! What a network is, and its predictions: without gradients, in pieces that stay in a core's cache.

use std::sync::Mutex;

use ndarray::{Array2, ArrayRef2, ArrayView2};

use crate::autograd::{Parameters, Tape, Var, Workspace};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::parallel::*;

/// A network ε_θ(x_t, t) with named parameters; see the [module](super) for one written in 30 lines.
pub trait Network: Send + Sync {
    /// The parameters θ.
    fn parameters(&self) -> &Parameters;

    /// The parameters θ, to change: what training does.
    fn parameters_mut(&mut self) -> &mut Parameters;

    /// Records the prediction for a batch on `tape`: `x_t` is (n, d), `ts` holds n 0-based timesteps, one
    /// for each row; the result is (n, d).
    ///
    /// # Errors
    /// What the operations return, [`Error::Shapes`](crate::Error::Shapes) above all.
    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var>;

    /// The prediction for x_t, shape (n, d), each row at its own 0-based timestep `ts[i]`; shape (n, d).
    /// In parallel over pieces of the batch; the number of threads never changes a bit.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless `ts` has one entry a row; [`Error::Empty`](crate::Error::Empty)
    /// for rows without columns; what [`forward`](Self::forward) returns.
    fn predict(&self, x_t: &ArrayRef2<f32>, ts: &[usize]) -> Result<Array2<f32>> {
        check::same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        let forward: Forward = &|tape, x, ts| self.forward(tape, x, ts);
        predict(self.parameters(), x_t.ncols(), x_t, &|i| ts[i], forward)
    }

    /// [`predict`](Self::predict) with one 0-based timestep for all rows: what samplers ask for.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) for rows without columns; what [`forward`](Self::forward) returns.
    fn predict_at(&self, x_t: &ArrayRef2<f32>, t: usize) -> Result<Array2<f32>> {
        let forward: Forward = &|tape, x, ts| self.forward(tape, x, ts);
        predict(self.parameters(), x_t.ncols(), x_t, &|_| t, forward)
    }
}

impl Denoiser for &dyn Network {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}

/// A network's forward, without its type: so that this is compiled once, here, and not in a cell.
type Forward<'a> = &'a (dyn Fn(&mut Tape<'_>, Var, &[usize]) -> Result<Var> + Sync);

/// Most rows that are predicted together: enough that packing the weights for a product costs little beside
/// the product, and few enough that their activations stay in a second-level cache.
const LARGEST: usize = 512;

/// Fewest, unless there are no more: below that, sharing them between threads costs more than it gains.
const SMALLEST: usize = 64;

/// Rows that are predicted together, of `n`: equal parts, as many of them as keep all threads busy to the end.
/// Every row's result is its own, so the number changes no bit.
fn piece(n: usize) -> usize {
    let threads = current_num_threads();
    let pieces = n.div_ceil(LARGEST).max(8).next_multiple_of(threads);
    // Whole tiles of a product.
    let size = n.div_ceil(pieces).next_multiple_of(8);
    size.clamp(SMALLEST, LARGEST)
}

/// Answers of shape (n, `outputs`); `time` tells the timestep of a row.
pub(super) fn predict(
    parameters: &Parameters,
    outputs: usize,
    x_t: &ArrayRef2<f32>,
    time: &(dyn Fn(usize) -> usize + Sync),
    forward: Forward,
) -> Result<Array2<f32>> {
    let (n, d) = x_t.dim();
    check::not_empty("a row of x_t", if n > 0 { d } else { 1 })?;
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
    let values = out.as_slice_mut().expect("freshly made");
    values
        .par_chunks_mut(size * outputs)
        .zip(x_t.par_chunks(size * d))
        .enumerate()
        .try_for_each(|(i, (out, x))| -> Result<()> {
            let x = ArrayView2::from_shape((x.len() / d, d), x).expect("whole rows");
            let ts: Vec<usize> = (i * size..).take(x.nrows()).map(time).collect();
            let work = spare.lock().ok().and_then(|mut spare| spare.pop());
            let tape = Tape::with_workspace(parameters, work.unwrap_or_default());
            let work = predict_piece(tape.forward_only(), &x, &ts, forward, out)?;
            if let Ok(mut spare) = spare.lock() {
                spare.push(work);
            }
            Ok(())
        })?;
    Ok(out)
}

/// Writes the answers for some rows to `out`, and returns the tape's memory.
fn predict_piece(
    mut tape: Tape,
    x: &ArrayRef2<f32>,
    ts: &[usize],
    forward: Forward,
    out: &mut [f32],
) -> Result<Workspace> {
    let rows = x.nrows();
    let x = tape.input(x);
    let y = forward(&mut tape, x, ts)?;
    let found: [usize; 2] = tape.dim(y)?.into();
    let expected = [rows, out.len() / rows];
    check::same_shape("the network's prediction", &expected, &found)?;
    out.copy_from_slice(tape.slice(y));
    Ok(tape.into_workspace())
}
