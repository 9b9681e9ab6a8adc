//! The exactly solvable world: Gaussian mixtures, whose whole diffusion is known in closed form.
//!
//! Noising a Gaussian mixture gives a Gaussian mixture, at every t. So the density of x_t, its score, the
//! best possible predictions of ε, x0 and v, the velocity of every [`Path`](crate::Path), and the reverse step
//! q(x_{t−1} | x_t) are formulas here, not networks: the "analytic reverse" that everything learned can be compared
//! with.
//!
//! Points are rows. Functions of points take an array of shape (n, d), or of shape (n) for n points of a
//! one-dimensional mixture, in f32 or f64, and compute in f64. One number a point comes back as f64; a point for
//! each, in the caller's type and shape.
//!
//! Squares and quotients must stay inside f64: so standard deviations lie between 1e-150 and 1e150, means and
//! points within ±1e150. What f64 cannot hold within these bounds becomes −∞ (the logarithm of a density) or
//! ±1e300 (a score), never NaN.

mod best;
mod density;
mod eigen;
mod fit;
mod flow;
mod gaussian;
mod one_dimension;
mod points;
mod quadrature;
mod reverse;
mod tridiagonal;

pub use density::Mixture;
pub(crate) use eigen::eigen;
pub use gaussian::Gaussian;
pub use points::Real;
pub(crate) use points::check_points;
