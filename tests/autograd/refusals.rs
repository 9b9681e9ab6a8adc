//! What the tape refuses, with typed errors.

use diffusion_intuition::autograd::{Gradients, Rows, Tape, check_gradients};
use diffusion_intuition::network::{Linear, Parameters};
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

use crate::operands;

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
    let rows = Rows::new(&[0, 1], 3).unwrap();
    assert!(tape.gather(a, &rows).is_err()); // 4 rows, made for 3
    let error = tape.film_residual(a, a, b, &rows).unwrap_err();
    assert_eq!(
        error.to_string(),
        "film_residual: shapes 4x3 and 4x2 do not fit"
    );
    let table = tape.input(&Array2::zeros((3, 6)));
    let fault = tape.film_residual(a, c, table, &rows).unwrap_err();
    assert_eq!(fault, shapes("film_residual", [4, 3], [5, 3]));
    assert!(tape.film_residual(a, a, table, &rows).is_err()); // 4 rows, made for 2
    assert_eq!(
        Rows::new(&[0, 3], 3).unwrap_err(),
        Error::Row {
            row: 3,
            table_rows: 3
        }
    );
    let mut gradients = Gradients::new(&parameters);
    assert!(tape.backward(a, &mut gradients).is_err()); // not a scalar
    assert_eq!(tape.concat(&[]), Err(Error::Empty { what: "concat" }));
    let mut other = Tape::new(&parameters);
    let what = "value of one tape";
    assert_eq!(other.silu(a), Err(Error::Foreign { what }));
    let none = tape.input(&Array2::zeros((0, 3)));
    assert_eq!(tape.mean(none), Err(Error::Empty { what: "mean" }));
}

#[test]
fn attention_and_labels_that_do_not_fit() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let [x, y, narrow] = [[6, 4], [9, 4], [6, 3]].map(|shape| tape.input(&Array2::zeros(shape)));
    let shapes = |op, left, right| Error::Shapes { op, left, right };
    let refused = |left, right| Err(shapes("attention", left, right));
    assert_eq!(tape.attention(x, narrow, x, 2, 1), refused([6, 4], [6, 3]));
    assert_eq!(tape.attention(x, y, x, 3, 1), refused([9, 4], [6, 4]));
    assert_eq!(tape.attention(x, y, y, 2, 1), refused([6, 4], [2, 1]));
    assert!(tape.attention(x, y, y, 3, 4).is_ok());
    for heads in [0, 3, usize::MAX] {
        let fault = tape.attention(x, x, x, 2, heads);
        assert!(matches!(fault, Err(Error::Parameter { .. })), "{fault:?}");
    }
    let fault = tape.attention(x, x, x, 0, 1).unwrap_err();
    assert_eq!(fault, Error::Empty { what: "attention" });
    let fault = tape.reshape(x, 5, 5).unwrap_err();
    assert_eq!(fault, shapes("reshape", [6, 4], [5, 5]));
    assert!(tape.reshape(x, usize::MAX, 2).is_err());
    let fault = tape.cross_entropy(x, &[0; 5]).unwrap_err();
    assert_eq!(fault, shapes("cross_entropy", [6, 4], [5, 1]));
    let fault = tape.cross_entropy(x, &[0, 1, 2, 3, 4, 0]).unwrap_err();
    let (label, classes) = (4, 4);
    assert_eq!(fault, Error::Label { label, classes });
    let none = tape.input(&Array2::zeros((0, 4)));
    assert!(matches!(
        tape.cross_entropy(none, &[]),
        Err(Error::Empty { .. })
    ));
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
fn an_index_costs_no_more_than_its_batch() {
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    // Of a table with four billion rows: fine, until there is one to gather from.
    let rows = Rows::new(&[7, 0], u32::MAX as usize).unwrap();
    let table = tape.variable(&Array2::zeros((8, 1)));
    let fault = tape.gather(table, &rows).unwrap_err();
    assert!(
        matches!(fault, Error::Shapes { op: "gather", .. }),
        "{fault}"
    );
    for table_rows in [usize::MAX, 1 << 32] {
        let fault = Rows::new(&[0], table_rows).unwrap_err();
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
