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
//! An operation of one's own is an [`Op`] and a function that pushes it; [`check_gradients`] tells whether its
//! derivative is right:
//!
//! ```
//! use diffusion_intuition::Result;
//! use diffusion_intuition::autograd::{Backward, Op, Tape, Var};
//!
//! struct Square {
//!     x: Var,
//! }
//!
//! fn square(tape: &mut Tape, x: Var) -> Result<Var> {
//!     let dim = tape.dim(x)?;
//!     let mut y = tape.take("square", dim)?;
//!     y.iter_mut().zip(tape.slice(x)).for_each(|(y, x)| *y = x * x);
//!     Ok(tape.push(Square { x }, &[x], y, dim))
//! }
//!
//! impl Op for Square {
//!     /// dx = 2x·dy.
//!     fn backward(&self, walk: &mut Backward, _y: Var, mut dy: Vec<f32>) {
//!         let x = walk.slice(self.x);
//!         dy.iter_mut().zip(x).for_each(|(dy, x)| *dy *= 2.0 * x);
//!         walk.give(self.x, dy);
//!     }
//! }
//! # use diffusion_intuition::{Rng, autograd::check_gradients, network::Parameters};
//! # let mut parameters = Parameters::new();
//! # let id = parameters.uniform("x", [3, 2], 1.0, &mut Rng::new(0))?;
//! # let checks = check_gradients(&parameters, 1e-2, &|tape| {
//! #     let x = tape.parameter(id);
//! #     let y = square(tape, x)?;
//! #     tape.sum(y)
//! # })?;
//! # assert!(checks[0].difference < 1e-3 && checks[0].scale > 1.0);
//! # Ok::<(), diffusion_intuition::Error>(())
//! ```
//!
//! Work on large matrices is split over threads by rows of the result. A split never changes the
//! order in which one number is summed, so the number of threads never changes a bit.

mod attention;
mod attention_short;
mod canvas;
mod concat;
mod conv2d;
mod elementwise;
mod evidence;
mod film;
mod fourier;
mod gather;
mod gemm;
mod gradient_check;
mod gradients;
mod kernel;
mod linear;
mod math;
mod matrix;
mod modulate;
mod norm;
mod norm_passes;
mod numbers;
mod op;
mod parameters;
mod product;
mod reduce;
mod reshape;
mod softmax;
mod squares;
mod squares_gradient;
mod tape;
mod vectors;
mod winograd;
mod workspace;

pub use conv2d::{Conv2d, Resize};
pub use gather::Rows;
pub use gradient_check::{GradientCheck, check_gradients};
pub use gradients::Gradients;
pub(crate) use kernel::product;
pub(crate) use math::{SIMD, sum_of_squares};
pub(crate) use matrix::{Matrix, Start};
pub use norm::{GroupNorm, Norm};
pub use op::{Backward, Op, Var};
pub use parameters::{Linear, ParameterId, Parameters};
pub use tape::Tape;
pub use workspace::Workspace;
