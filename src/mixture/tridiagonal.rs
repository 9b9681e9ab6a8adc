//! Eigenvalues of large symmetric matrices.

use ndarray::{Array1, Array2, Zip, s};

/// Eigenvalues and orthonormal eigenvectors (columns) of a symmetric matrix, by Householder's reduction to three
/// diagonals and implicit QL steps on those (Golub & Van Loan, §8.3): some 10·d³ operations, all along rows, where
/// Jacobi's sweeps take ten times as many. Exact to rounding of the largest eigenvalue.
pub(super) fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let (mut diagonal, mut beside, mut rows) = reduced(matrix);
    let parts = diagonal.iter().zip(&beside);
    let largest = parts.fold(0.0_f64, |most, (d, e)| most.max(d.abs() + e.abs()));
    for first in 0..diagonal.len() {
        // Convergence is cubic: two steps or so; the bound only guards against NaN.
        for _ in 0..64 {
            let small = |i: &usize| beside[*i].abs() <= f64::EPSILON * largest;
            let last = (first..beside.len()).find(small).unwrap_or(first);
            if last == first {
                break;
            }
            step(&mut diagonal, &mut beside, &mut rows, [first, last]);
        }
    }
    (diagonal, rows.reversed_axes())
}

/// T = QᵀAQ with three diagonals: that in the middle, the one beside it with a 0 behind, and Qᵀ.
fn reduced(matrix: &Array2<f64>) -> (Vec<f64>, Vec<f64>, Array2<f64>) {
    let d = matrix.nrows();
    let (mut a, mut beside) = (matrix.clone(), vec![0.0; d]);
    let mut mirrors: Vec<Option<Array1<f64>>> = Vec::new();
    for k in 0..d.saturating_sub(1) {
        // I − v·vᵀ turns the column below the diagonal onto its first axis.
        let mut v = a.slice(s![k + 1.., k]).to_owned();
        let length = v.dot(&v).sqrt();
        beside[k] = -length.copysign(v[0]);
        v[0] -= beside[k];
        let scale = (2.0 / v.dot(&v)).sqrt();
        if length == 0.0 || !scale.is_finite() {
            beside[k] = a[[k + 1, k]];
            mirrors.push(None);
            continue;
        }
        v *= scale;
        let mut rest = a.slice_mut(s![k + 1.., k + 1..]);
        let product = rest.dot(&v);
        let w = &product - &(&v * (0.5 * product.dot(&v)));
        for (i, row) in rest.rows_mut().into_iter().enumerate() {
            let (vi, wi) = (v[i], w[i]);
            Zip::from(row)
                .and(&v)
                .and(&w)
                .for_each(|a, v, w| *a -= vi * w + wi * v);
        }
        mirrors.push(Some(v));
    }
    let mut q = Array2::eye(d);
    for (k, v) in mirrors.iter().enumerate().rev() {
        let Some(v) = v else { continue };
        let mut rest = q.slice_mut(s![k + 1.., k + 1..]);
        let product = v.dot(&rest);
        for (row, v) in rest.rows_mut().into_iter().zip(v) {
            Zip::from(row).and(&product).for_each(|q, p| *q -= v * p);
        }
    }
    let turned = q.t().as_standard_layout().into_owned();
    (a.diag().to_vec(), beside, turned)
}

/// One QL step with Wilkinson's shift on the block `first..=last`, whose rotations turn the eigenvectors' rows too.
fn step(d: &mut [f64], e: &mut [f64], rows: &mut Array2<f64>, [first, last]: [usize; 2]) {
    let half = (d[first + 1] - d[first]) / (2.0 * e[first]);
    let shift = d[first] - e[first] / (half + half.hypot(1.0).copysign(half));
    let (mut g, mut sin, mut cos, mut moved) = (d[last] - shift, 1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let (f, b) = (sin * e[i], cos * e[i]);
        let length = f.hypot(g);
        e[i + 1] = length;
        if length == 0.0 {
            // The block falls apart here.
            d[i + 1] -= moved;
            e[last] = 0.0;
            return;
        }
        (sin, cos) = (f / length, g / length);
        g = d[i + 1] - moved;
        let r = (d[i] - g) * sin + 2.0 * cos * b;
        moved = sin * r;
        d[i + 1] = g + moved;
        g = cos * r - b;
        let (low, high) = rows.multi_slice_mut((s![i, ..], s![i + 1, ..]));
        Zip::from(low).and(high).for_each(|low, high| {
            (*low, *high) = (cos * *low - sin * *high, sin * *low + cos * *high);
        });
    }
    d[first] -= moved;
    e[first] = g;
    e[last] = 0.0;
}
