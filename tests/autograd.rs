//! Every operation's derivative against central differences, and what the tape refuses.
//!
//! Step 1e-2 and values near 1: rounding (1e-7·|loss|/step) and truncation (step²/6 · third derivative) are
//! both near 2e-5 of the gradient's scale. The bound is 1e-3: a wrong sign, factor or a missing term is off
//! by a good part of the scale.

use diffusion_intuition::autograd::{Gradients, Tape, Var, Workspace, check_gradients};
use diffusion_intuition::network::{Linear, ParameterId, Parameters, TimeEmbedding};
use diffusion_intuition::{Error, Result, Rng};
use ndarray::{Array2, array};

const BOUND: f64 = 1e-3;

/// Parameters of the given shapes, uniform in ±1.5, for operations whose operands are all checked.
fn operands(shapes: &[[usize; 2]]) -> (Parameters, Vec<ParameterId>) {
    let (mut parameters, mut rng) = (Parameters::new(), Rng::new(1));
    let ids = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| {
            parameters
                .uniform(&format!("p{i}"), *shape, 1.5, &mut rng)
                .unwrap()
        })
        .collect();
    (parameters, ids)
}

/// Checks Σ weight·op(operands) with fixed unequal weights, so that every element counts differently.
fn check(shapes: &[[usize; 2]], op: impl Fn(&mut Tape, &[Var]) -> Result<Var>) {
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
    check(&[[4, 3]], |tape, p| tape.tanh(p[0]));
    check(&[[4, 3]], |tape, p| tape.sigmoid(p[0]));
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
        let z = tape.tanh(y)?;
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
fn scale_shift_silu_and_gathered_film() {
    check(&[[4, 3], [4, 6]], |tape, p| {
        tape.scale_shift_silu(p[0], p[1])
    });
    // Rows out of order, one shown three times, one never.
    let index = [2, 0, 2, 3, 2];
    check(&[[4, 6]], |tape, p| {
        let rows = tape.rows(&index, 4)?;
        tape.gather(p[0], rows)
    });
    check(&[[5, 3], [5, 3], [4, 6]], |tape, p| {
        let rows = tape.rows(&index, 4)?;
        tape.film_residual(p[0], p[1], p[2], rows)
    });
    // One table for two blocks, and h = u in the second: every operand's gradient is a sum.
    check(&[[5, 3], [5, 3], [4, 6]], |tape, p| {
        let rows = tape.rows(&index, 4)?;
        let h = tape.film_residual(p[0], p[1], p[2], rows)?;
        tape.film_residual(h, h, p[2], rows)
    });
}

#[test]
fn film_is_its_parts() {
    let (parameters, p) = operands(&[[5, 3], [5, 3], [4, 6]]);
    let mut tape = Tape::new(&parameters);
    let vars: Vec<Var> = p.iter().map(|id| tape.parameter(*id)).collect();
    let rows = tape.rows(&[2, 0, 2, 3, 2], 4).unwrap();
    let fused = tape.film_residual(vars[0], vars[1], vars[2], rows).unwrap();
    let gathered = tape.gather(vars[2], rows).unwrap();
    let silu = tape.scale_shift_silu(vars[1], gathered).unwrap();
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
    let y = tape.tanh(x).unwrap();
    near(&tape, y, [0.5_f32.tanh(), -1.0, 1.0]);
    let y = tape.softplus(x).unwrap();
    let value = tape.value(y);
    assert!((value[[0, 0]] - 0.974_077).abs() < 1e-6);
    assert!(value[[0, 1]] < 1e-37 && value[[0, 2]] == 100.0);
    let y = tape.sigmoid(x).unwrap();
    assert!((tape.value(y)[[0, 0]] - 0.622_459_3).abs() < 1e-6);
    let y = tape.silu(x).unwrap();
    assert!((tape.value(y)[[0, 0]] - 0.311_229_65).abs() < 1e-6);
    let mean = tape.mean(x).unwrap();
    assert!((tape.scalar(mean) - 0.5 / 3.0).abs() < 1e-7);
}

#[test]
fn nan_is_not_swallowed() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&array![[f32::NAN]]);
    let ops = [Tape::silu, Tape::tanh, Tape::sigmoid, Tape::softplus];
    for op in ops {
        let y = op(&mut tape, x).unwrap();
        assert!(tape.value(y)[[0, 0]].is_nan());
    }
}

