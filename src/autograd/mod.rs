//! Reverse-mode differentiation: a small tape of matrix operations.
//!
//! A network is written forward-only, by calling operations on a [`Tape`]; each call computes its value at
//! once and remembers what it did. [`Tape::backward`] then walks the record in reverse and applies each
//! operation's derivative, which stands in the same file as its forward. All values are f32 matrices, one
//! row a sample; a scalar is a 1×1 matrix.
//!
//! ```
//! use diffusion_intuition::Rng;
//! use diffusion_intuition::autograd::{Gradients, Tape};
//! use diffusion_intuition::network::Parameters;
//! use ndarray::array;
//!
//! # fn main() -> diffusion_intuition::Result<()> {
//! let mut parameters = Parameters::new();
//! let layer = parameters.linear("layer", 2, 3, &mut Rng::new(0))?; // y = x·Wᵀ + b, W is 3×2
//! let mut tape = Tape::new(&parameters);
//! let x = tape.input(&array![[1.0, 2.0], [3.0, 4.0]]); // two samples
//! let y = tape.linear(x, layer)?;
//! let y = tape.silu(y)?;
//! let loss = tape.mean(y)?;
//! let mut gradients = Gradients::new(&parameters);
//! tape.backward(loss, &mut gradients)?;
//! assert_eq!(gradients.get(layer.weight).dim(), (3, 2)); // ∂loss/∂W
//! # Ok(())
//! # }
//! ```
//!
//! Work on large matrices is split over rayon's threads by rows of the result. A split never changes the
//! order in which one number is summed, so the number of threads never changes a bit.

mod backward;
mod check;
mod columns;
mod combine;
mod concat;
mod film;
mod fourier;
mod gather;
mod gemm;
mod kernel;
mod linear;
mod math;
mod matrix;
mod panel;
mod pool;
mod reduce;
mod tape;
mod unary;

pub use backward::Gradients;
pub use check::{GradientCheck, check_gradients};
pub use gather::Rows;
pub(crate) use math::{SIMD, sum_of_squares};
pub use pool::Workspace;
pub(crate) use tape::check_constant;
pub use tape::{Tape, Var};
