//! What sentences need: products, softmax, modulated layer norm, evidence, rows of norm 1.

use diffusion_intuition::autograd::{Gradients, GroupNorm, Rows, Tape};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::{Error, Rng};
use ndarray::Array2;

use crate::derivatives::check;

#[test]
fn derivatives_are_central_differences() {
    check(&[[4, 3], [3, 5]], |tape, p| tape.matmul(p[0], p[1]));
    check(&[[3, 3]], |tape, p| tape.matmul(p[0], p[0]));
    check(&[[4, 5]], |tape, p| tape.softmax(p[0]));
    check(&[[4, 20]], |tape, p| tape.softmax(p[0]));
    check(&[[4, 5]], |tape, p| tape.unit_rows(p[0]));
    let rows = Rows::new(&[1, 0, 1], 2).unwrap();
    check(&[[6, 5], [2, 10]], |tape, p| {
        tape.modulate(p[0], p[1], &rows)
    });
    // Twice the table of a wider x: its gradient is a sum.
    check(&[[3, 20], [2, 40]], |tape, p| {
        let y = tape.modulate(p[0], p[1], &rows)?;
        tape.modulate(y, p[1], &rows)
    });
    let alpha_bars = [0.9, 0.3];
    check(&[[6, 3], [4, 3]], |tape, p| {
        let y = tape.evidence(p[0], p[1], &alpha_bars)?;
        tape.softmax(y)
    });
    check(&[[4, 3]], |tape, p| tape.evidence(p[0], p[0], &alpha_bars));
}

fn random(rows: usize, cols: usize) -> Array2<f32> {
    Rng::new(3).standard_normal(rows, cols).unwrap()
}

/// Sums of 16 products of numbers near 1 in f32: an error of 16 roundings of 6e-8 at most.
const NEAR: f64 = 2e-6;

#[track_caller]
fn near(tape: &Tape, y: diffusion_intuition::autograd::Var, expected: &Array2<f64>) {
    let y = tape.value(y);
    assert_eq!(y.dim(), expected.dim());
    for (y, expected) in y.iter().zip(expected) {
        let scale = expected.abs().max(1.0);
        assert!(
            (f64::from(*y) - expected).abs() < NEAR * scale,
            "{y} {expected}"
        );
    }
}

#[test]
fn values_are_the_formulas() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let (a, b) = (random(6, 16), random(5, 16));
    let [wide_a, wide_b] = [&a, &b].map(|x| x.mapv(f64::from));
    let (x, e) = (tape.input(&a), tape.input(&b));
    let turned = tape.input(&b.t().to_owned());
    let y = tape.matmul(x, turned).unwrap();
    near(&tape, y, &wide_a.dot(&wide_b.t()));
    let y = tape.softmax(x).unwrap();
    let powers = wide_a.mapv(f64::exp);
    let sums = powers
        .sum_axis(ndarray::Axis(1))
        .insert_axis(ndarray::Axis(1));
    near(&tape, y, &(powers / sums));
    let y = tape.unit_rows(x).unwrap();
    let norms = (&wide_a * &wide_a)
        .sum_axis(ndarray::Axis(1))
        .mapv(f64::sqrt);
    near(&tape, y, &(&wide_a / &norms.insert_axis(ndarray::Axis(1))));
    // Differences of the logarithms of the densities themselves.
    let alpha_bars = [0.7_f64, 0.2];
    let y = tape.evidence(x, e, &alpha_bars).unwrap();
    let density = |k: usize, w: usize| {
        let alpha_bar = alpha_bars[k / 3];
        let off = &wide_a.row(k) - &(&wide_b.row(w) * alpha_bar.sqrt());
        let own = wide_a.row(k).dot(&wide_a.row(k));
        (own - off.dot(&off)) / (2.0 * (1.0 - alpha_bar))
    };
    near(
        &tape,
        y,
        &Array2::from_shape_fn((6, 5), |(k, w)| density(k, w)),
    );
}

