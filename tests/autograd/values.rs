//! Values: by hand, at the ends of f32, and of parts that come to the same.

use diffusion_intuition::Error;
use diffusion_intuition::autograd::{Gradients, Rows, Tape, Var};
use diffusion_intuition::network::Parameters;
use ndarray::{Array2, array};

use crate::operands;
use crate::outside::tanh;

#[test]
fn film_is_its_parts() {
    let (parameters, p) = operands(&[[5, 3], [5, 3], [4, 6]]);
    let mut tape = Tape::new(&parameters);
    let vars: Vec<Var> = p.iter().map(|id| tape.parameter(*id)).collect();
    let rows = Rows::new(&[2, 0, 2, 3, 2], 4).unwrap();
    let fused = tape
        .film_residual(vars[0], vars[1], vars[2], &rows)
        .unwrap();
    let gathered = tape.gather(vars[2], &rows).unwrap();
    let [scale, shift] = [0..3, 3..6].map(|columns| tape.columns(gathered, columns).unwrap());
    let one = tape.input(&Array2::ones((5, 3)));
    let scale = tape.add(one, scale).unwrap();
    let scaled = tape.mul(vars[1], scale).unwrap();
    let shifted = tape.add(scaled, shift).unwrap();
    let silu = tape.silu(shifted).unwrap();
    let parts = tape.add(vars[0], silu).unwrap();
    assert_eq!(tape.value(fused), tape.value(parts));
    // And by hand: row 1 uses table row 0.
    let (u, table) = (parameters.get(p[1]), parameters.get(p[2]));
    let z = u[[1, 2]] * (1.0 + table[[0, 2]]) + table[[0, 5]];
    let expected = parameters.get(p[0])[[1, 2]] + z / (1.0 + (-z).exp());
    assert!((tape.value(fused)[[1, 2]] - expected).abs() < 1e-6);
}

#[test]
fn values_are_what_they_are_called() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&array![[0.5_f32, -100.0, 100.0]]);
    let near = |tape: &Tape, var, expected: [f32; 3]| {
        for (a, b) in tape.value(var).iter().zip(expected) {
            assert!((a - b).abs() <= 2e-6 * b.abs().max(1e-30), "{a} {b}");
        }
    };
    let y = tanh(&mut tape, x).unwrap();
    near(&tape, y, [0.5_f32.tanh(), -1.0, 1.0]);
    let y = tape.softplus(x).unwrap();
    let value = tape.value(y);
    assert!((value[[0, 0]] - 0.974_077).abs() < 1e-6);
    assert!(value[[0, 1]] < 1e-37 && value[[0, 2]] == 100.0);
    let y = tape.silu(x).unwrap();
    assert!((tape.value(y)[[0, 0]] - 0.311_229_65).abs() < 1e-6);
    let mean = tape.mean(x).unwrap();
    assert!((tape.scalar(mean) - 0.5 / 3.0).abs() < 1e-7);
}

#[test]
fn pictures_and_their_pixels_are_the_same_numbers() {
    let (parameters, p) = operands(&[[2, 12]]);
    let mut tape = Tape::new(&parameters);
    let pictures = tape.parameter(p[0]);
    let pixels = tape.reshape(pictures, 8, 3).unwrap();
    assert_eq!(tape.slice(pixels).as_ptr(), tape.slice(pictures).as_ptr());
    assert_eq!(tape.value(pixels)[[5, 2]], parameters.get(p[0])[[1, 5]]);
    // What is made from a view is right too, and so is the gradient of what it shows.
    let again = tape.reshape(pixels, 4, 6).unwrap();
    let sum = tape.sum(again).unwrap();
    let mut gradients = Gradients::new(&parameters);
    tape.backward(sum, &mut gradients).unwrap();
    assert!(gradients.get(p[0]).iter().all(|d| *d == 1.0));
}

#[test]
fn attention_to_equal_keys_is_the_mean() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let q = tape.input(&array![[3.0_f32], [-1e30]]);
    let k = tape.input(&array![[2.0_f32], [2.0], [7.0], [7.0]]);
    let v = tape.input(&array![[1.0_f32], [2.0], [10.0], [30.0]]);
    let y = tape.attention(q, k, v, 2, 1).unwrap();
    assert_eq!(tape.value(y), array![[1.5], [20.0]]);
}

/// −ln softmax at logits that e^z cannot take.
#[test]
fn cross_entropy_at_the_ends_of_f32() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    for (row, label, expected) in [
        ([0.0_f32, 0.0], 0, 2.0_f32.ln()),
        ([1e30, 0.0], 0, 0.0),
        ([1e30, 0.0], 1, 1e30),
        ([-1e30, -1e30], 1, 2.0_f32.ln()),
        ([-1000.0, -1001.0], 0, (1.0 + (-1.0_f32).exp()).ln()),
    ] {
        let logits = tape.input(&array![row]);
        let loss = tape.cross_entropy(logits, &[label]).unwrap();
        let loss = tape.scalar(loss);
        assert!(
            (loss - expected).abs() <= 1e-6 * expected,
            "{row:?}: {loss}"
        );
    }
    let logits = tape.input(&array![[f32::NAN, 0.0]]);
    let loss = tape.cross_entropy(logits, &[1]).unwrap();
    assert!(tape.scalar(loss).is_nan());
}

#[test]
fn nan_is_not_swallowed() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&array![[f32::NAN]]);
    let ops = [Tape::silu, tanh, Tape::exp, Tape::softplus];
    for op in ops {
        let y = op(&mut tape, x).unwrap();
        assert!(tape.value(y)[[0, 0]].is_nan());
    }
}

#[test]
fn the_ends_of_f32() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&array![[-f32::INFINITY, -3e38, -100.0, 3e38]]);
    let y = tape.silu(x).unwrap();
    let value = tape.value(y).row(0).to_vec();
    assert!(value[..3].iter().all(|y| y.abs() < 1e-35), "{value:?}");
    assert_eq!(value[3], 3e38);
    let y = tape.softplus(x).unwrap();
    let value = tape.value(y).row(0).to_vec();
    assert!(value[..3].iter().all(|y| y.abs() < 1e-35), "{value:?}");
    assert_eq!(value[3], 3e38);
    let (zero, table) = (Array2::zeros((1, 4)), Array2::zeros((1, 8)));
    let (zero, table) = (tape.input(&zero), tape.input(&table));
    let rows = Rows::new(&[0], 1).unwrap();
    let y = tape.film_residual(zero, x, table, &rows).unwrap();
    let value = tape.value(y).row(0).to_vec();
    assert!(value[1..3].iter().all(|y| y.abs() < 1e-35), "{value:?}");
    for bad in [f32::NAN, f32::INFINITY] {
        let parameter = |result| matches!(result, Err(Error::Parameter { .. }));
        assert!(parameter(tape.scale(x, bad)) && parameter(tape.leaky_relu(x, bad)));
        let waves = tape.fourier(x, &[1.0, bad]);
        assert!(
            matches!(waves, Err(Error::NotFinite { index: 1, .. })),
            "{waves:?}"
        );
    }
}
