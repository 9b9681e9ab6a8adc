//! The tape: values and the operations that made them, in order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::parallel::in_place_scope;
use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::backward::{Backward, Gradients, uses};
use super::columns::Columns;
use super::combine::{Combine, Product};
use super::concat::Concat;
use super::film::Film;
use super::fourier::Fourier;
use super::gather::{Gather, RowIndex};
use super::linear::LinearOp;
use super::pool::Workspace;
use super::reduce::{Mse, Reduce};
use super::unary::UnaryOp;
use crate::check::elements;
use crate::error::{Error, Result};
use crate::network::{ParameterId, Parameters, TimeEmbedding};

/// A value on a [`Tape`]: a matrix of f32. Cheap to copy; it belongs to the tape that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var {
    pub(super) index: u32,
    tape: u64,
}

/// Records operations on matrices and differentiates them; see the [module](super).
///
/// Each operation is a method that takes and returns [`Var`]s. Two shapes that do not fit are an
/// [`Error::Shapes`] that names both; a `Var` of another tape is [`Error::Foreign`]; a result that memory cannot
/// hold is [`Error::Size`].
#[derive(Debug)]
pub struct Tape<'p> {
    pub(super) parameters: &'p Parameters,
    pub(super) nodes: Vec<Node>,
    pub(super) indices: Vec<RowIndex>,
    pub(super) work: Workspace,
    on_tape: Vec<Option<Var>>,
    pub(super) id: u64,
    /// Whether operations keep what only `backward` needs.
    pub(super) recording: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub value: Value,
    pub rows: usize,
    pub cols: usize,
    pub op: Op,
    /// Whether a parameter or [`Tape::variable`] lies below: all other gradients are never computed.
    pub wanted: bool,
}

#[derive(Debug)]
pub(super) enum Value {
    Buffer(Vec<f32>),
    Parameter(ParameterId),
}

/// What made a value; each operation's file holds its forward and its derivative.
#[derive(Debug)]
pub(super) enum Op {
    /// Given from outside.
    Leaf,
    Linear(LinearOp),
    Film(Film),
    Unary(UnaryOp),
    Combine(Combine),
    Product(Product),
    Concat(Concat),
    Columns(Columns),
    Fourier(Fourier),
    Gather(Gather),
    Reduce(Reduce),
    Mse(Mse),
}

/// Tells the [`Var`]s of one tape from those of another.
static TAPES: AtomicU64 = AtomicU64::new(0);

impl<'p> Tape<'p> {
    /// An empty tape over `parameters`, with memory of its own.
    pub fn new(parameters: &'p Parameters) -> Self {
        Self::with_workspace(parameters, Workspace::new())
    }

    /// An empty tape that reuses the memory of an earlier one.
    pub fn with_workspace(parameters: &'p Parameters, mut work: Workspace) -> Self {
        Self {
            parameters,
            nodes: std::mem::take(&mut work.nodes),
            indices: Vec::new(),
            work,
            on_tape: vec![None; parameters.len()],
            id: TAPES.fetch_add(1, Ordering::Relaxed),
            recording: true,
        }
    }

    /// Keeps nothing that only `backward` needs: for predictions. `backward` must not be called then.
    pub(crate) fn forward_only(mut self) -> Self {
        self.recording = false;
        self
    }

    /// Ends the tape and returns its memory for the next.
    pub fn into_workspace(self) -> Workspace {
        let Self {
            mut nodes,
            mut work,
            ..
        } = self;
        for node in nodes.drain(..) {
            if let Value::Buffer(buffer) = node.value {
                work.give(buffer);
            }
        }
        let mut grads = std::mem::take(&mut work.grads);
        grads.drain(..).flatten().for_each(|grad| work.give(grad));
        work.grads = grads;
        work.nodes = nodes;
        work
    }

    /// Puts data on the tape, shape (n, c); no gradient is computed with respect to it.
    pub fn input(&mut self, values: &ArrayRef2<f32>) -> Var {
        self.leaf(values, false)
    }

