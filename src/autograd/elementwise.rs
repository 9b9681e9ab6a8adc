//! Functions of one element, or of two in the same place of two matrices.

use fearless_simd::{Simd, dispatch};

use super::math::{SIMD, exp, fuses, not_below, piece, sigmoid};
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;
use crate::parallel::*;

impl Tape<'_> {
    /// x·sigmoid(x), elementwise (Elfwing et al. 2018), also called swish.
    pub fn silu(&mut self, x: Var) -> Result<Var> {
        let silu = |x, fuses| not_below(x) * sigmoid(x, fuses);
        self.unary("silu", x, silu, |x, _, fuses| {
            let x = not_below(x);
            let s = sigmoid(x, fuses);
            s * (1.0 + x * (1.0 - s))
        })
    }

    /// ln(1 + e^x), elementwise: a smooth maximum of x and 0.
    pub fn softplus(&mut self, x: Var) -> Result<Var> {
        // max(x, 0) + ln(1 + e^−|x|): e^x alone would overflow. A comparison lets NaN through, max would not.
        let softplus =
            |x: f32, fuses| (if x < 0.0 { 0.0 } else { x }) + libm::log1pf(exp(-x.abs(), fuses));
        self.unary("softplus", x, softplus, |x, _, fuses| sigmoid(x, fuses))
    }

    /// e^x, elementwise; at most e^88.7, never infinite.
    pub fn exp(&mut self, x: Var) -> Result<Var> {
        self.unary("exp", x, exp, |_, y, _| y)
    }

    /// max(x, slope·x), elementwise, for a slope below 1: ReLU where it is 0 (Maas et al. 2013).
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) too if `slope` is NaN or infinite.
    pub fn leaky_relu(&mut self, x: Var, slope: f32) -> Result<Var> {
        let name = "slope of a leaky ReLU";
        check::parameter(name, slope, slope.is_finite(), "finite")?;
        let relu = move |x, _| if x > 0.0 { x } else { slope * x };
        let derivative = move |x, _, _| if x > 0.0 { 1.0 } else { slope };
        self.unary("leaky_relu", x, relu, derivative)
    }

    /// factor·x, for a constant factor.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) too if `factor` is NaN or infinite.
    pub fn scale(&mut self, x: Var, factor: f32) -> Result<Var> {
        check::parameter("factor", factor, factor.is_finite(), "finite")?;
        self.unary("scale", x, move |x, _| factor * x, move |_, _, _| factor)
    }

    /// a + b, elementwise, for two matrices of one shape.
    pub fn add(&mut self, a: Var, b: Var) -> Result<Var> {
        self.binary("add", a, b, |a, b| a + b, |dy, _, _| (dy, dy))
    }

    /// a − b, elementwise, for two matrices of one shape.
    pub fn sub(&mut self, a: Var, b: Var) -> Result<Var> {
        self.binary("sub", a, b, |a, b| a - b, |dy, _, _| (dy, -dy))
    }

    /// a·b, elementwise, for two matrices of one shape.
    pub fn mul(&mut self, a: Var, b: Var) -> Result<Var> {
        self.binary("mul", a, b, |a, b| a * b, |dy, a, b| (dy * b, dy * a))
    }

    /// y = f(x); both functions are told whether they may [fuse](fuses).
    fn unary(
        &mut self,
        name: &'static str,
        x: Var,
        f: impl Fn(f32, bool) -> f32 + Sync,
        derivative: impl Fn(f32, f32, bool) -> f32 + Send + Sync + 'static,
    ) -> Result<Var> {
        let dim = self.dim(x)?;
        let mut y = self.take(name, dim)?;
        let values = self.slice(x);
        each(&mut y, values, values, |_, x, _, fuses| f(x, fuses));
        Ok(self.push(Unary { x, derivative }, &[x], y, dim))
    }

    fn binary(
        &mut self,
        name: &'static str,
        a: Var,
        b: Var,
        f: impl Fn(f32, f32) -> f32 + Sync,
        derivative: impl Fn(f32, f32, f32) -> (f32, f32) + Send + Sync + 'static,
    ) -> Result<Var> {
        let dim = self.dim(a)?;
        shapes_fit(self.dim(b)? == dim, name, dim, self.dim(b)?)?;
        let mut y = self.take(name, dim)?;
        let (x, z) = (self.slice(a), self.slice(b));
        each(&mut y, x, z, |_, a, b, _| f(a, b));
        Ok(self.push(Binary { a, b, derivative }, &[a, b], y, dim))
    }
}

/// `derivative(x, y)` is f′(x), from whichever is cheaper.
struct Unary<D> {
    x: Var,
    derivative: D,
}

impl<D: Fn(f32, f32, bool) -> f32 + Send + Sync> Op for Unary<D> {
    /// dx = dy·f′(x).
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let (x, y) = (walk.slice(self.x), walk.slice(y));
        each(&mut dy, x, y, |dy, x, y, fuses| {
            dy * (self.derivative)(x, y, fuses)
        });
        walk.give(self.x, dy);
    }
}

/// `derivative(dy, a, b)` is (da, db).
struct Binary<D> {
    a: Var,
    b: Var,
    derivative: D,
}

impl<D: Fn(f32, f32, f32) -> (f32, f32) + Send + Sync> Op for Binary<D> {
    fn backward(&self, walk: &mut Backward, _: Var, mut dy: Vec<f32>) {
        let (a, b) = (walk.slice(self.a), walk.slice(self.b));
        if walk.wants(self.b) {
            let mut db = walk.take(dy.len());
            db.copy_from_slice(&dy);
            each(&mut db, a, b, |dy, a, b, _| (self.derivative)(dy, a, b).1);
            walk.give(self.b, db);
        }
        each(&mut dy, a, b, |dy, a, b, _| (self.derivative)(dy, a, b).0);
        walk.give(self.a, dy);
    }
}

/// y = f(y, a, b), in place.
fn each(y: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32, f32, bool) -> f32 + Sync) {
    #[inline(always)]
    fn kernel<S: Simd>(
        _: S,
        y: &mut [f32],
        (a, b): (&[f32], &[f32]),
        f: &impl Fn(f32, f32, f32, bool) -> f32,
    ) {
        let pairs = y.iter_mut().zip(a.iter().zip(b));
        pairs.for_each(|(y, (a, b))| *y = f(*y, *a, *b, fuses::<S>()));
    }
    let size = piece(y.len(), 1);
    let operands = a.par_chunks(size).zip(b.par_chunks(size));
    let pieces = y.par_chunks_mut(size).zip(operands);
    pieces.for_each(|(y, operands)| dispatch!(*SIMD, simd => kernel(simd, y, operands, &f)));
}
