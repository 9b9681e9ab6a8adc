//! The tape: values and the operations that made them, in order.

use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::gradients::Gradients;
use super::op::{Node, Op, Value, Var, slice, walk_back};
use super::parameters::{ParameterId, Parameters};
use super::workspace::Workspace;
use crate::check;
use crate::error::{Error, Result};

/// Records operations on matrices and differentiates them; see the [module](super).
///
/// Each operation is a method that takes and returns [`Var`]s. Two shapes that do not fit are an
/// [`Error::Shapes`] that names both; a `Var` of another tape is [`Error::Foreign`]; a result that memory cannot
/// hold is [`Error::Size`]. What an operation refuses beyond that stands with it.
pub struct Tape<'p> {
    pub(super) parameters: &'p Parameters,
    nodes: Vec<Node>,
    /// Which node each parameter is, if it is on the tape.
    places: Vec<Option<Var>>,
    /// Gradients of variables after the last walk back, with a place for each node.
    gradients: Vec<Option<Vec<f32>>>,
    pub(super) work: Workspace,
    id: u64,
    /// Whether operations keep what only `backward` needs.
    pub(super) recording: bool,
}

/// Tells the [`Var`]s of one tape from those of another.
static TAPES: AtomicU64 = AtomicU64::new(0);

impl<'p> Tape<'p> {
    /// An empty tape over `parameters`, with memory of its own.
    pub fn new(parameters: &'p Parameters) -> Self {
        Self::with_workspace(parameters, Workspace::new())
    }

    /// An empty tape that reuses the memory of an earlier one.
    pub fn with_workspace(parameters: &'p Parameters, work: Workspace) -> Self {
        Self {
            parameters,
            nodes: Vec::with_capacity(64),
            places: vec![None; parameters.len()],
            gradients: Vec::new(),
            work,
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
        let mut work = self.work;
        for node in self.nodes {
            if let Value::Buffer(buffer) = node.value {
                work.give(buffer);
            }
        }
        self.gradients
            .into_iter()
            .flatten()
            .for_each(|d| work.give(d));
        work
    }

    /// Puts data on the tape, shape (n, c); no gradient is computed with respect to it.
    pub fn input(&mut self, values: &ArrayRef2<f32>) -> Var {
        self.leaf(values, false)
    }

    /// Puts a matrix on the tape whose gradient [`gradient`](Self::gradient) tells after `backward`.
    pub fn variable(&mut self, values: &ArrayRef2<f32>) -> Var {
        self.leaf(values, true)
    }

    fn leaf(&mut self, values: &ArrayRef2<f32>, wanted: bool) -> Var {
        let var = self.written(values.dim(), |to| match values.as_slice() {
            Some(values) => to.copy_from_slice(values),
            None => to.iter_mut().zip(values).for_each(|(to, v)| *to = *v),
        });
        self.nodes[var.index as usize].wanted = wanted;
        var
    }

    /// An [`input`](Self::input) of these rows and columns that `write` fills.
    pub(crate) fn written(&mut self, dim: (usize, usize), write: impl FnOnce(&mut [f32])) -> Var {
        let mut buffer = self.work.take(dim.0 * dim.1);
        write(&mut buffer);
        self.push_node(Value::Buffer(buffer), dim, false)
    }

    /// Keeps what an operation's derivative will need, beside its result.
    pub(super) fn kept(&mut self, values: Vec<f32>, dim: (usize, usize)) -> Var {
        self.push_node(Value::Buffer(values), dim, false)
    }

    /// Puts a parameter on the tape (once; asked again, it answers the same `Var`). Nothing is copied.
    ///
    /// # Panics
    /// If `id` is not of the parameters that the tape was made over (see [`ParameterId`]).
    pub fn parameter(&mut self, id: ParameterId) -> Var {
        let [rows, cols] = self.parameters.shape(id);
        if let Some(known) = self.places[id.index] {
            return known;
        }
        let var = self.push_node(Value::Parameter(id), (rows, cols), true);
        self.places[id.index] = Some(var);
        var
    }

    /// The value of `var`, shape (rows, columns).
    ///
    /// # Panics
    /// If `var` is of another tape.
    pub fn value(&self, var: Var) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape(self.node(var).dim, self.slice(var)).expect("as long as its shape")
    }

    /// The single number of a 1×1 value, such as a loss.
    ///
    /// # Panics
    /// If `var` is of another tape or has more than one number.
    pub fn scalar(&self, var: Var) -> f32 {
        self.number(var, "scalar")
            .expect("a 1x1 value of this tape")
    }