    /// The sinusoidal embedding of the 0-based timesteps `ts`, one row each; shape (n, dim). It has no
    /// gradient: t is given.
    pub fn embed(&mut self, embedding: &TimeEmbedding, ts: &[usize]) -> Var {
        let (rows, cols) = (ts.len(), embedding.dim());
        let mut buffer = self.work.take(rows * cols);
        self.work.embeddings.write(embedding, ts, &mut buffer);
        self.push(Op::Leaf, buffer, rows, cols, false)
    }

    /// Puts a matrix on the tape whose gradient [`gradient`](Self::gradient) tells after `backward`.
    pub fn variable(&mut self, values: &ArrayRef2<f32>) -> Var {
        self.leaf(values, true)
    }

    fn leaf(&mut self, values: &ArrayRef2<f32>, wanted: bool) -> Var {
        let (rows, cols) = values.dim();
        let mut buffer = self.work.take(rows * cols);
        match values.as_slice() {
            Some(values) => buffer.copy_from_slice(values),
            None => buffer.iter_mut().zip(values).for_each(|(b, v)| *b = *v),
        }
        self.push(Op::Leaf, buffer, rows, cols, wanted)
    }

    /// Puts a parameter on the tape (once; asked again, it answers the same `Var`). Nothing is copied.
    ///
    /// # Panics
    /// If `id` is not of the parameters that the tape was made over (see [`ParameterId`]).
    pub fn parameter(&mut self, id: ParameterId) -> Var {
        let [rows, cols] = self.parameters.shape(id);
        if let Some(var) = self.on_tape[id.index] {
            return var;
        }
        let var = self.push_value(Op::Leaf, Value::Parameter(id), rows, cols, true);
        self.on_tape[id.index] = Some(var);
        var
    }

