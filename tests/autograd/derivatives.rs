//! Every operation's derivative against central differences.
//!
//! Step 1e-2 and values near 1: rounding (1e-7·|loss|/step) and truncation (step²/6 · third derivative) are
//! both near 2e-5 of the gradient's scale. The bound is 1e-3: a wrong sign, factor or a missing term is off
//! by a good part of the scale.

use diffusion_intuition::autograd::{Resize, Rows, Tape, Var, check_gradients};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::{Result, Rng};
use ndarray::Array2;

use crate::operands;
use crate::outside::tanh;

const BOUND: f64 = 1e-3;

/// Checks Σ weight·op(operands) with fixed unequal weights, so that every element counts differently.
pub fn check(shapes: &[[usize; 2]], op: impl Fn(&mut Tape, &[Var]) -> Result<Var>) {
    let (parameters, ids) = operands(shapes);
    let loss = |tape: &mut Tape| {
        let vars: Vec<Var> = ids.iter().map(|id| tape.parameter(*id)).collect();
        let y = op(tape, &vars)?;
        let dim = tape.value(y).dim();
        let weights =
            Array2::from_shape_fn(dim, |(i, j)| ((3 * i + 7 * j) % 11) as f32 / 5.0 - 0.9);
        let weights = tape.input(&weights);
        let y = tape.mul(y, weights)?;
        tape.sum(y)
    };
    for result in check_gradients(&parameters, 1e-2, &loss).unwrap() {
        assert!(result.scale > 0.05, "{result:?}: nothing to compare");
        assert!(
            result.difference < BOUND * result.scale.max(1.0),
            "{result:?}"
        );
    }
}

#[test]
fn functions_of_one_element() {
    check(&[[4, 3]], |tape, p| tape.silu(p[0]));
    check(&[[4, 3]], |tape, p| tape.softplus(p[0]));
    check(&[[4, 3]], |tape, p| tape.exp(p[0]));
    check(&[[4, 3]], |tape, p| tape.leaky_relu(p[0], 0.2));
    check(&[[4, 3]], |tape, p| tape.fourier(p[0], &[0.7, 1.9]));
    check(&[[4, 3]], |tape, p| tape.scale(p[0], -2.5));
}

#[test]
fn functions_of_two_matrices() {
    check(&[[4, 3], [4, 3]], |tape, p| tape.add(p[0], p[1]));
    check(&[[4, 3], [4, 3]], |tape, p| tape.sub(p[0], p[1]));
    check(&[[4, 3], [4, 3]], |tape, p| tape.mul(p[0], p[1]));
    check(&[[4, 3], [4, 2], [4, 1]], |tape, p| tape.concat(p));
    check(&[[4, 5]], |tape, p| tape.columns(p[0], 1..4));
    check(&[[4, 3], [4, 3]], |tape, p| tape.mse(p[0], p[1]));
    check(&[[4, 3]], |tape, p| tape.reshape(p[0], 2, 6));
}

#[test]
fn attention_and_cross_entropy() {
    check(&[[6, 4], [6, 4], [6, 4]], |tape, p| {
        tape.attention(p[0], p[1], p[2], 2, 2)
    });
    check(&[[4, 3], [10, 3], [10, 3]], |tape, p| {
        tape.attention(p[0], p[1], p[2], 2, 1)
    });
    // One matrix in all three places: its gradient is a sum.
    check(&[[6, 4]], |tape, p| tape.attention(p[0], p[0], p[0], 3, 2));
    check(&[[4, 3]], |tape, p| tape.cross_entropy(p[0], &[2, 0, 2, 1]));
}

#[test]
fn reductions() {
    // One more factor, so that the gradient differs from element to element.
    check(&[[4, 3]], |tape, p| {
        let y = tape.mul(p[0], p[0])?;
        tape.sum(y)
    });
    check(&[[4, 3]], |tape, p| {
        let y = tape.mul(p[0], p[0])?;
        tape.mean(y)
    });
}

#[test]
fn a_value_used_twice_gets_both_gradients() {
    check(&[[4, 3]], |tape, p| {
        let y = tape.silu(p[0])?;
        let y = tape.mul(y, p[0])?;
        tape.add(y, p[0])
    });
    check(&[[4, 3]], |tape, p| tape.mul(p[0], p[0]));
    check(&[[4, 3]], |tape, p| tape.concat(&[p[0], p[0]]));
}

