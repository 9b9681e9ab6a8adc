//! Values that break things.

use std::cell::RefCell;

use diffusion_intuition::Rng;
use ndarray::{Array1, Array2};
use rand::RngExt;

/// A seeded source of hostile values.
pub struct Draw {
    rng: RefCell<Rng>,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: RefCell::new(Rng::new(seed)),
        }
    }

    /// A generator to hand on.
    pub fn rng(&self) -> Rng {
        self.rng.borrow_mut().fork()
    }

    /// One of `choices`.
    pub fn one<T: Clone>(&self, choices: &[T]) -> T {
        choices[self.rng.borrow_mut().random_range(0..choices.len())].clone()
    }

    /// True once in `n` times.
    pub fn rarely(&self, n: u32) -> bool {
        self.rng.borrow_mut().random_range(0..n) == 0
    }

    /// A size of everyday use, now and then 0.
    pub fn small(&self) -> usize {
        self.one(&[0, 1, 1, 2, 3, 5, 8, 40])
    }

    /// A size: everyday, or one that no memory can hold. None in between, which would take it all.
    pub fn size(&self) -> usize {
        match self.rarely(2) {
            true => self.small(),
            false => self.one(&[
                usize::MAX,
                usize::MAX - 1,
                usize::MAX / 2,
                usize::MAX / 2 + 1,
                usize::MAX / 3,
                usize::MAX / 4 + 1,
                1 << 61,
                1 << 60,
                1 << 48,
                1 << 42,
            ]),
        }
    }

    /// An f64 of everyday use or from the edges; NaN and ∞ as often as anything else.
    pub fn f64(&self) -> f64 {
        if self.rarely(2) {
            return self.ordinary();
        }
        let edge = self.one(&[
            0.0,
            f64::from_bits(1),
            f64::MIN_POSITIVE,
            1e-310,
            1e-200,
            1e-150,
            1e-75,
            1e-30,
            1e-8,
            1.0,
            1e8,
            1e30,
            1e75,
            1e150,
            1e200,
            1e300,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ]);
        if self.rarely(2) { -edge } else { edge }
    }

    /// The same in f32.
    pub fn f32(&self) -> f32 {
        if self.rarely(2) {
            return self.ordinary() as f32;
        }
        let edge = self.one(&[
            0.0,
            f32::from_bits(1),
            f32::MIN_POSITIVE,
            1e-30,
            1e-8,
            1.0,
            1e4,
            1e8,
            1e19,
            1e30,
            f32::MAX,
            f32::INFINITY,
            f32::NAN,
        ]);
        if self.rarely(2) { -edge } else { edge }
    }

    pub fn ordinary(&self) -> f64 {
        self.rng.borrow_mut().random_range(-3.0..3.0)
    }

    /// Numbers, hostile in one list of two.
    pub fn list(&self, n: usize) -> Vec<f64> {
        let hostile = self.rarely(2);
        let value = |_| if hostile { self.f64() } else { self.ordinary() };
        (0..n).map(value).collect()
    }

    /// A matrix of f32, hostile in one of two.
    pub fn rows(&self, n: usize, d: usize) -> Array2<f32> {
        let hostile = self.rarely(2);
        Array2::from_shape_simple_fn((n, d), || match hostile {
            true => self.f32(),
            false => self.ordinary() as f32,
        })
    }

    pub fn column(&self, n: usize) -> Array1<f32> {
        self.rows(n, 1).column(0).to_owned()
    }
}

/// `Err` if there is a NaN among `values`: for answers to finite input.
pub fn no_nan<'a>(what: &str, values: impl IntoIterator<Item = &'a f64>) -> Result<(), String> {
    match values.into_iter().position(|x| x.is_nan()) {
        None => Ok(()),
        Some(index) => Err(format!("{what}: value {index} of the answer is NaN")),
    }
}

/// [`no_nan`] for f32.
pub fn no_nan_f32<'a>(what: &str, values: impl IntoIterator<Item = &'a f32>) -> Result<(), String> {
    let values: Vec<f64> = values.into_iter().map(|x| f64::from(*x)).collect();
    no_nan(what, &values)
}
