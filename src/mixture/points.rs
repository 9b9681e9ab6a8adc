//! Arrays of points, in f32 or f64, as rows of f64.

use ndarray::{Array, Array1, ArrayRef, Dimension};

use crate::check;
use crate::error::Result;
use crate::parallel::*;

/// The number types in which points may be given: f32 (samples) and f64 (grids).
pub trait Real: Copy + Send + Sync + Into<f64> + private::Sealed + 'static {
    /// Rounded from f64.
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Largest size of a mean, a point or a standard deviation, and the inverse of the smallest standard
/// deviation: squares of differences and their quotients by variances stay within f64 or become ±∞.
pub(super) const LARGEST: f64 = 1e150;

/// Refuses values that are NaN, infinite or beyond [`LARGEST`].
pub(super) fn check_size(what: &'static str, values: &[f64]) -> Result<()> {
    let bad = |x: &&f64| !(-LARGEST..=LARGEST).contains(*x);
    let Some(value) = values.iter().find(bad) else {
        return Ok(());
    };
    let valid = "of a size of at most 1e150";
    check::finite(what, values)?;
    check::parameter(what, *value, false, valid)
}

/// Whether an array holds points of dimension d: shape (n, d), or (n) for d = 1.
pub(crate) fn check_points(what: &'static str, shape: &[usize], d: usize) -> Result<()> {
    if d == 1 && shape.len() == 1 {
        return Ok(());
    }
    let n = shape.first().copied().unwrap_or(1);
    check::same_shape(what, &[n, d], shape)
}

/// Below this many points the other thread is not worth waking.
const PARALLEL: usize = 512;

/// n points of dimension d, row by row, with the shape in which they came.
pub(super) struct Points<D> {
    rows: Vec<f64>,
    d: usize,
    shape: D,
}

impl<D: Dimension> Points<D> {
    /// Accepts (n, d), and (n) where d = 1, with values within ±1e150.
    pub fn new<F: Real>(x: &ArrayRef<F, D>, d: usize) -> Result<Self> {
        let points = Self::unchecked(x, d)?;
        check_size("points", &points.rows)?;
        Ok(points)
    }

    /// As [`new`](Self::new), with any values.
    pub fn unchecked<F: Real>(x: &ArrayRef<F, D>, d: usize) -> Result<Self> {
        check_points("points", x.shape(), d)?;
        Ok(Self {
            rows: x.iter().map(|v| (*v).into()).collect(),
            d,
            shape: x.raw_dim(),
        })
    }

    /// One number for each point; shape (n).
    pub fn map_to_scalars(&self, f: impl Fn(&[f64]) -> f64 + Sync) -> Array1<f64> {
        let rows = self.rows.par_chunks_exact(self.d).with_min_len(PARALLEL);
        Array1::from(rows.map(&f).collect::<Vec<f64>>())
    }

    /// One point for each point; the shape of the input.
    pub fn map_to_points<F: Real>(&self, f: impl Fn(&[f64], &mut [f64]) + Sync) -> Array<F, D> {
        let mut out = vec![0.0; self.rows.len()];
        out.par_chunks_exact_mut(self.d)
            .zip(self.rows.par_chunks_exact(self.d))
            .with_min_len(PARALLEL)
            .for_each(|(out, x)| f(x, out));
        self.shaped(out.into_iter().map(F::from_f64).collect())
    }

    /// Values, as many as those of the points, in their shape.
    pub fn shaped<F>(&self, values: Vec<F>) -> Array<F, D> {
        Array::from_shape_vec(self.shape.clone(), values).expect("as many numbers as came in")
    }

    /// All of their numbers, point after point.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }
}