#[test]
fn shapes_that_do_not_fit_are_both_named() {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 3, 2, &mut Rng::new(0)).unwrap();
    let mut tape = Tape::new(&parameters);
    let a = tape.input(&Array2::zeros((4, 3)));
    let b = tape.input(&Array2::zeros((4, 2)));
    let c = tape.input(&Array2::zeros((5, 3)));
    let shapes = |op, left, right| Error::Shapes { op, left, right };
    assert_eq!(tape.add(a, b), Err(shapes("add", [4, 3], [4, 2])));
    assert_eq!(tape.mul(a, c), Err(shapes("mul", [4, 3], [5, 3])));
    assert_eq!(tape.mse(a, c), Err(shapes("mse", [4, 3], [5, 3])));
    assert_eq!(tape.concat(&[a, c]), Err(shapes("concat", [4, 3], [5, 3])));
    assert_eq!(tape.linear(b, layer), Err(shapes("linear", [4, 2], [2, 3])));
    let error = tape.scale_shift_silu(a, b).unwrap_err();
    assert_eq!(
        error.to_string(),
        "scale_shift_silu: shapes 4x3 and 4x2 do not fit"
    );
    let rows = tape.rows(&[0, 1], 3).unwrap();
    assert!(tape.gather(a, rows).is_err()); // 4 rows, made for 3
    assert_eq!(
        tape.rows(&[0, 3], 3).unwrap_err(),
        Error::Row {
            row: 3,
            table_rows: 3
        }
    );
    let mut gradients = Gradients::new(&parameters);
    assert!(tape.backward(a, &mut gradients).is_err()); // not a scalar
    assert_eq!(tape.concat(&[]), Err(Error::Empty { what: "concat" }));
    let mut other = Tape::new(&parameters);
    assert_eq!(
        other.silu(a),
        Err(Error::Foreign {
            what: "value of one tape"
        })
    );
    let none = tape.input(&Array2::zeros((0, 3)));
    assert_eq!(tape.mean(none), Err(Error::Empty { what: "mean" }));
}

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
    let (distinct, rows) = tape.distinct(&ts);
    let time = tape.embed(&TimeEmbedding::new(32).unwrap(), &distinct);
    let x = tape.input(&x);
    let layer = |name: &str| diffusion_intuition::network::Linear {
        weight: parameters.id(&format!("{name}.weight")).unwrap(),
        bias: parameters.id(&format!("{name}.bias")).unwrap(),
    };
    let table = tape.linear(time, layer("film")).unwrap();
    let u = tape.linear(x, layer("linear")).unwrap();
    let h = tape.film_residual(x, u, table, rows).unwrap();
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
    let unary: [Unary; 7] = [
        |tape, x| tape.silu(x),
        |tape, x| tape.tanh(x),
        |tape, x| tape.sigmoid(x),
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
        let table = [shape[0], 2 * shape[1]];
        let film = |tape: &mut Tape, p: &[Var]| tape.scale_shift_silu(p[0], p[1]);
        is_differentiable(&[shape, table], film).unwrap();
        for table_rows in [0, 2] {
            let index = vec![0; if table_rows > 0 { shape[0] } else { 0 }];
            let shape = [index.len(), shape[1]];
            let table = [table_rows, 2 * shape[1]];
            is_differentiable(&[shape, shape, table], |tape, p| {
                let rows = tape.rows(&index, table_rows)?;
                tape.film_residual(p[0], p[1], p[2], rows)
            })
            .unwrap();
            is_differentiable(&[table], |tape, p| {
                let rows = tape.rows(&index, table_rows)?;
                tape.gather(p[0], rows)
            })
            .unwrap();
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

/// A layer is good for the parameters that made it and for those of the same make, and for no others.
#[test]
fn another_networks_layer_is_a_stranger() {
    let make = |names: [&str; 2], widths: [usize; 2]| {
        let mut parameters = Parameters::new();
        let mut rng = Rng::new(widths[1] as u64);
        let layers = [0, 1].map(|i| {
            parameters
                .linear(names[i], widths[i], widths[i], &mut rng)
                .unwrap()
        });
        (parameters, layers)
    };
    let (own, [first, second]) = make(["a", "b"], [3, 3]);
    let (_, [other_name, after]) = make(["c", "b"], [3, 3]);
    let (_, [_, other_shape]) = make(["a", "b"], [3, 4]);
    let (_, [_, same]) = make(["a", "b"], [3, 3]);
    let mut longer = own.clone();
    let beyond = longer.linear("c", 3, 3, &mut Rng::new(0)).unwrap();
    let mut tape = Tape::new(&own);
    let x = tape.input(&Array2::ones((2, 3)));
    for (what, layer) in [
        ("another name", other_name),
        ("the same name after another", after),
        ("another shape", other_shape),
        ("a later one", beyond),
        (
            "a bias of another network",
            Linear {
                bias: other_name.bias,
                ..first
            },
        ),
        (
            "a weight of another network",
            Linear {
                weight: beyond.weight,
                ..first
            },
        ),
    ] {
        assert_eq!(
            tape.linear(x, layer),
            Err(Error::Foreign {
                what: "parameter of one network"
            }),
            "{what}"
        );
    }
    let y = tape.linear(x, second).unwrap();
    let z = tape.linear(x, same).unwrap();
    assert_eq!(tape.value(y), tape.value(z));
    assert!(tape.linears([(x, first), (x, after)]).is_err());
    // Parts that are no layer together.
    let turned = Linear {
        weight: first.bias,
        bias: first.weight,
    };
    let shapes = |left, right| Error::Shapes {
        op: "linear",
        left,
        right,
    };
    assert_eq!(tape.linear(x, turned), Err(shapes([1, 3], [3, 3])));
    let mut single = Parameters::new();
    let only = single.zeros("only", [1, 1]).unwrap();
    let mut tape = Tape::new(&single);
    let x = tape.input(&Array2::ones((2, 1)));
    let both = Linear {
        weight: only,
        bias: only,
    };
    assert_eq!(tape.linear(x, both), Err(shapes([1, 1], [1, 1])));
}

#[test]
fn a_loss_that_is_no_number_has_no_gradients_to_compare() {
    let (parameters, p) = operands(&[[2, 2]]);
    let check = |step: f32, factor: f32, shift: f32| {
        check_gradients(&parameters, step, &|tape| {
            let x = tape.parameter(p[0]);
            let shift = tape.input(&Array2::from_elem((2, 2), shift));
            let x = tape.scale(x, factor)?;
            let x = tape.add(x, shift)?;
            tape.sum(x)
        })
    };
    assert!(check(1e-2, 1.0, 0.0).is_ok());
    for shift in [f32::NAN, f32::INFINITY] {
        let error = check(1e-2, 1.0, shift).unwrap_err();
        assert!(
            matches!(
                error,
                Error::NotFinite {
                    what: "the loss",
                    ..
                }
            ),
            "{error}"
        );
    }
    // Finite here, and not a step away.
    let error = check(3.0, 1e38, 0.0).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NotFinite {
                what: "the loss",
                ..
            }
        ),
        "{error}"
    );
    // Steps that change nothing, or go the other way.
    for step in [0.0, -1e-2, 1e-12, f32::NAN, f32::INFINITY] {
        let error = check(step, 1.0, 0.0).unwrap_err();
        let is_typed = matches!(error, Error::Parameter { .. } | Error::NotFinite { .. });
        assert!(is_typed, "{step}: {error}");
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
    let table = tape.input(&Array2::zeros((1, 8)));
    let y = tape.scale_shift_silu(x, table).unwrap();
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

#[test]
fn an_index_costs_no_more_than_its_batch() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    // Of a table with four billion rows: fine, until there is one to gather from.
    let rows = tape.rows(&[7, 0], u32::MAX as usize).unwrap();
    let table = tape.variable(&Array2::zeros((8, 1)));
    let fault = tape.gather(table, rows).unwrap_err();
    assert!(
        matches!(fault, Error::Shapes { op: "gather", .. }),
        "{fault}"
    );
    for table_rows in [usize::MAX, 1 << 32] {
        let fault = tape.rows(&[0], table_rows).unwrap_err();
        assert!(matches!(fault, Error::Size { .. }), "{fault}");
    }
    let sum = tape.sum(table).unwrap();
    let given = tape.input(&array![[1.0_f32]]);
    let mut gradients = Gradients::new(&parameters);
    tape.backward(sum, &mut gradients).unwrap();
    assert_eq!(tape.gradient(sum), None);
    tape.backward(given, &mut gradients).unwrap();
    assert_eq!(tape.gradient(given), None, "an input has no gradient");
}
