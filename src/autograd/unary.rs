//! Functions of one element: SiLU, tanh, sigmoid, softplus, exp, leaky ReLU.

use crate::parallel::*;
use fearless_simd::{Simd, dispatch};

use super::backward::Backward;
use super::math::{SIMD, exp, fuses, not_below, piece, sigmoid};
use super::tape::{Node, Op, Tape, Value, Var, check_constant};
use crate::error::Result;

#[derive(Debug)]
pub(super) struct UnaryOp {
    x: Var,
    function: Unary,
}

#[derive(Debug, Clone, Copy)]
enum Unary {
    Silu,
    Tanh,
    Sigmoid,
    Softplus,
    Exp,
    LeakyRelu(f32),
}

impl Tape<'_> {
    /// x·sigmoid(x), elementwise (Elfwing et al. 2018), also called swish.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn silu(&mut self, x: Var) -> Result<Var> {
        self.unary(x, Unary::Silu)
    }

    /// tanh x, elementwise.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn tanh(&mut self, x: Var) -> Result<Var> {
        self.unary(x, Unary::Tanh)
    }

    /// 1/(1 + e^−x), elementwise.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn sigmoid(&mut self, x: Var) -> Result<Var> {
        self.unary(x, Unary::Sigmoid)
    }

    /// ln(1 + e^x), elementwise: a smooth maximum of x and 0.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn softplus(&mut self, x: Var) -> Result<Var> {
        self.unary(x, Unary::Softplus)
    }

    /// e^x, elementwise; at most e^88.7, never infinite.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn exp(&mut self, x: Var) -> Result<Var> {
        self.unary(x, Unary::Exp)
    }

    /// max(x, slope·x), elementwise, for a slope below 1: ReLU where it is 0 (Maas et al. 2013).
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape;
    /// [`Error::Parameter`](crate::Error::Parameter) if `slope` is NaN or infinite.
    pub fn leaky_relu(&mut self, x: Var, slope: f32) -> Result<Var> {
        check_constant("slope of a leaky ReLU", slope)?;
        self.unary(x, Unary::LeakyRelu(slope))
    }

    fn unary(&mut self, x: Var, function: Unary) -> Result<Var> {
        let (rows, cols) = self.dim(x)?;
        let mut y = self.work.take(rows * cols);
        let values = self.slice(x);
        match function {
            Unary::Silu => map(&mut y, values, |x, fuses| not_below(x) * sigmoid(x, fuses)),
            Unary::Tanh => map(&mut y, values, |x, _| libm::tanhf(x)),
            Unary::Sigmoid => map(&mut y, values, sigmoid),
            // max(x, 0) + ln(1 + e^−|x|): e^x alone would overflow. A comparison lets NaN through, max would not.
            Unary::Softplus => map(&mut y, values, |x, fuses| {
                (if x < 0.0 { 0.0 } else { x }) + libm::log1pf(exp(-x.abs(), fuses))
            }),
            Unary::Exp => map(&mut y, values, exp),
            Unary::LeakyRelu(slope) => {
                map(&mut y, values, |x, _| if x > 0.0 { x } else { slope * x })
            }
        }
        let op = Op::Unary(UnaryOp { x, function });
        Ok(self.push(op, y, rows, cols, self.wants(x)))
    }
}

impl UnaryOp {
    /// dx = dy·f′(x), from x or from y = f(x), whichever is cheaper.
    pub fn backward(&self, walk: &mut Backward, mut dy: Vec<f32>, node: &Node) {
        let x = walk.value(self.x);
        let y = match &node.value {
            Value::Buffer(y) => y.as_slice(),
            Value::Parameter(_) => x,
        };
        match self.function {
            Unary::Silu => scale(&mut dy, x, |x, fuses| {
                let x = not_below(x);
                let s = sigmoid(x, fuses);
                s * (1.0 + x * (1.0 - s))
            }),
            Unary::Tanh => scale(&mut dy, y, |y, _| 1.0 - y * y),
            Unary::Sigmoid => scale(&mut dy, y, |y, _| y * (1.0 - y)),
            Unary::Softplus => scale(&mut dy, x, sigmoid),
            Unary::Exp => scale(&mut dy, y, |y, _| y),
            Unary::LeakyRelu(slope) => scale(&mut dy, x, |x, _| if x > 0.0 { 1.0 } else { slope }),
        }
        walk.give(self.x, dy);
    }
}

/// y = f(x), `f` told whether it may [fuse](fuses).
fn map(y: &mut [f32], x: &[f32], f: impl Fn(f32, bool) -> f32 + Sync) {
    #[inline(always)]
    fn kernel<S: Simd>(_: S, y: &mut [f32], x: &[f32], f: &impl Fn(f32, bool) -> f32) {
        y.iter_mut()
            .zip(x)
            .for_each(|(y, x)| *y = f(*x, fuses::<S>()));
    }
    let size = piece(y.len(), 1);
    let pieces = y.par_chunks_mut(size).zip(x.par_chunks(size));
    pieces.for_each(|(y, x)| dispatch!(*SIMD, simd => kernel(simd, y, x, &f)));
}

/// dy *= f(x), as [`map`].
fn scale(dy: &mut [f32], x: &[f32], f: impl Fn(f32, bool) -> f32 + Sync) {
    #[inline(always)]
    fn kernel<S: Simd>(_: S, dy: &mut [f32], x: &[f32], f: &impl Fn(f32, bool) -> f32) {
        dy.iter_mut()
            .zip(x)
            .for_each(|(dy, x)| *dy *= f(*x, fuses::<S>()));
    }
    let size = piece(dy.len(), 1);
    let pieces = dy.par_chunks_mut(size).zip(x.par_chunks(size));
    pieces.for_each(|(dy, x)| dispatch!(*SIMD, simd => kernel(simd, dy, x, &f)));
}