/// Without a table's help, [`Tape::modulate`] is [`Tape::layer_norm`]; with it, each place has its sentence's.
#[test]
fn modulated_rows_are_a_layer_norm_scaled_and_shifted() {
    let mut parameters = Parameters::new();
    let norm = parameters.norm("norm", 20).unwrap();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&random(6, 20));
    let table = tape.input(&random(2, 40));
    let rows = Rows::new(&[1, 0, 1], 2).unwrap();
    let y = tape.modulate(x, table, &rows).unwrap();
    let each = Rows::new(&[1, 1, 0, 0, 1, 1], 2).unwrap();
    let with = GroupNorm {
        norm,
        groups: 1,
        pixels: 1,
        table: Some((table, &each)),
        silu: false,
    };
    let expected = tape.group_norm(x, with).unwrap();
    let expected = tape.value(expected).mapv(f64::from);
    near(&tape, y, &expected);
}

/// At 1 − ᾱ = 1e-4 the logits are thousands, and differ by less than their own rounding where it counts.
#[test]
fn evidence_is_sure_where_there_is_no_noise() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let e = random(5, 16);
    let (x, vectors) = (tape.variable(&e), tape.input(&e));
    let y = tape.evidence(x, vectors, &[1.0 - 1e-4]).unwrap();
    let y = tape.softmax(y).unwrap();
    near(&tape, y, &Array2::eye(5));
}

#[test]
fn what_does_not_fit_is_refused() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let [x, e, table] = [[6, 4], [5, 3], [2, 8]].map(|shape| tape.input(&Array2::zeros(shape)));
    let shapes = |op, left, right| Err(Error::Shapes { op, left, right });
    assert_eq!(tape.matmul(x, e), shapes("matmul", [6, 4], [5, 3]));
    assert_eq!(
        tape.evidence(x, e, &[0.5]),
        shapes("evidence", [6, 4], [5, 3])
    );
    assert_eq!(
        tape.evidence(x, x, &[0.5; 4]),
        shapes("evidence", [6, 4], [4, 1])
    );
    assert_eq!(tape.evidence(x, x, &[]), shapes("evidence", [6, 4], [0, 1]));
    for alpha_bar in [1.0, -0.1, f64::NAN, 1.0 - 1e-320] {
        let fault = tape.evidence(x, x, &[alpha_bar]).unwrap_err();
        assert!(matches!(fault, Error::Parameter { .. }), "{fault}");
    }
    let rows = |index: &[usize]| Rows::new(index, 2).unwrap();
    let refused = |left, right| shapes("modulate", left, right);
    assert_eq!(tape.modulate(x, e, &rows(&[0])), refused([6, 4], [5, 3]));
    assert_eq!(
        tape.modulate(x, table, &rows(&[0; 4])),
        refused([6, 4], [4, 2])
    );
    let three = Rows::new(&[0, 1], 3).unwrap();
    assert_eq!(tape.modulate(x, table, &three), refused([2, 8], [2, 3]));
}

/// Many processors take a hundred times as long for subnormal numbers, of which a softmax of a certain network would be
/// full.
#[test]
fn shares_that_change_nothing_are_zero_and_leave_no_subnormal_derivative() {
    let z = Array2::from_shape_fn((8, 24), |(i, j)| if i == j { 0.0 } else { -4.0 * j as f32 });
    let mut parameters = Parameters::new();
    let logits = parameters
        .uniform("z", [8, 24], 1.0, &mut Rng::new(0))
        .unwrap();
    parameters.get_mut(logits).assign(&z);
    let mut tape = Tape::new(&parameters);
    let z = tape.parameter(logits);
    let p = tape.softmax(z).unwrap();
    for p in tape.value(p) {
        assert!(*p == 0.0 || *p > 1e-25, "{p:e}");
    }
    let loss = tape.cross_entropy(z, &[0; 8]).unwrap();
    let mut gradients = Gradients::new(&parameters);
    tape.backward(loss, &mut gradients).unwrap();
    let dz = gradients.get(logits);
    let zeros = dz.iter().filter(|dz| **dz == 0.0).count();
    assert!(zeros > 40, "{zeros}"); // of 8·24, those from 56 below on
    assert!(dz.iter().all(|dz| *dz == 0.0 || dz.abs() > 1e-28));
}
