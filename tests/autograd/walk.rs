//! The walk back: what it computes and what it leaves, on any number of threads, without rows or columns.

use diffusion_intuition::autograd::{Gradients, Rows, Tape, Var, Workspace};
use diffusion_intuition::network::{Linear, Parameters, TimeEmbedding};
use diffusion_intuition::{Error, Result, Rng};
use ndarray::Array2;

use crate::outside::tanh;

#[test]
fn gradients_nobody_needs_are_not_computed() {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 3, 2, &mut Rng::new(0)).unwrap();
    let unused = parameters.linear("unused", 3, 2, &mut Rng::new(0)).unwrap();
    let mut tape = Tape::new(&parameters);
    let given = tape.input(&Array2::ones((4, 3)));
    let wanted = tape.variable(&Array2::ones((4, 3)));
    let x = tape.add(given, wanted).unwrap();
    let y = tape.linear(x, layer).unwrap();
    let loss = tape.sum(y).unwrap();
    let mut gradients = Gradients::new(&parameters);
    gradients = {
        tape.backward(loss, &mut gradients).unwrap();
        gradients
    };
    assert_eq!(tape.gradient(given), None);
    let expected = parameters.get(layer.weight).sum_axis(ndarray::Axis(0));
    let gradient = tape.gradient(wanted).unwrap();
    assert!(
        (&gradient.row(3) - &expected)
            .iter()
            .all(|d| d.abs() < 1e-6)
    );
    assert!(gradients.get(layer.bias).iter().all(|db| *db == 4.0));
    assert!(gradients.get(unused.weight).iter().all(|d| *d == 0.0));
    // A second walk gives the same, not twice as much.
    let first = gradients.get(layer.weight).to_owned();
    tape.backward(loss, &mut gradients).unwrap();
    assert_eq!(gradients.get(layer.weight), first);
}

/// Loss and gradients of two blocks wide enough to be split over threads.
fn large(parameters: &Parameters, workspace: Workspace) -> (f32, Vec<f32>, Workspace) {
    let mut tape = Tape::with_workspace(parameters, workspace);
    let mut rng = Rng::new(7);
    let mut x = Array2::zeros((1100, 128));
    rng.fill_standard_normal(x.as_slice_mut().unwrap());
    let ts: Vec<usize> = (0..1100).map(|i| (i * i) % 137).collect();
    let (distinct, rows) = Rows::distinct(&ts).unwrap();
    let time = tape.embed(&TimeEmbedding::new(32).unwrap(), &distinct);
    let x = tape.input(&x);
    let layer = |name: &str| Linear {
        weight: parameters.id(&format!("{name}.weight")).unwrap(),
        bias: parameters.id(&format!("{name}.bias")).unwrap(),
    };
    let table = tape.linear(time, layer("film")).unwrap();
    let u = tape.linear(x, layer("linear")).unwrap();
    let h = tape.film_residual(x, u, table, &rows).unwrap();
    let u = tape.linear(h, layer("linear")).unwrap();
    let u = tape.silu(u).unwrap();
    let loss = tape.mse(u, x).unwrap();
    let mut gradients = Gradients::new(parameters);
    tape.backward(loss, &mut gradients).unwrap();
    let value = tape.scalar(loss);
    let flat = parameters
        .ids()
        .flat_map(|id| gradients.get(id).iter().copied().collect::<Vec<_>>());
    (value, flat.collect(), tape.into_workspace())
}

#[test]
fn neither_threads_nor_reused_memory_change_a_bit() {
    let (mut parameters, mut rng) = (Parameters::new(), Rng::new(3));
    parameters.linear("linear", 128, 128, &mut rng).unwrap();
    parameters.linear("film", 32, 256, &mut rng).unwrap();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| large(&parameters, Workspace::new()))
    };
    let (loss, gradients, workspace) = on(1);
    for threads in [2, 3, 5] {
        let (other_loss, other, _) = on(threads);
        assert_eq!(loss.to_bits(), other_loss.to_bits());
        assert_eq!(gradients, other);
    }
    let (again_loss, again, _) = large(&parameters, workspace);
    assert_eq!((loss, gradients), (again_loss, again));
}

