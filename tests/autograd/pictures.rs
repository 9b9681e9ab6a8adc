//! Convolutions and norms: against PyTorch, the textbook's loops and central differences.

use diffusion_intuition::autograd::{
    Conv2d, Gradients, GroupNorm, Norm, Resize, Rows, Tape, Var, check_gradients,
};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::{Error, Result, Rng};
use ndarray::Array2;

const RESIZES: [(&str, Resize); 3] = [
    ("keep", Resize::Keep),
    ("halve", Resize::Halve),
    ("double", Resize::Double),
];

/// Values and every gradient of a case of tests/golden/pytorch_pictures.py are PyTorch's.
fn golden(case: &str, op: impl Fn(&mut Tape, &[Var], &Parameters) -> Result<Var>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut file = TensorFile::open(format!("{folder}/pytorch_pictures.safetensors")).unwrap();
    let mut read = |key: &str| {
        let key = format!("{case}.{key}");
        let shape = file.shape(&key)?.to_vec();
        let values = file.read(&key).ok()?;
        Array2::from_shape_vec((shape[0], shape[1]), values).ok()
    };
    let mut parameters = Parameters::new();
    let mut operands = Vec::new();
    for key in ["x", "weight", "bias", "table"] {
        let Some(values) = read(key) else { continue };
        let id = parameters
            .zeros(&format!("p.{key}"), values.dim().into())
            .unwrap();
        parameters.get_mut(id).assign(&values);
        operands.push((key, id));
    }
    let mut tape = Tape::new(&parameters);
    let vars: Vec<_> = operands.iter().map(|(_, id)| tape.parameter(*id)).collect();
    let y = op(&mut tape, &vars, &parameters).unwrap();
    let dy = tape.input(&read("dy").unwrap());
    let loss = tape.mul(y, dy).and_then(|y| tape.sum(y)).unwrap();
    let mut gradients = Gradients::new(&parameters);
    tape.backward(loss, &mut gradients).unwrap();
    // Sums of up to 210 products of numbers near 1, in another order: 210 roundings of 6e-8 at the worst, of a
    // tensor's largest number, which is near 10.
    let near = |what: &str, found: ndarray::ArrayView2<f32>, wanted: Array2<f32>| {
        assert_eq!(found.dim(), wanted.dim(), "{case}: {what}");
        let scale = wanted.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() < 3e-6 * scale,
                "{case}: {what}: {found} {wanted}"
            );
        }
    };
    near("y", tape.value(y), read("y").unwrap());
    for (key, id) in operands {
        near(key, gradients.get(id), read(&format!("d{key}")).unwrap());
    }
}

/// The layer made of the parameters `p.weight` and `p.bias`.
fn conv(parameters: &Parameters, resize: Resize) -> Conv2d {
    let [weight, bias] = ["p.weight", "p.bias"].map(|name| parameters.id(name).unwrap());
    Conv2d {
        weight,
        bias,
        resize,
    }
}

fn norm(parameters: &Parameters) -> Norm {
    let [weight, bias] = ["p.weight", "p.bias"].map(|name| parameters.id(name).unwrap());
    Norm { weight, bias }
}

#[test]
fn pytorchs_convolutions_and_norms() {
    for (case, resize) in RESIZES {
        golden(case, |tape, p, all| {
            tape.conv2d(p[0], conv(all, resize), [5, 7])
        });
    }
    let rows = Rows::new(&[1, 0, 1], 2).unwrap();
    for case in ["group", "adaptive"] {
        golden(case, |tape, p, all| {
            let table = p.get(3).map(|table| (*table, &rows));
            let norm = norm(all);
            let with = GroupNorm {
                norm,
                groups: 2,
                pixels: 35,
                table,
                silu: true,
            };
            tape.group_norm(p[0], with)
        });
    }
    golden("layer", |tape, p, all| tape.layer_norm(p[0], norm(all)));
}

/// As in derivatives.rs: the bound is a few times the roundings of differences in f32.
fn differences(parameters: &Parameters, op: impl Fn(&mut Tape) -> Result<Var>) {
    let loss = |tape: &mut Tape| {
        let y = op(tape)?;
        let weight = |(i, j): (usize, usize)| ((3 * i + 7 * j) % 11) as f32 / 5.0 - 0.9;
        let weights = tape.input(&Array2::from_shape_fn(tape.dim(y)?, weight));
        let y = tape.mul(y, weights)?;
        tape.sum(y)
    };
    for result in check_gradients(parameters, 1e-2, &loss).unwrap() {
        assert!(result.scale > 0.05, "{result:?}: nothing to compare");
        assert!(
            result.difference < 1e-3 * result.scale.max(1.0),
            "{result:?}"
        );
    }
}

