//! What a network is, and its predictions: without gradients, in pieces that stay in a core's cache.

use std::ops::Range;
use std::sync::Mutex;

use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::minibatch::{Minibatch, squared_error};
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

    /// How many classes of data the network tells apart: labels are 0..`classes`. 0 for one that takes no labels.
    fn classes(&self) -> usize {
        0
    }

    /// [`forward`](Self::forward) with a label for each row; `None` is the label that says nothing. A network with
    /// [`classes`](Self::classes) writes this one, and its `forward` is this with nothing but `None`.
    ///
    /// # Errors
    /// As [`forward`](Self::forward); [`Error::Label`](crate::Error::Label) for a label outside 0..`classes`.
    fn forward_given(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        check::labels(labels.iter().flatten(), self.classes())?;
        self.forward(tape, x_t, ts)
    }

    /// Records what training minimises on `tape`, 1×1, and says what it is of each row, length n: their mean is the
    /// loss. By default the mean squared error of the answer and the batch's target.
    ///
    /// # Errors
    /// As [`forward_given`](Self::forward_given); [`Error::Shapes`](crate::Error::Shapes) for an answer of another
    /// shape than the target.
    fn loss(&self, tape: &mut Tape<'_>, batch: &Minibatch) -> Result<(Var, Vec<f64>)> {
        let x_t = tape.input(&batch.x_t);
        let y = match batch.labels {
            [] => self.forward(tape, x_t, batch.ts)?,
            labels => self.forward_given(tape, x_t, batch.ts, labels)?,
        };
        squared_error(tape, y, batch)
    }

    /// What a row of `columns` numbers costs, in rows of a plain network: says into how many parts a batch is split.
    /// By default a row is a picture from 16 columns on, whose every pixel goes through layers of its own.
    fn cost(&self, columns: usize) -> usize {
        cost_of_row(columns)
    }

    /// The prediction for x_t, shape (n, d), each row at its own 0-based timestep `ts[i]`; shape (n, d).
    /// In parallel over pieces of the batch; the number of threads never changes a bit.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless `ts` has one entry a row; [`Error::Empty`](crate::Error::Empty)
    /// for rows without columns; what [`forward`](Self::forward) returns.
    fn predict(&self, x_t: &ArrayRef2<f32>, ts: &[usize]) -> Result<Array2<f32>> {
        check::same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        let forward: Forward = &|tape, x, rows| self.forward(tape, x, &ts[rows]);
        predict(
            self.parameters(),
            [x_t.ncols(), self.cost(x_t.ncols())],
            x_t,
            forward,
        )
    }

    /// [`predict`](Self::predict) with one 0-based timestep for all rows: what samplers ask for.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) for rows without columns; what [`forward`](Self::forward) returns.
    fn predict_at(&self, x_t: &ArrayRef2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict(x_t, &vec![t; x_t.nrows()])
    }

    /// [`predict`](Self::predict) with a label for each row.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), for `labels` as for `ts`; [`Error::Label`](crate::Error::Label) for a label
    /// outside 0..[`classes`](Self::classes).
    fn predict_given(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Array2<f32>> {
        check::same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        check::same_shape("labels", &[x_t.nrows()], &[labels.len()])?;
        check::labels(labels.iter().flatten(), self.classes())?;
        let forward: Forward =
            &|tape, x, rows| self.forward_given(tape, x, &ts[rows.clone()], &labels[rows]);
        predict(
            self.parameters(),
            [x_t.ncols(), self.cost(x_t.ncols())],
            x_t,
            forward,
        )
    }

    /// The network, told that all rows are of the class `label`, or with `None` told nothing: a [`Denoiser`].
    ///
    /// A label that it does not know is an [`Error::Label`](crate::Error::Label) when it is asked.
    fn given(&self, label: Option<usize>) -> Given<'_>
    where
        Self: Sized,
    {
        Given {
            network: self,
            labels: Labels::All(label),
        }
    }

    /// The network, told the class of each row: a [`Denoiser`] for batches of as many rows.
    fn given_each<'a>(&'a self, labels: &'a [Option<usize>]) -> Given<'a>
    where
        Self: Sized,
    {
        Given {
            network: self,
            labels: Labels::Rows(labels),
        }
    }
}