/// Σ of an operation's result, differentiated: no rows and no columns are as good as any.
fn is_differentiable(
    shapes: &[[usize; 2]],
    op: impl Fn(&mut Tape, &[Var]) -> Result<Var>,
) -> Result<()> {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let make = |shape: &[usize; 2]| tape.variable(&Array2::zeros(*shape));
    let vars: Vec<Var> = shapes.iter().map(make).collect();
    let y = op(&mut tape, &vars)?;
    let loss = tape.sum(y)?;
    tape.backward(loss, &mut Gradients::new(&parameters))?;
    for (var, shape) in vars.iter().zip(shapes) {
        let gradient = tape.gradient(*var).expect("it is on the way to the loss");
        assert_eq!(gradient.shape(), shape);
        assert!(gradient.iter().all(|d| d.is_finite()));
    }
    Ok(())
}

#[test]
fn matrices_without_rows_or_columns_are_matrices() {
    type Unary = fn(&mut Tape, Var) -> Result<Var>;
    let unary: [Unary; 6] = [
        |tape, x| tape.silu(x),
        |tape, x| tanh(tape, x),
        |tape, x| tape.softplus(x),
        |tape, x| tape.exp(x),
        |tape, x| tape.leaky_relu(x, 0.2),
        |tape, x| tape.fourier(x, &[0.5, 1.5]),
    ];
    for shape in [[0, 3], [3, 0], [0, 0]] {
        for op in unary {
            is_differentiable(&[shape], |tape, p| op(tape, p[0])).unwrap();
        }
        is_differentiable(&[shape], |tape, p| tape.scale(p[0], 2.0)).unwrap();
        is_differentiable(&[shape; 2], |tape, p| tape.add(p[0], p[1])).unwrap();
        is_differentiable(&[shape; 2], |tape, p| tape.mul(p[0], p[1])).unwrap();
        is_differentiable(&[shape; 2], |tape, p| tape.concat(p)).unwrap();
        for table_rows in [0, 2] {
            let index = vec![0; if table_rows > 0 { shape[0] } else { 0 }];
            let shape = [index.len(), shape[1]];
            let table = [table_rows, 2 * shape[1]];
            let rows = Rows::new(&index, table_rows).unwrap();
            is_differentiable(&[shape, shape, table], |tape, p| {
                tape.film_residual(p[0], p[1], p[2], &rows)
            })
            .unwrap();
            is_differentiable(&[table], |tape, p| tape.gather(p[0], &rows)).unwrap();
        }
    }
    let empty = |result| assert!(matches!(result, Err(Error::Empty { .. })), "{result:?}");
    empty(is_differentiable(&[[0, 3]; 2], |tape, p| {
        tape.mse(p[0], p[1])
    }));
    // More rows than anyone can count through, none of them with a number.
    is_differentiable(&[[usize::MAX >> 3, 0]; 2], |tape, p| tape.concat(p)).unwrap_err();
    is_differentiable(&[[1 << 37, 0]; 2], |tape, p| tape.concat(p)).unwrap();
    let wide = is_differentiable(&[[0, usize::MAX >> 3]; 9], |tape, p| tape.concat(p));
    assert!(matches!(wide, Err(Error::Size { .. })), "{wide:?}");
    let wide = is_differentiable(&[[0, usize::MAX >> 3]], |tape, p| {
        tape.fourier(p[0], &[1.0; 4])
    });
    assert!(matches!(wide, Err(Error::Size { .. })), "{wide:?}");
}

#[test]
fn a_layer_without_rows_has_gradients_of_zero() {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 3, 40, &mut Rng::new(0)).unwrap();
    let mut tape = Tape::new(&parameters);
    let x = tape.variable(&Array2::zeros((0, 3)));
    let y = tape.linear(x, layer).unwrap();
    assert_eq!(tape.value(y).dim(), (0, 40));
    let loss = tape.sum(y).unwrap();
    let mut gradients = Gradients::new(&parameters);
    tape.backward(loss, &mut gradients).unwrap();
    assert!(gradients.get(layer.weight).iter().all(|d| *d == 0.0));
    assert_eq!(tape.gradient(x).unwrap().dim(), (0, 3));
}