#[test]
fn derivatives_of_convolutions() {
    let mut parameters = Parameters::new();
    let mut rng = Rng::new(0);
    let x = parameters.uniform("x", [24, 2], 1.0, &mut rng).unwrap();
    let first = parameters.conv2d("first", 2, 3, &mut rng).unwrap();
    let same = parameters.conv2d("same", 3, 3, &mut rng).unwrap();
    parameters.get_mut(same.weight).mapv_inplace(|w| 3.0 * w);
    for (_, resize) in RESIZES {
        differences(&parameters, |tape| {
            let x = tape.parameter(x);
            let h = tape.conv2d(x, first.resizing(resize), [4, 3])?;
            let size = first.resizing(resize).size([4, 3]);
            // Twice the same layer, and h read twice: every gradient is a sum.
            let y = tape.conv2d(h, same, size)?;
            let y = tape.add(y, h)?;
            let y = tape.conv2d(y, same.resizing(resize), size)?;
            // Pictures of one row or column.
            let thin = tape.conv2d(y, same.resizing(resize), [1, tape.dim(y)?.0])?;
            tape.conv2d(thin, same, [tape.dim(thin)?.0, 1])
        });
    }
}

#[test]
fn derivatives_of_norms() {
    let mut parameters = Parameters::new();
    let mut rng = Rng::new(1);
    let x = parameters.uniform("x", [12, 6], 1.5, &mut rng).unwrap();
    let norm = parameters.norm("norm", 6).unwrap();
    for id in [norm.weight, norm.bias] {
        parameters
            .get_mut(id)
            .mapv_inplace(|v| v + 0.3 * rng.standard_normal(1, 1).unwrap()[[0, 0]]);
    }
    let table = parameters.uniform("table", [3, 12], 0.5, &mut rng).unwrap();
    let rows = Rows::new(&[2, 0, 2], 3).unwrap();
    for groups in [1, 3] {
        for silu in [false, true] {
            differences(&parameters, |tape| {
                let (x, table) = (tape.parameter(x), tape.parameter(table));
                let with = GroupNorm {
                    norm,
                    groups,
                    pixels: 4,
                    table: Some((table, &rows)),
                    silu,
                };
                let y = tape.group_norm(x, with)?;
                let y = tape.add(y, x)?;
                let y = tape.group_norm(
                    y,
                    GroupNorm {
                        table: None,
                        ..with
                    },
                )?;
                tape.layer_norm(y, norm)
            });
        }
    }
}

/// Large enough for several canvases, panels and pieces of threads; channels that fill no vector.
#[test]
fn convolutions_are_the_textbooks_loops_at_any_number_of_threads() {
    let n = 40;
    for (inputs, outputs, resize, [h, w]) in [
        (1, 40, Resize::Keep, [9, 8]),
        (40, 1, Resize::Keep, [9, 8]),
        (33, 18, Resize::Halve, [9, 8]),
        (16, 33, Resize::Double, [9, 8]),
        (32, 48, Resize::Keep, [8, 8]),
        (48, 32, Resize::Double, [8, 4]),
    ] {
        let mut rng = Rng::new(2);
        let mut parameters = Parameters::new();
        let layer = parameters
            .conv2d("layer", inputs, outputs, &mut rng)
            .unwrap();
        let layer = layer.resizing(resize);
        let x = rng.standard_normal(n * h * w, inputs).unwrap();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| {
                let mut tape = Tape::new(&parameters);
                let x = tape.variable(&x);
                let y = tape.conv2d(x, layer, [h, w]).unwrap();
                let loss = tape.mul(y, y).and_then(|y| tape.mean(y)).unwrap();
                let mut gradients = Gradients::new(&parameters);
                tape.backward(loss, &mut gradients).unwrap();
                let values = [layer.weight, layer.bias].map(|id| gradients.get(id).to_owned());
                (tape.value(y).to_owned(), tape.gradient(x), values)
            })
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
        let [to_h, to_w] = layer.size([h, w]);
        let (weight, bias) = (parameters.get(layer.weight), parameters.get(layer.bias));
        let (times, over) = match resize {
            Resize::Keep => (1, 1),
            Resize::Halve => (2, 1),
            Resize::Double => (1, 2),
        };
        for (r, row) in one.0.rows().into_iter().enumerate().step_by(7) {
            let (picture, y, x_at) = (r / (to_h * to_w), r / to_w % to_h, r % to_w);
            for (o, found) in row.iter().enumerate() {
                let mut sum = f64::from(bias[[0, o]]);
                for tap in 0..9 {
                    let (v, u) = (times * y + tap / 3, times * x_at + tap % 3);
                    if v < 1 || u < 1 || v > over * h || u > over * w {
                        continue;
                    }
                    let pixel = (picture * h + (v - 1) / over) * w + (u - 1) / over;
                    for c in 0..inputs {
                        let w = weight[[tap * inputs + c, o]];
                        sum += f64::from(x[[pixel, c]]) * f64::from(w);
                    }
                }
                // At most 360 products below 1, rounded to 6e-8 of partial sums below 5. Where 4×4 pixels are computed
                // together, numbers on the way are larger (src/autograd/squares.rs holds them to their bound).
                let squares = inputs % 16 == 0 && outputs % 16 == 0;
                let bound = if squares { 5e-5 } else { 1e-5 };
                assert!(
                    (f64::from(*found) - sum).abs() < bound,
                    "{resize:?} {found} {sum}"
                );
            }
        }
    }
}