impl Denoiser for &dyn Network {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}

/// A network that is told what to predict: ε_θ(x_t, t, c). [`Network::given`] makes one of a label for all rows,
/// [`Network::given_each`] one of a label a row.
///
/// [`Prediction::of`](crate::Prediction::of) says what the network predicts, if that is not ε;
/// [`Guidance::towards`](crate::sampler::Guidance::towards) goes beyond what it is told.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    network: &'a dyn Network,
    labels: Labels<'a>,
}

#[derive(Clone, Copy)]
enum Labels<'a> {
    All(Option<usize>),
    Rows(&'a [Option<usize>]),
}

impl Given<'_> {
    /// The same network, told nothing.
    #[must_use]
    pub fn nothing(self) -> Self {
        let labels = Labels::All(None);
        Self { labels, ..self }
    }
}

impl Denoiser for Given<'_> {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        let ts = vec![t; x_t.nrows()];
        match self.labels {
            Labels::All(label) => self.network.predict_given(x_t, &ts, &vec![label; ts.len()]),
            Labels::Rows(labels) => self.network.predict_given(x_t, &ts, labels),
        }
    }
}

/// A network's forward for some rows of the batch, without its type: so that this is compiled once, here, and not in
/// a cell.
type Forward<'a> = &'a (dyn Fn(&mut Tape<'_>, Var, Range<usize>) -> Result<Var> + Sync);

/// How many rows of a few columns a row of `d` counts as. Wide rows are pictures.
pub(super) fn cost_of_row(d: usize) -> usize {
    d.saturating_sub(15).max(1)
}

/// Most rows that are predicted together: enough that packing the weights for a product costs little beside
/// the product, and few enough that their activations stay in a second-level cache.
const LARGEST: usize = 512;

/// Fewest, unless there are no more: below that, sharing them between threads costs more than it gains.
const SMALLEST: usize = 64;

/// Rows of a whole tile of a product.
const TILE: usize = 8;

/// Rows of this cost that are predicted together, of `n`: equal parts, as many of them as keep all threads busy to
/// the end. Every row's result is its own, so the number changes no bit.
fn piece(n: usize, cost: usize) -> usize {
    let [tile, least, most] = [TILE, SMALLEST, LARGEST].map(|rows| (rows / cost.max(1)).max(1));
    let threads = current_num_threads();
    let pieces = n.div_ceil(most).max(8).next_multiple_of(threads);
    let size = n.div_ceil(pieces).next_multiple_of(tile);
    size.clamp(least, most)
}

/// Answers of shape (n, `outputs`), for rows of this [cost](Network::cost).
pub(super) fn predict(
    parameters: &Parameters,
    [outputs, cost]: [usize; 2],
    x_t: &ArrayRef2<f32>,
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
    let size = piece(n, cost);
    // A piece takes the memory that an earlier one left.
    let spare: Mutex<Vec<Workspace>> = Mutex::default();
    let values = out.as_slice_mut().expect("freshly made");
    values
        .par_chunks_mut(size * outputs)
        .zip(x_t.par_chunks(size * d))
        .enumerate()
        .try_for_each(|(i, (out, x))| -> Result<()> {
            let x = ArrayView2::from_shape((x.len() / d, d), x).expect("whole rows");
            let rows = i * size..i * size + x.nrows();
            let work = spare.lock().ok().and_then(|mut spare| spare.pop());
            let tape = Tape::with_workspace(parameters, work.unwrap_or_default());
            let work = predict_piece(tape.forward_only(), &x, rows, forward, out)?;
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
    rows: Range<usize>,
    forward: Forward,
    out: &mut [f32],
) -> Result<Workspace> {
    let expected = [x.nrows(), out.len() / x.nrows()];
    let x = tape.input(x);
    let y = forward(&mut tape, x, rows)?;
    let found: [usize; 2] = tape.dim(y)?.into();
    check::same_shape("the network's prediction", &expected, &found)?;
    out.copy_from_slice(tape.slice(y));
    Ok(tape.into_workspace())
}
