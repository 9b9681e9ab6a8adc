//! Functions of one element: SiLU, softplus, exp, leaky ReLU.

use fearless_simd::{Simd, dispatch};

use super::math::{SIMD, exp, fuses, not_below, piece, sigmoid};
use super::op::{Backward, Op, Var};
use super::tape::Tape;
use crate::check;
use crate::error::Result;
use crate::parallel::*;

#[derive(Debug)]
struct Activation {
    x: Var,
    function: Function,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Silu,
    Softplus,
    Exp,
    LeakyRelu(f32),
}

impl Tape<'_> {
    /// x·sigmoid(x), elementwise (Elfwing et al. 2018), also called swish.
    pub fn silu(&mut self, x: Var) -> Result<Var> {
        self.activation(x, Function::Silu)
    }

    /// ln(1 + e^x), elementwise: a smooth maximum of x and 0.
    pub fn softplus(&mut self, x: Var) -> Result<Var> {
        self.activation(x, Function::Softplus)
    }

    /// e^x, elementwise; at most e^88.7, never infinite.
    pub fn exp(&mut self, x: Var) -> Result<Var> {
        self.activation(x, Function::Exp)
    }

    /// max(x, slope·x), elementwise, for a slope below 1: ReLU where it is 0 (Maas et al. 2013).
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) too if `slope` is NaN or infinite.
    pub fn leaky_relu(&mut self, x: Var, slope: f32) -> Result<Var> {
        let name = "slope of a leaky ReLU";
        check::parameter(name, slope, slope.is_finite(), "finite")?;
        self.activation(x, Function::LeakyRelu(slope))
    }

    fn activation(&mut self, x: Var, function: Function) -> Result<Var> {
        let dim = self.dim(x)?;
        let mut y = self.take("activation", dim)?;
        let values = self.slice(x);
        match function {
            Function::Silu => each(&mut y, values, |_, x, fuses| {
                not_below(x) * sigmoid(x, fuses)
            }),
            // max(x, 0) + ln(1 + e^−|x|): e^x alone would overflow. A comparison lets NaN through, max would not.
            Function::Softplus => each(&mut y, values, |_, x, fuses| {
                (if x < 0.0 { 0.0 } else { x }) + libm::log1pf(exp(-x.abs(), fuses))
            }),
            Function::Exp => each(&mut y, values, |_, x, fuses| exp(x, fuses)),
            Function::LeakyRelu(slope) => each(
                &mut y,
                values,
                |_, x, _| {
                    if x > 0.0 { x } else { slope * x }
                },
            ),
        }
        Ok(self.push(Activation { x, function }, &[x], y, dim))
    }
}

impl Op for Activation {
    /// dx = dy·f′(x), from x or from y = f(x), whichever is cheaper.
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let (x, y) = (walk.slice(self.x), walk.slice(y));
        match self.function {
            Function::Silu => each(&mut dy, x, |dy, x, fuses| {
                let x = not_below(x);
                let s = sigmoid(x, fuses);
                dy * (s * (1.0 + x * (1.0 - s)))
            }),
            Function::Softplus => each(&mut dy, x, |dy, x, fuses| dy * sigmoid(x, fuses)),
            Function::Exp => each(&mut dy, y, |dy, y, _| dy * y),
            Function::LeakyRelu(slope) => each(&mut dy, x, |dy, x, _| {
                dy * if x > 0.0 { 1.0 } else { slope }
            }),
        }
        walk.give(self.x, dy);
    }
}

/// y = f(y, x), `f` told whether it may [fuse](fuses).
fn each(y: &mut [f32], x: &[f32], f: impl Fn(f32, f32, bool) -> f32 + Sync) {
    #[inline(always)]
    fn kernel<S: Simd>(_: S, y: &mut [f32], x: &[f32], f: &impl Fn(f32, f32, bool) -> f32) {
        let pairs = y.iter_mut().zip(x);
        pairs.for_each(|(y, x)| *y = f(*y, *x, fuses::<S>()));
    }
    let size = piece(y.len(), 1);
    let pieces = y.par_chunks_mut(size).zip(x.par_chunks(size));
    pieces.for_each(|(y, x)| dispatch!(*SIMD, simd => kernel(simd, y, x, &f)));
}
