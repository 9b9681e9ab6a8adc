//! Arrays of points, in f32 or f64, as rows of f64.

use crate::parallel::*;
use ndarray::{Array, Array1, ArrayRef, Dimension};

use crate::error::{Error, Result};

/// The number types in which points may be given: f32 (samples) and f64 (grids).
pub trait Real: Copy + Send + Sync + private::Sealed + 'static {
    /// As f64, exactly.
    fn to_f64(self) -> f64;
    /// Rounded from f64.
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn to_f64(self) -> f64 {
        self
    }
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

/// Refuses a value that is NaN, infinite or beyond [`LARGEST`].
pub(super) fn check_size(what: &'static str, index: usize, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::NotFinite { what, index, value });
    }
    if value.abs() > LARGEST {
        let (name, valid) = (what, "of a size of at most 1e150");
        return Err(Error::Parameter { name, value, valid });
    }
    Ok(())
}

/// Whether an array holds points of dimension d: shape (n, d), or (n) for d = 1.
pub(crate) fn check_points(what: &'static str, shape: &[usize], d: usize) -> Result<()> {
    let fits = match *shape {
        [_] => d == 1,
        [_, columns] => columns == d,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::Shape {
        what,
        expected: vec![shape.first().copied().unwrap_or(1), d],
        found: shape.to_vec(),
    })
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
        let bad = |x: &f64| !(-LARGEST..=LARGEST).contains(x);
        match points.rows.iter().position(bad) {
            None => Ok(points),
            Some(index) => check_size("points", index, points.rows[index]).map(|()| points),
        }
    }

    /// As [`new`](Self::new), with any values.
    pub fn unchecked<F: Real>(x: &ArrayRef<F, D>, d: usize) -> Result<Self> {
        check_points("points", x.shape(), d)?;
        Ok(Self {
            rows: x.iter().map(|v| v.to_f64()).collect(),
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
        let out = out.into_iter().map(F::from_f64).collect();
        Array::from_shape_vec(self.shape.clone(), out).expect("as many numbers as came in")
    }

    /// As [`map_to_points`](Self::map_to_points), with the index of each point's fixed-size chunk's own
    /// generator: `f(rng, x, out)`.
    pub fn map_with_noise<F: Real>(
        &self,
        streams: Vec<crate::rng::Rng>,
        piece: usize,
        f: impl Fn(&mut crate::rng::Rng, &[f64], &mut [f32]) + Sync,
    ) -> Array<F, D> {
        let mut out = vec![0.0_f32; self.rows.len()];
        out.par_chunks_mut(piece * self.d)
            .zip(self.rows.par_chunks(piece * self.d))
            .zip(streams)
            .for_each(|((out, x), mut rng)| {
                let rows = x.chunks_exact(self.d).zip(out.chunks_exact_mut(self.d));
                rows.for_each(|(x, out)| f(&mut rng, x, out));
            });
        let out = out.into_iter().map(|v| F::from_f64(f64::from(v))).collect();
        Array::from_shape_vec(self.shape.clone(), out).expect("as many numbers as came in")
    }

    /// Number of points n.
    pub fn len(&self) -> usize {
        self.rows.len() / self.d
    }
}
