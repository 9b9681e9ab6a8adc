//! The walk back over the tape, and the gradients it leaves.

use std::sync::{Mutex, PoisonError};

use crate::parallel::Scope;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::gather::RowIndex;
use super::pool::Workspace;
use super::tape::{Node, Op, Value, Var, slice};
use crate::error::{Error, Result};
use crate::network::{ParameterId, Parameters};

/// ∂loss/∂parameter for every parameter, in the order and layout of the [`Parameters`].
#[derive(Debug, Clone)]
pub struct Gradients {
    pub(crate) flat: Vec<f32>,
    ids: Vec<ParameterId>,
    layout: u64,
    shapes: Vec<[usize; 2]>,
    starts: Vec<usize>,
    written: Vec<bool>,
}

impl Gradients {
    /// Zero gradients for `parameters`.
    pub fn new(parameters: &Parameters) -> Self {
        let shapes: Vec<_> = parameters.shapes().collect();
        let starts = parameters.ids().map(|id| parameters.range(id).start);
        Self {
            flat: vec![0.0; parameters.count()],
            starts: starts.collect(),
            ids: parameters.ids().collect(),
            layout: parameters.layout(),
            written: vec![false; shapes.len()],
            shapes,
        }
    }

    /// ∂loss/∂parameter, of the parameter's shape.
    ///
    /// # Panics
    /// If `id` is not of the parameters that this was made for (see [`ParameterId`]).
    pub fn get(&self, id: ParameterId) -> ArrayView2<'_, f32> {
        let (start, [rows, cols]) = self.place(id);
        let values = &self.flat[start..start + rows * cols];
        ArrayView2::from_shape((rows, cols), values).expect("as long as its shape")
    }

    /// ∂loss/∂parameter, to change.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self, id: ParameterId) -> ArrayViewMut2<'_, f32> {
        let (start, [rows, cols]) = self.place(id);
        let values = &mut self.flat[start..start + rows * cols];
        ArrayViewMut2::from_shape((rows, cols), values).expect("as long as its shape")
    }

    fn place(&self, id: ParameterId) -> (usize, [usize; 2]) {
        assert_eq!(
            self.ids.get(id.index),
            Some(&id),
            "an id of these parameters"
        );
        (self.starts[id.index], self.shapes[id.index])
    }

    pub(super) fn reset(&mut self, parameters: &Parameters) -> Result<()> {
        if parameters.layout() != self.layout {
            return Err(Error::Shape {
                what: "gradients",
                expected: vec![parameters.count()],
                found: vec![self.flat.len()],
            });
        }
        self.written.fill(false);
        Ok(())
    }

    /// Where each parameter's gradient goes.
    pub(super) fn slots(&mut self) -> Vec<Option<Slot<'_>>> {
        let mut rest = self.flat.as_mut_slice();
        let places = self.shapes.iter().zip(&mut self.written);
        let slot = |([rows, cols], written): (&[usize; 2], _)| {
            let (values, others) = std::mem::take(&mut rest).split_at_mut(rows * cols);
            rest = others;
            Some(Slot { values, written })
        };
        places.map(slot).collect()
    }

    /// Parameters that nothing reached have gradient 0.
    pub(super) fn finish(&mut self) {
        for (i, [rows, cols]) in self.shapes.iter().enumerate() {
            if !self.written[i] {
                self.flat[self.starts[i]..][..rows * cols].fill(0.0);
            }
        }
    }
}

/// Where one parameter's gradient goes.
pub(super) struct Slot<'a> {
    pub values: &'a mut [f32],
    written: &'a mut bool,
}

impl Slot<'_> {
    /// The gradient, and the factor (0 or 1) for what stands there already.
    pub fn open(&mut self) -> (&mut [f32], f32) {
        let beta = if *self.written { 1.0 } else { 0.0 };
        *self.written = true;
        (self.values, beta)
    }
}

/// State of one walk back.
pub(super) struct Backward<'a, 's> {
    pub nodes: &'a [Node],
    pub indices: &'a [RowIndex],
    pub parameters: &'a Parameters,
    pub grads: &'a mut [Option<Vec<f32>>],
    pub work: &'a mut Workspace,
    /// Of each parameter; `None` where a spawned task has it.
    pub slots: Vec<Option<Slot<'a>>>,
    /// How many operations use each parameter.
    pub uses: Vec<usize>,
    /// Takes what nothing on the walk waits for.
    pub scope: &'s Scope<'a>,
    /// Buffers that such tasks are done with.
    pub spent: &'a Mutex<Vec<Vec<f32>>>,
}