#[test]
fn pictures_that_do_not_fit_are_refused() {
    let mut parameters = Parameters::new();
    let layer = parameters.conv2d("layer", 3, 2, &mut Rng::new(0)).unwrap();
    let norm = parameters.norm("norm", 3).unwrap();
    let mut tape = Tape::new(&parameters);
    let x = tape.input(&Array2::zeros((12, 3)));
    let narrow = tape.input(&Array2::zeros((12, 2)));
    let shapes = |op, left, right| Error::Shapes { op, left, right };
    let conv = |left, right| Err(shapes("conv2d", left, right));
    assert_eq!(tape.conv2d(narrow, layer, [2, 3]), conv([12, 2], [27, 2]));
    assert_eq!(tape.conv2d(x, layer, [5, 1]), conv([12, 3], [5, 1]));
    assert_eq!(tape.conv2d(x, layer, [0, 3]), conv([12, 3], [0, 3]));
    assert_eq!(
        tape.conv2d(x, layer, [usize::MAX, 2]),
        conv([12, 3], [usize::MAX, 2])
    );
    let swapped = Conv2d {
        bias: layer.weight,
        weight: layer.bias,
        ..layer
    };
    assert_eq!(tape.conv2d(x, swapped, [2, 3]), conv([1, 2], [27, 2]));
    let none = tape.input(&Array2::zeros((0, 3)));
    let y = tape.conv2d(none, layer, [2, 3]).unwrap();
    assert_eq!(tape.dim(y), Ok((0, 2)));
    let loss = tape.sum(y).unwrap();
    let mut gradients = Gradients::new(&parameters);
    gradients.get_mut(layer.weight).fill(1.0);
    tape.backward(loss, &mut gradients).unwrap();
    assert!(gradients.get(layer.weight).iter().all(|d| *d == 0.0)); // of no pictures
    let rows = Rows::new(&[0, 0], 1).unwrap();
    let table = tape.input(&Array2::zeros((1, 6)));
    let with = GroupNorm {
        norm,
        groups: 3,
        pixels: 6,
        table: Some((table, &rows)),
        silu: true,
    };
    assert!(tape.group_norm(x, with).is_ok());
    let fault = |left, right| Err(shapes("group_norm", left, right));
    for (x, with, refused) in [
        (narrow, with, fault([12, 2], [1, 3])),
        (x, GroupNorm { groups: 2, ..with }, fault([12, 3], [2, 3])),
        (x, GroupNorm { groups: 0, ..with }, fault([12, 3], [0, 3])),
        (x, GroupNorm { pixels: 5, ..with }, fault([12, 3], [5, 3])),
        (x, GroupNorm { pixels: 4, ..with }, fault([12, 3], [2, 1])),
        (
            x,
            GroupNorm {
                table: Some((narrow, &rows)),
                ..with
            },
            fault([12, 3], [12, 2]),
        ),
    ] {
        assert_eq!(tape.group_norm(x, with), refused);
    }
    assert_eq!(tape.layer_norm(narrow, norm), fault([12, 2], [1, 3]));
}