    /// [`scalar`](Self::scalar) of what a caller's function returned, with an error where that panics.
    pub(crate) fn number(&self, var: Var, op: &'static str) -> Result<f32> {
        let dim = self.dim(var)?;
        shapes_fit(dim == (1, 1), op, dim, (1, 1))?;
        Ok(self.slice(var)[0])
    }

    /// Differentiates `loss`, a 1×1 value, with respect to every parameter: writes ∂loss/∂parameter into
    /// `gradients`, 0 for parameters that `loss` does not depend on.
    ///
    /// # Errors
    /// [`Error::Shapes`] if `loss` is not 1×1; [`Error::Foreign`] if it is of another tape;
    /// [`Error::Shape`] or [`Error::Foreign`] if `gradients` was made for other parameters;
    /// [`Error::Empty`] on the tape of a prediction, which keeps no record.
    pub fn backward(&mut self, loss: Var, gradients: &mut Gradients) -> Result<()> {
        self.number(loss, "backward")?;
        let what = "the record of a tape that only predicts";
        check::not_empty(what, usize::from(self.recording))?;
        gradients.check_of(self.parameters)?;
        let work = &mut self.work;
        let earlier = self.gradients.drain(..).flatten();
        earlier.for_each(|d| work.give(d));
        self.gradients = walk_back(&self.nodes, self.parameters, loss, gradients, work);
        Ok(())
    }

    /// ∂loss/∂`var` after [`backward`](Self::backward), for a [`variable`](Self::variable) that the loss
    /// depends on; `None` for anything else.
    pub fn gradient(&self, var: Var) -> Option<Array2<f32>> {
        let dim = self.dim(var).ok().filter(|_| self.node(var).wanted)?;
        let grad = self.gradients.get(var.index as usize)?.as_ref()?;
        Array2::from_shape_vec(dim, grad.clone()).ok()
    }

    /// Rows and columns of a value.
    ///
    /// # Errors
    /// [`Error::Foreign`] if `var` is of another tape.
    pub fn dim(&self, var: Var) -> Result<(usize, usize)> {
        if var.tape != self.id {
            return Err(Error::Foreign {
                what: "value of one tape",
            });
        }
        Ok(self.nodes[var.index as usize].dim)
    }

    /// The numbers of a value, row by row: what an operation computes with.
    ///
    /// # Panics
    /// If `var` is of another tape.
    pub fn slice(&self, var: Var) -> &[f32] {
        self.node(var);
        slice(&self.nodes, self.parameters, var)
    }

    /// Memory for the value of the operation named `op`, with arbitrary contents: all of it is to be written.
    ///
    /// # Errors
    /// [`Error::Size`] for more than memory can hold.
    pub fn take(&mut self, op: &'static str, (rows, cols): (usize, usize)) -> Result<Vec<f32>> {
        Ok(self.work.take(check::elements::<f32>(op, &[rows, cols])?))
    }

    /// Puts an operation of `operands` and its value `y` on the tape, of these rows and columns.
    ///
    /// # Panics
    /// If `y` has another number of elements, or an operand is of another tape.
    pub fn push(
        &mut self,
        op: impl Op + 'static,
        operands: &[Var],
        y: Vec<f32>,
        dim: (usize, usize),
    ) -> Var {
        assert_eq!(y.len(), dim.0 * dim.1, "as long as its shape");
        self.push_value(op, operands, Value::Buffer(y), dim)
    }

    /// [`push`](Self::push) of a value that may be no buffer of its own.
    pub(super) fn push_value(
        &mut self,
        op: impl Op + 'static,
        operands: &[Var],
        y: Value,
        dim: (usize, usize),
    ) -> Var {
        let wanted = operands.iter().any(|var| self.node(*var).wanted);
        for var in operands {
            self.nodes[var.index as usize].uses += 1;
        }
        let var = self.push_node(y, dim, wanted);
        if wanted && self.recording {
            self.nodes[var.index as usize].op = Some(Box::new(op));
        }
        var
    }

    fn node(&self, var: Var) -> &Node {
        assert_eq!(var.tape, self.id, "a Var of this tape");
        &self.nodes[var.index as usize]
    }

    pub(super) fn push_node(&mut self, value: Value, dim: (usize, usize), wanted: bool) -> Var {
        self.nodes.push(Node {
            value,
            dim,
            op: None,
            wanted,
            uses: 0,
        });
        self.var(self.nodes.len() - 1)
    }

    fn var(&self, index: usize) -> Var {
        let index = u32::try_from(index).expect("fewer than 2^32 operations");
        let tape = self.id;
        Var { index, tape }
    }
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
