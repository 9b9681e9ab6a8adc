//! Eigenvalues of symmetric matrices.

use ndarray::Array2;

use super::tridiagonal;

/// Most dimensions of Jacobi's rotations.
const LARGE: usize = 128;

/// Eigenvalues and orthonormal eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations
/// (Golub & Van Loan, §8.5): exact to rounding, the small ones too. Where those would take minutes, for pictures of many
/// pixels, by [another way](tridiagonal::eigen).
pub(crate) fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    match matrix.nrows() > LARGE {
        true => tridiagonal::eigen(matrix),
        false => jacobi(matrix),
    }
}

fn jacobi(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let d = matrix.nrows();
    let mut a = matrix.clone();
    let mut vectors = Array2::eye(d);
    let pairs: Vec<(usize, usize)> = (0..d)
        .flat_map(|p| (p + 1..d).map(move |q| (p, q)))
        .collect();
    // Convergence is quadratic: a handful of sweeps reaches rounding; the bound only guards against NaN.
    for _ in 0..64 {
        if pairs.iter().all(|(p, q)| a[[*p, *q]] == 0.0) {
            break;
        }
        for (p, q) in &pairs {
            rotate(&mut a, &mut vectors, *p, *q);
        }
    }
    (a.diag().to_vec(), vectors)
}

/// One Jacobi rotation, which makes `a[p, q]` zero.
fn rotate(a: &mut Array2<f64>, vectors: &mut Array2<f64>, p: usize, q: usize) {
    let (app, aqq, apq) = (a[[p, p]], a[[q, q]], a[[p, q]]);
    // Not the root of the product: that is ∞ from entries of 1e155 on.
    if apq.abs() <= f64::EPSILON * (app.abs().sqrt() * aqq.abs().sqrt()) * 0.5 {
        (a[[p, q]], a[[q, p]]) = (0.0, 0.0);
        return;
    }
    let tau = (aqq - app) / (2.0 * apq);
    let tan = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let cos = 1.0 / tan.hypot(1.0);
    let sin = tan * cos;
    let turned = |x: f64, y: f64| (cos * x - sin * y, sin * x + cos * y);
    for k in 0..a.nrows() {
        (a[[k, p]], a[[k, q]]) = turned(a[[k, p]], a[[k, q]]);
    }
    for k in 0..a.nrows() {
        (a[[p, k]], a[[q, k]]) = turned(a[[p, k]], a[[q, k]]);
        (vectors[[k, p]], vectors[[k, q]]) = turned(vectors[[k, p]], vectors[[k, q]]);
    }
}