#[test]
fn linear_in_weight_bias_and_input() {
    let (mut parameters, mut rng) = (Parameters::new(), Rng::new(2));
    let x = parameters.uniform("x", [5, 4], 1.0, &mut rng).unwrap();
    let first = parameters.linear("first", 4, 3, &mut rng).unwrap();
    let second = parameters.linear("second", 3, 3, &mut rng).unwrap();
    let loss = |tape: &mut Tape| {
        let x = tape.parameter(x);
        let h = tape.linear(x, first)?;
        // `second` twice: a shared layer gets the sum of both gradients, and so does h.
        let y = tape.linear(h, second)?;
        let z = tanh(tape, y)?;
        let z = tape.linear(z, second)?;
        let z = tape.mul(z, h)?;
        tape.sum(z)
    };
    for result in check_gradients(&parameters, 1e-2, &loss).unwrap() {
        assert!(result.scale > 0.1, "{result:?}");
        assert!(result.difference < BOUND * result.scale, "{result:?}");
    }
}

#[test]
fn gathered_rows_and_film() {
    // Rows out of order, one shown three times, one never.
    let rows = Rows::new(&[2, 0, 2, 3, 2], 4).unwrap();
    check(&[[4, 6]], |tape, p| tape.gather(p[0], &rows));
    check(&[[5, 3], [5, 3], [4, 6]], |tape, p| {
        tape.film_residual(p[0], p[1], p[2], &rows)
    });
    // Half a vector of columns, a whole one, and one with some left over.
    for cols in [8, 16, 19] {
        check(&[[5, cols], [5, cols], [4, 2 * cols]], |tape, p| {
            tape.film_residual(p[0], p[1], p[2], &rows)
        });
    }
    // One table for two blocks, and h = u in the second: every operand's gradient is a sum.
    check(&[[5, 3], [5, 3], [4, 6]], |tape, p| {
        let h = tape.film_residual(p[0], p[1], p[2], &rows)?;
        tape.film_residual(h, h, p[2], &rows)
    });
}

/// A layer whose input is its own weight or bias: both parts of the gradient are added up, whether or not another
/// came before.
#[test]
fn layers_of_their_own_parameters() {
    let (mut parameters, mut rng) = (Parameters::new(), Rng::new(3));
    let linear = parameters.linear("linear", 3, 3, &mut rng).unwrap();
    let conv = parameters.conv2d("conv", 2, 2, &mut rng).unwrap();
    let norm = parameters.norm("norm", 3).unwrap();
    let own = [linear.weight, linear.bias, norm.weight, norm.bias];
    for id in own.into_iter().chain([conv.weight, conv.bias]) {
        let noise = Rng::new(4).standard_normal(18, 3).unwrap();
        let noise = noise.iter().map(|z| 0.4 * z);
        let pairs = parameters.get_mut(id);
        pairs.into_iter().zip(noise).for_each(|(w, z)| *w += z);
    }
    let loss = |tape: &mut Tape| {
        let mut losses = Vec::new();
        for id in own {
            let x = tape.parameter(id);
            let y = tape.linear(x, linear)?;
            let y = tape.layer_norm(y, norm)?;
            losses.push(tape.mul(y, y)?);
            let y = tape.layer_norm(x, norm)?;
            losses.push(tape.exp(y)?);
        }
        for (id, size) in [(conv.weight, [3, 6]), (conv.bias, [1, 1])] {
            let x = tape.parameter(id);
            for resize in [Resize::Keep, Resize::Double] {
                let y = tape.conv2d(x, conv.resizing(resize), size)?;
                losses.push(tape.mul(y, y)?);
            }
        }
        let mut all = tape.mean(losses[0])?;
        for loss in &losses[1..] {
            let mean = tape.mean(*loss)?;
            all = tape.add(all, mean)?;
        }
        Ok(all)
    };
    // Half the usual step: norms of three numbers bend more, and a quarter of the error at 1e-2 is left.
    for result in check_gradients(&parameters, 5e-3, &loss).unwrap() {
        assert!(result.scale > 0.1, "{result:?}");
        assert!(result.difference < BOUND * result.scale, "{result:?}");
    }
}
