//! What an operation is, and the walk back over a record of them.

use std::sync::{Mutex, PoisonError};

use super::gradients::Gradients;
use super::parameters::{ParameterId, Parameters};
use super::workspace::Workspace;
use crate::parallel::{Scope, in_place_scope};

/// A value on a [`Tape`](super::Tape): a matrix of f32. Cheap to copy; it belongs to the tape that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var {
    pub(super) index: u32,
    pub(super) tape: u64,
}

/// What made a value of its operands, and knows its derivative: see the [module](super) for one.
pub trait Op: Send + Sync {
    /// Given `dy` = ∂loss/∂`y`, row by row, [adds](Backward::give) to ∂loss/∂x of every operand x what comes
    /// to it through `y`, the operation's value.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>);
}

pub(super) struct Node {
    pub value: Value,
    pub dim: (usize, usize),
    /// None for what was given from outside, and where no gradient is wanted.
    pub op: Option<Box<dyn Op>>,
    /// Whether a parameter or [`Tape::variable`](super::Tape::variable) lies below: all other gradients are
    /// never computed.
    pub wanted: bool,
    /// How many operations read it.
    pub uses: usize,
}

pub(super) enum Value {
    Buffer(Vec<f32>),
    Parameter(ParameterId),
    /// Those of another value, in rows of another length.
    Same(Var),
}

/// The numbers of a value, from its own buffer or straight from the parameters.
pub(super) fn slice<'a>(nodes: &'a [Node], parameters: &'a Parameters, var: Var) -> &'a [f32] {
    match &nodes[var.index as usize].value {
        Value::Buffer(buffer) => buffer,
        Value::Parameter(id) => parameters.slice(*id),
        Value::Same(var) => slice(nodes, parameters, *var),
    }
}

/// ∂loss/∂value, as far as it is summed.
struct Gradient<'a> {
    sum: Option<Sum<'a>>,
    begun: bool,
}

/// Where a gradient is summed: in a buffer, or at a parameter's place among the gradients of all.
pub(super) enum Sum<'a> {
    Buffer(Vec<f32>),
    Place(&'a mut [f32]),
}

impl Sum<'_> {
    pub fn values(&mut self) -> &mut [f32] {
        match self {
            Self::Buffer(values) => values,
            Self::Place(values) => values,
        }
    }
}

/// A walk back over a tape: the values, the gradients so far, and memory for more.
pub struct Backward<'a, 's> {
    nodes: &'a [Node],
    pub(super) parameters: &'a Parameters,
    gradients: Vec<Gradient<'a>>,
    pub(super) work: &'a mut Workspace,
    scope: &'s Scope<'a>,
    /// Buffers that spawned tasks are done with.
    spent: &'a Mutex<Vec<Vec<f32>>>,
}

/// Differentiates `loss`: leaves the gradients of parameters in `to`, and returns those of variables, in a list
/// with a place for each node.
pub(super) fn walk_back(
    nodes: &[Node],
    parameters: &Parameters,
    loss: Var,
    to: &mut Gradients,
    work: &mut Workspace,
) -> Vec<Option<Vec<f32>>> {
    let mut places = to.places();
    let gradient = |node: &Node| Gradient {
        sum: match node.value {
            Value::Parameter(id) => places[id.index].take().map(Sum::Place),
            Value::Buffer(_) | Value::Same(_) => None,
        },
        begun: false,
    };
    let gradients: Vec<_> = nodes.iter().map(gradient).collect();
    places.into_iter().flatten().for_each(|rest| rest.fill(0.0));
    let mut one = work.take(1);
    one[0] = 1.0;
    let spent = Mutex::default();
    let of_variables = in_place_scope(|scope| {
        let mut walk = Backward {
            nodes,
            parameters,
            gradients,
            work: &mut *work,
            scope,
            spent: &spent,
        };
        walk.give(loss, one);
        walk.run(loss.tape)
    });
    let spent = spent.into_inner().unwrap_or_else(PoisonError::into_inner);
    spent.into_iter().for_each(|buffer| work.give(buffer));
    of_variables
}

