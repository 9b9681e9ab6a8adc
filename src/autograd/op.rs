//! What an operation is, and the walk back over a record of them.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use super::gradients::{Gradients, Slot};
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
pub trait Op: Debug + Send + Sync {
    /// Given `dy` = ∂loss/∂`y`, row by row, [adds](Backward::give) to ∂loss/∂x of every operand x what comes
    /// to it through `y`, the operation's value.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>);

    /// Parameters that it reads, and whose gradients it writes, without a [`Var`](super::Tape::parameter) of them.
    fn parameters(&self) -> &[ParameterId] {
        &[]
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub value: Value,
    pub rows: usize,
    pub cols: usize,
    /// None for what was given from outside, and where no gradient is wanted.
    pub op: Option<Box<dyn Op>>,
    /// Whether a parameter or [`Tape::variable`](super::Tape::variable) lies below: all other gradients are
    /// never computed.
    pub wanted: bool,
}

#[derive(Debug)]
pub(super) enum Value {
    Buffer(Vec<f32>),
    Parameter(ParameterId),
}

/// The numbers of a value, from its own buffer or straight from the parameters.
pub(super) fn slice<'a>(nodes: &'a [Node], parameters: &'a Parameters, var: Var) -> &'a [f32] {
    match &nodes[var.index as usize].value {
        Value::Buffer(buffer) => buffer,
        Value::Parameter(id) => parameters.slice(*id),
    }
}

/// A walk back over a tape: the values, the gradients so far, and memory for more.
pub struct Backward<'a, 's> {
    nodes: &'a [Node],
    pub(super) parameters: &'a Parameters,
    grads: &'a mut [Option<Vec<f32>>],
    pub(super) work: &'a mut Workspace,
    /// Of each parameter; `None` where a spawned task has it.
    slots: Vec<Option<Slot<'a>>>,
    /// How many operations use each parameter.
    uses: Vec<usize>,
    scope: &'s Scope<'a>,
    /// Buffers that spawned tasks are done with.
    spent: &'a Mutex<Vec<Vec<f32>>>,
}

/// Differentiates `loss`: leaves the gradients of parameters in `gradients`, those of variables in `grads`, which
/// has a place for each node.
pub(super) fn walk_back(
    nodes: &[Node],
    parameters: &Parameters,
    loss: Var,
    grads: &mut [Option<Vec<f32>>],
    gradients: &mut Gradients,
    work: &mut Workspace,
) {
    let mut uses = vec![0; parameters.len()];
    for node in nodes {
        let given = match &node.value {
            Value::Parameter(id) => std::slice::from_ref(id),
            Value::Buffer(_) => &[],
        };
        let read = node.op.iter().flat_map(|op| op.parameters());
        given.iter().chain(read).for_each(|id| uses[id.index] += 1);
    }
    let mut one = work.take(1);
    one[0] = 1.0;
    grads[loss.index as usize] = Some(one);
    let spent = Mutex::default();
    let slots = gradients.slots();
    in_place_scope(|scope| {
        let mut walk = Backward {
            nodes,
            parameters,
            grads,
            work: &mut *work,
            slots,
            uses,
            scope,
            spent: &spent,
        };
        walk.run(loss.tape);
    });
    let spent = spent.into_inner().unwrap_or_else(PoisonError::into_inner);
    spent.into_iter().for_each(|buffer| work.give(buffer));
    gradients.finish();
}

impl<'a> Backward<'a, '_> {
    /// Applies each operation's derivative, last first. Every value's gradient is complete when its turn
    /// comes, for only later operations can use it.
    fn run(&mut self, tape: u64) {
        let nodes = self.nodes;
        for (i, node) in nodes.iter().enumerate().rev() {
            let Some(dy) = self.grads[i].take() else {
                continue;
            };
            let index = i as u32;
            match (&node.op, &node.value) {
                (Some(op), _) => op.backward(self, Var { index, tape }, dy),
                (None, Value::Parameter(id)) => self.add_to_parameter(*id, dy),
                // A variable keeps its gradient on the tape.
                (None, Value::Buffer(_)) => self.grads[i] = Some(dy),
            }
        }
    }

    fn add_to_parameter(&mut self, id: ParameterId, d: Vec<f32>) {
        let mut slot = self.take_slot(id);
        let (sum, adds) = slot.open();
        match adds {
            true => sum.iter_mut().zip(&d).for_each(|(s, d)| *s += d),
            false => sum.copy_from_slice(&d),
        }
        self.put_slot(id, slot);
        self.work.give(d);
    }

    /// The numbers of a value, row by row.
    pub fn slice(&self, var: Var) -> &'a [f32] {
        slice(self.nodes, self.parameters, var)
    }

    /// Rows and columns of a value.
    pub fn dim(&self, var: Var) -> (usize, usize) {
        let node = &self.nodes[var.index as usize];
        (node.rows, node.cols)
    }

    /// Whether ∂loss/∂`var` is needed: what is given for any other is thrown away.
    pub fn wants(&self, var: Var) -> bool {
        self.nodes[var.index as usize].wanted
    }

    /// A buffer of `len` numbers with arbitrary contents.
    pub fn take(&mut self, len: usize) -> Vec<f32> {
        self.work.take(len)
    }

    /// Adds `d` to ∂loss/∂`var`. The first contribution is moved, not copied.
    pub fn give(&mut self, var: Var, d: Vec<f32>) {
        match &mut self.grads[var.index as usize] {
            Some(sum) => {
                sum.iter_mut().zip(&d).for_each(|(s, d)| *s += d);
                self.work.give(d);
            }
            _ => self.put(var, d),
        }
    }

    /// Takes back a buffer that nobody needs any more.
    pub fn recycle(&mut self, buffer: Vec<f32>) {
        self.work.give(buffer);
    }

    /// Takes ∂loss/∂`var` to add to it, and whether there is something to add to: if not, its contents are
    /// arbitrary.
    pub(super) fn open(&mut self, var: Var) -> (Vec<f32>, bool) {
        let (rows, cols) = self.dim(var);
        match self.grads[var.index as usize].take() {
            Some(sum) => (sum, true),
            None => (self.work.take(rows * cols), false),
        }
    }

    /// Puts back what [`open`](Self::open) took.
    pub(super) fn put(&mut self, var: Var, d: Vec<f32>) {
        match self.wants(var) {
            true => self.grads[var.index as usize] = Some(d),
            false => self.work.give(d),
        }
    }

    /// Whether no other operation uses these parameters.
    pub(super) fn alone(&self, ids: &[ParameterId]) -> bool {
        ids.iter().all(|id| self.uses[id.index] == 1)
    }

    /// Where a parameter's gradient goes.
    pub(super) fn take_slot(&mut self, id: ParameterId) -> Slot<'a> {
        let slot = self.slots[id.index].take();
        slot.expect("a task takes slots that nothing else uses")
    }

    /// Puts back what [`take_slot`](Self::take_slot) took.
    pub(super) fn put_slot(&mut self, id: ParameterId, slot: Slot<'a>) {
        self.slots[id.index] = Some(slot);
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