/// How many operations on a tape use each of `count` parameters.
pub(super) fn uses(nodes: &[Node], count: usize) -> Vec<usize> {
    let mut uses = vec![0; count];
    for node in nodes {
        if let Value::Parameter(id) = node.value {
            uses[id.index] += 1;
        }
        if let Op::Linear(op) = &node.op {
            uses[op.layer.weight.index] += 1;
            uses[op.layer.bias.index] += 1;
        }
    }
    uses
}

/// Gives a buffer back from a spawned task.
pub(super) fn give_spent(spent: &Mutex<Vec<Vec<f32>>>, buffer: Vec<f32>) {
    spent
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(buffer);
}

impl<'a> Backward<'a, '_> {
    /// Applies each operation's derivative, last first. Every value's gradient is complete when its turn
    /// comes, for only later operations can use it.
    pub fn run(&mut self) {
        let nodes = self.nodes;
        for (i, node) in nodes.iter().enumerate().rev() {
            if !node.wanted || (matches!(node.op, Op::Leaf) && self.keeps(node)) {
                continue;
            }
            let Some(dy) = self.grads[i].take() else {
                continue;
            };
            match &node.op {
                Op::Leaf => self.give_parameter(node, dy),
                Op::Linear(op) => op.backward(self, dy, node),
                Op::Film(op) => op.backward(self, dy, node),
                Op::Unary(op) => op.backward(self, dy, node),
                Op::Combine(op) => op.backward(self, dy),
                Op::Product(op) => op.backward(self, dy),
                Op::Concat(op) => op.backward(self, dy, node),
                Op::Columns(op) => op.backward(self, dy, node),
                Op::Fourier(op) => op.backward(self, dy, node),
                Op::Gather(op) => op.backward(self, dy, node),
                Op::Reduce(op) => op.backward(self, dy),
                Op::Mse(op) => op.backward(self, dy),
            }
        }
    }

    /// Whether a leaf keeps its gradient on the tape: variables do, parameters hand it on.
    fn keeps(&self, node: &Node) -> bool {
        matches!(node.value, Value::Buffer(_))
    }

    fn give_parameter(&mut self, node: &Node, dy: Vec<f32>) {
        if let Value::Parameter(id) = node.value {
            let (slot, beta) = self.slot(id).open();
            slot.iter_mut()
                .zip(&dy)
                .for_each(|(s, d)| *s = if beta == 0.0 { *d } else { *s + *d });
        }
        self.work.give(dy);
    }

    /// Where a parameter's gradient goes.
    pub fn slot(&mut self, id: ParameterId) -> &mut Slot<'a> {
        let slot = self.slots[id.index].as_mut();
        slot.expect("a task takes slots that nothing else uses")
    }

    pub fn value(&self, var: Var) -> &'a [f32] {
        slice(self.nodes, self.parameters, var)
    }

    pub fn node(&self, var: Var) -> &'a Node {
        &self.nodes[var.index as usize]
    }

    pub fn wants(&self, var: Var) -> bool {
        self.node(var).wanted
    }

    /// Adds `d` to the gradient of `var`. The first contribution is moved, not copied.
    pub fn give(&mut self, var: Var, d: Vec<f32>) {
        if !self.wants(var) {
            return self.work.give(d);
        }
        match &mut self.grads[var.index as usize] {
            Some(sum) => {
                sum.iter_mut().zip(&d).for_each(|(s, d)| *s += d);
                self.work.give(d);
            }
            empty => *empty = Some(d),
        }
    }

    /// Takes the gradient of `var` to add to it: the buffer, and the factor (0 or 1) for what is in it.
    pub fn take(&mut self, var: Var) -> (Vec<f32>, f32) {
        let node = self.node(var);
        match self.grads[var.index as usize].take() {
            Some(sum) => (sum, 1.0),
            None => (self.work.take(node.rows * node.cols), 0.0),
        }
    }

    /// Puts back what [`take`](Self::take) took.
    pub fn put(&mut self, var: Var, d: Vec<f32>) {
        self.grads[var.index as usize] = Some(d);
    }
}
