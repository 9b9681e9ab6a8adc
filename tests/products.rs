//! Matrix products, seen through a layer and its gradients: y = x·Wᵀ + b, dx = dy·W, dW = dyᵀ·x.

use diffusion_intuition::autograd::{Gradients, Tape};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::{Result, Rng};
use ndarray::{Array2, ArrayRef2, s};

fn numbers(rows: usize, cols: usize) -> Array2<f32> {
    let number = |i: usize| (i * 7919 % 1013) as f32 / 1013.0 - 0.5;
    Array2::from_shape_fn((rows, cols), |(row, col)| number(row * cols + col))
}

/// y, dx and dW of a layer that is applied `times` times to the same rows, whose gradients then add up.
fn layer(
    x: &ArrayRef2<f32>,
    weight: &ArrayRef2<f32>,
    dy: &ArrayRef2<f32>,
    times: usize,
) -> Result<[Array2<f32>; 3]> {
    let (outputs, inputs) = weight.dim();
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", inputs, outputs, &mut Rng::new(0))?;
    parameters.get_mut(layer.weight).assign(weight);
    parameters.get_mut(layer.bias).assign(&numbers(1, outputs));
    let mut tape = Tape::new(&parameters);
    let (x, dy) = (tape.variable(x), tape.input(dy));
    let mut y = tape.linear(x, layer)?;
    let mut weighted = tape.mul(y, dy)?;
    for _ in 1..times {
        y = tape.linear(x, layer)?;
        let again = tape.mul(y, dy)?;
        weighted = tape.add(weighted, again)?;
    }
    let loss = tape.sum(weighted)?;
    let mut gradients = Gradients::new(&parameters);
    tape.backward(loss, &mut gradients)?;
    let dx = tape.gradient(x).expect("the loss depends on it");
    let dw = gradients.get(layer.weight).to_owned();
    Ok([tape.value(y).to_owned(), dx, dw])
}

#[test]
fn products_are_the_textbook_ones() -> Result<()> {
    let exact = |a: &Array2<f32>| a.mapv(f64::from);
    for (n, inputs, outputs) in [
        (1, 1, 1),
        (7, 130, 3),
        (130, 3, 7),
        (19, 16, 33),
        (40, 300, 70),
        (300, 70, 40),
        (70, 40, 300),
    ] {
        let (x, w) = (numbers(n, inputs), numbers(outputs, inputs));
        let dy = numbers(n, outputs);
        let y = exact(&x).dot(&exact(&w).t()) + exact(&numbers(1, outputs));
        for times in [1, 2] {
            let dx = exact(&dy).dot(&exact(&w)) * times as f64;
            let dw = exact(&dy).t().dot(&exact(&x)) * times as f64;
            let found = layer(&x, &w, &dy, times)?;
            for (found, wanted) in found.iter().zip([&y, &dx, &dw]) {
                for (found, wanted) in found.iter().zip(wanted) {
                    let off = f64::from(*found) - wanted;
                    assert!(off.abs() < 2e-5, "{found} {wanted}");
                }
            }
        }
    }
    Ok(())
}

/// Of the first operand as it stands (y), and turned (dW).
#[test]
fn the_other_rows_change_no_bit() -> Result<()> {
    let (rows, inner) = (37, 140);
    for cols in [2, 16, 40] {
        let (a, b) = (numbers(rows, inner), numbers(cols, inner));
        let dy = numbers(rows, cols);
        let [y, ..] = layer(&a, &b, &dy, 1)?;
        let (x, w) = (numbers(inner, cols), numbers(rows, cols));
        let [.., dw] = layer(&x, &w, &a.t().to_owned(), 1)?;
        for row in [1, 5, 16, 36] {
            for part in [0..row, row..rows] {
                let part = s![part, ..];
                let [some, ..] = layer(&a.slice(part), &b, &dy.slice(part), 1)?;
                assert_eq!(some, y.slice(part));
                let [.., some] = layer(&x, &w.slice(part), &a.slice(part).t().to_owned(), 1)?;
                assert_eq!(some, dw.slice(part));
            }
        }
    }
    Ok(())
}

#[test]
fn pieces_on_several_threads_change_no_bit() {
    for (n, inputs, outputs) in [(30, 2000, 700), (1000, 130, 100), (2100, 20, 350)] {
        let (x, w) = (numbers(n, inputs), numbers(outputs, inputs));
        let dy = numbers(n, outputs);
        for times in [1, 2] {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.expect("a few threads");
                pool.install(|| layer(&x, &w, &dy, times)).unwrap()
            };
            let whole = on(1);
            assert!(on(2) == whole && on(3) == whole);
        }
    }
}
