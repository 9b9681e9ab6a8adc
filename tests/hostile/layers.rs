//! The operations that networks for pictures are made of, and those networks.

use diffusion_intuition::autograd::{
    Conv2d, Gradients, GroupNorm, Norm, Parameters, Resize, Rows, Tape, Var,
};
use diffusion_intuition::{Result as Answer, Rng};
use ndarray::Array2;

use crate::draw::{Draw, no_nan_f32};
use crate::harness::{self, Entry};
use crate::unets;

#[test]
fn hostile_input() {
    harness::run("layers::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("convolutions", convolutions),
    ("norms", norms),
    ("attention", attention),
    ("losses and shapes", losses),
    ("parameters", parameters),
    ("U-Nets", unets::unets),
];

/// Finite operands below this have finite results, or infinite ones; a NaN is a fault.
const TAME: f32 = 1e15;

fn is_tame(x: &Array2<f32>) -> bool {
    x.iter().all(|x| x.abs() < TAME)
}

/// A size that something small may have, now and then any.
pub fn side(draw: &Draw) -> usize {
    match draw.rarely(8) {
        true => draw.one(&[30_000, draw.size(), usize::MAX]),
        false => draw.one(&[0, 1, 1, 2, 3, 4, 5, 7]),
    }
}

fn channels(draw: &Draw) -> usize {
    draw.one(&[1, 2, 3, 8, 16, 17])
}

/// Number of rows of `n` things of so many: that many if they are few.
fn rows_of(draw: &Draw, n: usize, each: usize) -> usize {
    match n.checked_mul(each) {
        Some(rows) if rows < 1000 && !draw.rarely(20) => rows,
        _ => draw.small(),
    }
}

/// What an operation answered, and the walk back to `x` and to all parameters.
pub fn checked(
    tape: &mut Tape,
    of: &Parameters,
    answer: Answer<Var>,
    is_tame: bool,
    xs: &[Var],
) -> Result<(), String> {
    let Ok(y) = answer else {
        return Ok(());
    };
    if is_tame {
        no_nan_f32("a value", tape.value(y))?;
    }
    let loss = tape.sum(y).map_err(|error| error.to_string())?;
    let mut gradients = Gradients::new(of);
    tape.backward(loss, &mut gradients)
        .map_err(|error| error.to_string())?;
    for x in xs {
        let dim = tape.dim(*x).map_err(|error| error.to_string())?;
        match tape.gradient(*x) {
            Some(dx) if dx.dim() == dim => (),
            other => return Err(format!("a gradient of {:?}", other.map(|d| d.dim()))),
        }
    }
    Ok(())
}

fn convolutions(draw: &Draw) -> Result<(), String> {
    let mut own = Parameters::new();
    let (inputs, outputs) = (channels(draw), channels(draw));
    let first = own.conv2d("a", inputs, outputs, &mut Rng::new(0)).unwrap();
    let second = own.conv2d("b", outputs, inputs, &mut Rng::new(1)).unwrap();
    let mut others = Parameters::new();
    let stranger = others.conv2d("c", inputs, outputs, &mut Rng::new(2));
    let resize = draw.one(&[Resize::Keep, Resize::Halve, Resize::Double]);
    let layer = match draw.one(&[0, 0, 0, 0, 0, 0, 1, 2, 3]) {
        1 => stranger.unwrap(),
        2 => Conv2d {
            bias: second.bias,
            ..first
        },
        3 => second,
        _ => first,
    };
    let layer = layer.resizing(resize);
    let (n, size) = (draw.one(&[0, 1, 2, 3]), [side(draw), side(draw)]);
    let rows = rows_of(draw, n, size[0].saturating_mul(size[1]));
    let x_values = draw.rows(
        rows,
        if draw.rarely(20) {
            draw.small()
        } else {
            inputs
        },
    );
    let mut tape = Tape::new(&own);
    let x = tape.variable(&x_values);
    let answer = tape.conv2d(x, layer, size);
    let to = layer.size(size);
    if let (Ok(y), true) = (&answer, rows > 0) {
        let (found, cols) = tape.dim(*y).unwrap();
        let expected = rows / (size[0] * size[1]) * to[0] * to[1];
        if (found, cols) != (expected, own.shape(layer.weight)[1]) {
            return Err(format!("{found} rows of {cols} from {rows} of {size:?}"));
        }
    }
    checked(&mut tape, &own, answer, is_tame(&x_values), &[x])
}

fn norms(draw: &Draw) -> Result<(), String> {
    let mut own = Parameters::new();
    let cols = draw.one(&[1, 2, 4, 16, 24]);
    let first = own.norm("a", cols).unwrap();
    let second = own.norm("b", channels(draw)).unwrap();
    let norm = match draw.one(&[0, 0, 0, 0, 0, 1, 2, 3]) {
        1 => second,
        2 => Norm {
            bias: second.bias,
            ..first
        },
        3 => Norm {
            bias: first.weight,
            ..first
        },
        _ => first,
    };
    let (n, pixels) = (draw.one(&[0, 0, 1, 2, 3]), side(draw));
    let rows = rows_of(draw, n, pixels);
    let x_values = draw.rows(rows, if draw.rarely(20) { draw.small() } else { cols });
    let mut tape = Tape::new(&own);
    let x = tape.variable(&x_values);
    if draw.rarely(4) {
        let answer = tape.layer_norm(x, norm);
        return checked(&mut tape, &own, answer, is_tame(&x_values), &[x]);
    }
    let kinds = draw.one(&[0, 1, 2, 3]);
    let of: Vec<usize> = (0..if draw.rarely(9) { draw.small() } else { n })
        .map(|_| draw.one(&[0, 1, 2]))
        .filter(|i| *i < kinds)
        .collect();
    let table_rows = Rows::new(&of, kinds).unwrap();
    let wide = if draw.rarely(9) {
        draw.small()
    } else {
        2 * cols
    };
    let table_values = draw.rows(if draw.rarely(9) { 1 } else { kinds }, wide);
    let table = tape.variable(&table_values);
    let with_table = draw.rarely(2);
    let with = GroupNorm {
        norm,
        groups: draw.one(&[0, 1, 1, 2, 2, 3, 4, 8, cols, cols + 1, usize::MAX]),
        pixels,
        table: with_table.then_some((table, &table_rows)),
        silu: draw.rarely(2),
    };
    let answer = tape.group_norm(x, with);
    let tame = is_tame(&x_values) && (!with_table || is_tame(&table_values));
    let all = [x, table];
    let asked = if with_table { &all[..] } else { &all[..1] };
    checked(&mut tape, &own, answer, tame, asked)
}

fn attention(draw: &Draw) -> Result<(), String> {
    let none = Parameters::new();
    let mut tape = Tape::new(&none);
    let n = draw.one(&[0, 1, 1, 2, 3, 7, usize::MAX]);
    let cols = draw.one(&[0, 1, 2, 6, 12, 40]);
    let [q_values, k_values, v_values] = [0, 1, 2].map(|_| {
        let rows = rows_of(draw, n, draw.one(&[0, 1, 2, 2, 2, 17]));
        draw.rows(rows, if draw.rarely(20) { draw.small() } else { cols })
    });
    let q = tape.variable(&q_values);
    let (k, v, tame) = match draw.one(&[0, 1, 2]) {
        0 => (q, q, true),
        1 => {
            let k = tape.variable(&k_values);
            (k, k, is_tame(&k_values))
        }
        _ => {
            let [k, v] = [&k_values, &v_values].map(|x| tape.variable(x));
            (k, v, is_tame(&k_values) && is_tame(&v_values))
        }
    };
    let heads = draw.one(&[0, 1, 1, 2, 3, 5, cols, usize::MAX]);
    let answer = tape.attention(q, k, v, n, heads);
    let tame = tame && is_tame(&q_values);
    checked(&mut tape, &none, answer, tame, &[q, k, v])
}

fn losses(draw: &Draw) -> Result<(), String> {
    let none = Parameters::new();
    let mut tape = Tape::new(&none);
    let (n, k) = (draw.small(), draw.small());
    // Without a number, of a shape that has no end.
    let values = match draw.rarely(9) {
        true => Array2::zeros(draw.one(&[(isize::MAX as usize, 0), (0, 1 << 60)])),
        false => draw.rows(n, k),
    };
    let x = tape.variable(&values);
    let any = (draw.size(), draw.size());
    let shapes = [(k, n), (1, n * k), (n * k, 1), (any.0, 0), (0, any.1), any];
    let (rows, cols) = draw.one(&shapes);
    let reshaped = tape.reshape(x, rows, cols);
    if let Ok(y) = reshaped
        && tape.value(y).dim() != (rows, cols)
    {
        return Err(format!("{rows} by {cols} was asked for"));
    }
    let y = reshaped.clone().unwrap_or(x);
    checked(&mut tape, &none, reshaped, is_tame(&values), &[x])?;
    let (n, k) = tape.dim(y).unwrap();
    let count = if draw.rarely(9) {
        draw.small()
    } else {
        n.min(1600)
    };
    let valid = !draw.rarely(4);
    let label = |_| match valid {
        true => draw.small().min(k.saturating_sub(1)),
        false => draw.size(),
    };
    let labels: Vec<usize> = (0..count).map(label).collect();
    let answer = tape.cross_entropy(y, &labels);
    let wrong = count != n || labels.iter().any(|label| *label >= k);
    if answer.is_ok() && wrong {
        return Err(format!("{labels:?} of {k}"));
    }
    checked(&mut tape, &none, answer, is_tame(&values), &[x])
}

fn parameters(draw: &Draw) -> Result<(), String> {
    let mut parameters = Parameters::new();
    let mut rng = Rng::new(0);
    for _ in 0..6 {
        let name = draw.one(&["", "a", "b", "a.weight", "a.bias"]);
        let (count, len) = (parameters.count(), parameters.len());
        let (a, b) = (draw.size(), draw.size());
        let refused = match draw.one(&[0, 1, 2, 3]) {
            0 => parameters.embedding(name, a, b, &mut rng).err(),
            1 => parameters.conv2d(name, a, b, &mut rng).err(),
            2 => parameters.norm(name, a).err(),
            _ => parameters.linear(name, a, b, &mut rng).err(),
        };
        if refused.is_some() && (parameters.count(), parameters.len()) != (count, len) {
            return Err(format!("{refused:?} and half of it was added"));
        }
    }
    no_nan_f32("parameters", parameters.values())
}
