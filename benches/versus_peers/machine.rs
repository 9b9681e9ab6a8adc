//! What the machine can do at most.

use std::time::Instant;

use ndarray::Array2;
use ndarray::linalg::general_mat_mul;

/// Side of the square matrices: large enough that packing them does not count, small enough for the cache.
const SIDE: usize = 512;

/// Floating-point operations per second of f32 matrix products alone, on all threads at once, each with
/// products of its own, over `seconds`.
pub fn sgemm(seconds: f64) -> f64 {
    let rates = rayon::broadcast(|_| {
        let (a, b) = (Array2::ones((SIDE, SIDE)), Array2::ones((SIDE, SIDE)));
        let mut c = Array2::<f32>::zeros((SIDE, SIDE));
        let start = Instant::now();
        let mut products = 0;
        while products == 0 || start.elapsed().as_secs_f64() < seconds {
            general_mat_mul(1.0, &a, &b, 0.0, &mut c);
            products += 1;
        }
        let operations = 2 * SIDE.pow(3) * products;
        operations as f64 / start.elapsed().as_secs_f64()
    });
    rates.iter().sum()
}