    /// The value of `var`, shape (rows, columns).
    ///
    /// # Panics
    /// If `var` is of another tape.
    pub fn value(&self, var: Var) -> ArrayView2<'_, f32> {
        let (rows, cols) = self.dim(var).expect("a Var of this tape");
        ArrayView2::from_shape((rows, cols), self.slice(var)).expect("as long as its shape")
    }

    /// The single number of a 1×1 value, such as a loss.
    ///
    /// # Panics
    /// If `var` is of another tape or has more than one number.
    pub fn scalar(&self, var: Var) -> f32 {
        let value = self.value(var);
        assert_eq!(value.dim(), (1, 1), "a scalar is a 1x1 value");
        value[[0, 0]]
    }

    /// Differentiates `loss`, a 1×1 value, with respect to every parameter: writes ∂loss/∂parameter into
    /// `gradients`, 0 for parameters that `loss` does not depend on.
    ///
    /// # Errors
    /// [`Error::Shapes`] if `loss` is not 1×1; [`Error::Foreign`] if it is of another tape;
    /// [`Error::Shape`] if `gradients` was made for other parameters; [`Error::Empty`] on the tape of a
    /// prediction, which keeps no record.
    pub fn backward(&mut self, loss: Var, gradients: &mut Gradients) -> Result<()> {
        self.number(loss, "backward")?;
        if !self.recording {
            let what = "the record of a tape that only predicts";
            return Err(Error::Empty { what });
        }
        gradients.reset(self.parameters)?;
        let mut grads = std::mem::take(&mut self.work.grads);
        grads.drain(..).flatten().for_each(|g| self.work.give(g));
        grads.resize_with(self.nodes.len(), || None);
        let mut one = self.work.take(1);
        one[0] = 1.0;
        grads[loss.index as usize] = Some(one);
        let spent = Mutex::default();
        let slots = gradients.slots();
        in_place_scope(|scope| {
            Backward {
                nodes: &self.nodes,
                indices: &self.indices,
                parameters: self.parameters,
                grads: &mut grads,
                work: &mut self.work,
                uses: uses(&self.nodes, slots.len()),
                slots,
                scope,
                spent: &spent,
            }
            .run();
        });
        let spent = spent.into_inner().unwrap_or_else(PoisonError::into_inner);
        spent.into_iter().for_each(|buffer| self.work.give(buffer));
        self.work.grads = grads;
        gradients.finish();
        Ok(())
    }

    /// [`scalar`](Self::scalar) of what a caller's function returned, with an error where that panics.
    pub(crate) fn number(&self, var: Var, op: &'static str) -> Result<f32> {
        same_dim(op, self.dim(var)?, (1, 1))?;
        Ok(self.slice(var)[0])
    }

    /// ∂loss/∂`var` after [`backward`](Self::backward), for a [`variable`](Self::variable) that the loss
    /// depends on; `None` for anything else.
    pub fn gradient(&self, var: Var) -> Option<Array2<f32>> {
        let dim = self.dim(var).ok().filter(|_| self.wants(var))?;
        let grad = self.work.grads.get(var.index as usize)?.as_ref()?;
        Array2::from_shape_vec(dim, grad.clone()).ok()
    }

    /// Shape of a value of this tape.
    pub(crate) fn dim(&self, var: Var) -> Result<(usize, usize)> {
        if var.tape != self.id {
            return Err(Error::Foreign {
                what: "value of one tape",
            });
        }
        let node = &self.nodes[var.index as usize];
        Ok((node.rows, node.cols))
    }

    /// The numbers of a value of this tape, row by row.
    pub(super) fn slice(&self, var: Var) -> &[f32] {
        slice(&self.nodes, self.parameters, var)
    }

    /// Memory for a new value, which may be larger than its operands.
    pub(super) fn room(&mut self, op: &'static str, rows: usize, cols: usize) -> Result<Vec<f32>> {
        Ok(self.work.take(elements::<f32>(op, &[rows, cols])?))
    }

    pub(super) fn wants(&self, var: Var) -> bool {
        self.nodes[var.index as usize].wanted
    }

    pub(super) fn push(
        &mut self,
        op: Op,
        buffer: Vec<f32>,
        rows: usize,
        cols: usize,
        wanted: bool,
    ) -> Var {
        self.push_value(op, Value::Buffer(buffer), rows, cols, wanted)
    }

    fn push_value(&mut self, op: Op, value: Value, rows: usize, cols: usize, wanted: bool) -> Var {
        let index = u32::try_from(self.nodes.len()).expect("fewer than 2^32 operations");
        self.nodes.push(Node {
            value,
            rows,
            cols,
            op,
            wanted,
        });
        let tape = self.id;
        Var { index, tape }
    }
}

/// The numbers of a value, from its own buffer or straight from the parameters.
pub(super) fn slice<'a>(nodes: &'a [Node], parameters: &'a Parameters, var: Var) -> &'a [f32] {
    match &nodes[var.index as usize].value {
        Value::Buffer(buffer) => buffer,
        Value::Parameter(id) => parameters.slice(*id),
    }
}

/// Refuses two shapes that differ, naming both.
pub(super) fn same_dim(op: &'static str, a: (usize, usize), b: (usize, usize)) -> Result<()> {
    shapes_fit(a == b, op, a, b)
}

/// [`Error::Shapes`] with both shapes unless they fit.
pub(super) fn shapes_fit(
    fit: bool,
    op: &'static str,
    a: (usize, usize),
    b: (usize, usize),
) -> Result<()> {
    if fit {
        return Ok(());
    }
    let (left, right) = ([a.0, a.1], [b.0, b.1]);
    Err(Error::Shapes { op, left, right })
}

/// Refuses a constant of an operation that is NaN or infinite.
pub(crate) fn check_constant(name: &'static str, value: f32) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    let (value, valid) = (f64::from(value), "finite");
    Err(Error::Parameter { name, value, valid })
}