impl<'a> Backward<'a, '_> {
    /// Applies each operation's derivative, last first. Every value's gradient is complete when its turn
    /// comes, for only later operations can use it.
    fn run(mut self, tape: u64) -> Vec<Option<Vec<f32>>> {
        for (i, node) in self.nodes.iter().enumerate().rev() {
            let index = i as u32;
            if let Some(op) = &node.op
                && let Some(Sum::Buffer(dy)) = self.gradients[i].sum.take()
            {
                op.backward(&mut self, Var { index, tape }, dy);
            }
        }
        let left = |gradient: Gradient| match gradient.sum {
            Some(Sum::Buffer(d)) => Some(d),
            Some(Sum::Place(d)) if !gradient.begun => {
                d.fill(0.0);
                None
            }
            _ => None,
        };
        self.gradients.into_iter().map(left).collect()
    }

    /// The numbers of a value, row by row.
    pub fn slice(&self, var: Var) -> &'a [f32] {
        slice(self.nodes, self.parameters, var)
    }

    /// Rows and columns of a value.
    pub fn dim(&self, var: Var) -> (usize, usize) {
        self.nodes[var.index as usize].dim
    }

    /// Whether ∂loss/∂`var` is needed: what is given for any other is thrown away.
    pub fn wants(&self, var: Var) -> bool {
        self.nodes[var.index as usize].wanted
    }

    /// A buffer of `len` numbers with arbitrary contents.
    pub fn take(&mut self, len: usize) -> Vec<f32> {
        self.work.take(len)
    }

    /// Takes back a buffer that nobody needs any more.
    pub fn recycle(&mut self, buffer: Vec<f32>) {
        self.work.give(buffer);
    }

    /// Adds `d` to ∂loss/∂`var`. A first contribution is moved, not copied.
    ///
    /// # Panics
    /// If `d` has not as many numbers as `var`.
    pub fn give(&mut self, var: Var, d: Vec<f32>) {
        assert_eq!(d.len(), self.slice(var).len(), "a gradient is as long");
        let gradient = &mut self.gradients[var.index as usize];
        let adds = std::mem::replace(&mut gradient.begun, true);
        match &mut gradient.sum {
            None => self.put(var, Sum::Buffer(d)),
            Some(sum) => {
                let pairs = sum.values().iter_mut().zip(&d);
                pairs.for_each(|(sum, d)| *sum = if adds { *sum + d } else { *d });
                self.work.give(d);
            }
        }
    }

    /// Takes ∂loss/∂`var` to add to it, and whether there is something to add to: if not, its contents are
    /// arbitrary. Of a value that an operation reads twice it may take two: they are added up when they are put back.
    pub(super) fn open(&mut self, var: Var) -> (Sum<'a>, bool) {
        let (rows, cols) = self.dim(var);
        let gradient = &mut self.gradients[var.index as usize];
        let begun = std::mem::replace(&mut gradient.begun, true);
        match gradient.sum.take() {
            Some(sum) => (sum, begun),
            None => (Sum::Buffer(self.work.take(rows * cols)), false),
        }
    }

    /// Puts back what [`open`](Self::open) took.
    pub(super) fn put(&mut self, var: Var, sum: Sum<'a>) {
        let there = self.gradients[var.index as usize].sum.take();
        let sum = match (there, sum) {
            (None, Sum::Buffer(d)) if !self.wants(var) => return self.work.give(d),
            (None, sum) => sum,
            (Some(mut sum), Sum::Buffer(d)) | (Some(Sum::Buffer(d)), mut sum) => {
                let pairs = sum.values().iter_mut().zip(&d);
                pairs.for_each(|(sum, d)| *sum += d);
                self.work.give(d);
                sum
            }
            (Some(Sum::Place(_)), Sum::Place(_)) => unreachable!("a parameter has one place"),
        };
        self.gradients[var.index as usize].sum = Some(sum);
    }

    /// Whether one operation alone reads each of these.
    pub(super) fn used_once(&self, vars: [Var; 2]) -> bool {
        let mut vars = vars.iter();
        vars.all(|var| self.nodes[var.index as usize].uses == 1)
    }

    /// Leaves `task`, which nothing on the walk waits for, to a thread that has the time; it may use `dy`.
    pub(super) fn spawn(&mut self, dy: Vec<f32>, task: impl FnOnce(&[f32]) + Send + 'a) {
        let spent = self.spent;
        self.scope.spawn(move |_| {
            task(&dy);
            let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
            spent.push(dy);
        });
    }
}
