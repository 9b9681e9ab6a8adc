//! The tape: any operation on anything, and the walk back.

use diffusion_intuition::autograd::{Gradients, Rows, Tape, Var, check_gradients};
use diffusion_intuition::network::{Linear, Parameters, TimeEmbedding};
use diffusion_intuition::{Error, Result as Answer, Rng};
use rand::RngExt;

use crate::draw::{Draw, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("tape::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("program", program),
    ("program again", program),
    ("rows", rows),
    ("check_gradients", differences),
    ("parameters", parameters),
];

/// Finite operands below this have finite results, or infinite ones; a NaN is a fault.
const TAME: f32 = 1e15;

/// Layers of one network, or of another.
fn layers(draw: &Draw) -> (Parameters, Vec<Linear>) {
    let mut parameters = Parameters::new();
    let mut layers = Vec::new();
    for i in 0..draw.one(&[1, 2, 3]) {
        let (inputs, outputs) = (draw.one(&[1, 2, 3, 40]), draw.one(&[1, 2, 3, 40]));
        let name = format!("{}{i}", draw.one(&["a", "a", "b"]));
        let layer = parameters.linear(&name, inputs, outputs, &mut Rng::new(i));
        layers.push(layer.expect("a new name"));
    }
    (parameters, layers)
}

/// What an operation may be given.
struct Stock<'a> {
    vars: Vec<Var>,
    rows: Vec<Rows>,
    layers: Vec<Linear>,
    stranger: Var,
    draw: &'a Draw,
}

impl Stock<'_> {
    /// A value of this tape; rarely of another.
    fn var(&mut self) -> Var {
        let vars = self.vars.clone();
        let any = self.draw.one(&vars);
        if self.draw.rarely(40) {
            self.stranger
        } else {
            any
        }
    }

    /// Number of an operation, its result and its operands.
    fn apply(&mut self, tape: &mut Tape) -> Answer<(u32, Var, Vec<Var>)> {
        let (a, b, c) = (self.var(), self.var(), self.var());
        let layer = self.draw.one(&self.layers.clone());
        let other = self.draw.one(&self.layers.clone());
        let mixed = Linear {
            weight: layer.weight,
            bias: other.bias,
        };
        let number = self.draw.f32();
        let rows = self.draw.one(&self.rows.clone());
        let operands = [a, b, c];
        let op = self.draw.rng().random_range(0..17);
        let (result, used) = match op {
            0 => (tape.silu(a), 1),
            1 => (tape.softplus(a), 1),
            2 => (tape.exp(a), 1),
            3 => (tape.leaky_relu(a, number), 1),
            4 => (tape.scale(a, number), 1),
            5 => (tape.add(a, b), 2),
            6 => (tape.sub(a, b), 2),
            7 => (tape.mul(a, b), 2),
            8 => (tape.mse(a, b), 2),
            9 => (tape.sum(a), 1),
            10 => (tape.mean(a), 1),
            11 => {
                let count = self.draw.one(&[0, 1, 2, 3]);
                (tape.concat(&operands[..count]), count)
            }
            12 => {
                let range = self.draw.size()..self.draw.size();
                (tape.columns(a, range), 1)
            }
            13 => {
                let count = self.draw.small();
                let frequencies: Vec<f32> = (0..count).map(|_| self.draw.f32()).collect();
                (tape.fourier(a, &frequencies), 1)
            }
            14 => (tape.gather(a, &rows), 1),
            15 => (tape.film_residual(a, b, c, &rows), 3),
            _ => {
                let layer = if self.draw.rarely(8) { mixed } else { layer };
                (tape.linear(a, layer), 1)
            }
        };
        result.map(|var| (op, var, operands[..used].to_vec()))
    }
}

fn program(draw: &Draw) -> Result<(), String> {
    let (own, mut some) = layers(draw);
    let (others, more) = layers(draw);
    if draw.rarely(8) {
        some.extend(more);
    }
    let mut elsewhere = Tape::new(&others);
    let stranger = elsewhere.input(&draw.rows(2, 2));
    let mut tape = Tape::new(&own);
    let (n, c) = (draw.small(), draw.small());
    let mut vars = Vec::new();
    for _ in 0..4 {
        let shape = match draw.rarely(3) {
            true => (draw.small(), draw.small()),
            false => (n, draw.one(&[c, 2 * c, 1])),
        };
        let values = draw.rows(shape.0, shape.1);
        vars.push(match draw.rarely(2) {
            true => tape.variable(&values),
            false => tape.input(&values),
        });
    }
    vars.push(tape.parameter(own.ids().next().expect("a layer")));
    let ts: Vec<usize> = (0..n)
        .map(|_| draw.one(&[0, 1, 1, 7, usize::MAX]))
        .collect();
    let (distinct, rows) = Rows::distinct(&ts).expect("a small batch");
    let embedding = TimeEmbedding::new(draw.one(&[2, 3, 6])).expect("valid");
    vars.push(tape.embed(&embedding, &distinct));
    let rows = vec![rows];
    let layers = some;
    let mut stock = Stock {
        vars,
        rows,
        layers,
        stranger,
        draw,
    };
    for _ in 0..8 {
        let Ok((op, result, operands)) = stock.apply(&mut tape) else {
            continue;
        };
        let value = tape.value(result);
        if value.len() > 100_000 {
            break;
        }
        let tame = |var: &Var| tape.value(*var).iter().all(|x| x.abs() < TAME);
        if operands.iter().all(tame) {
            no_nan_f32("a value", value).map_err(|fault| format!("operation {op}: {fault}"))?;
        }
        stock.vars.push(result);
    }
    let last = *stock.vars.last().expect("some");
    let loss = match stock.draw.rarely(8) {
        true => stock.var(),
        false => tape.sum(last).expect("of this tape"),
    };
    let mut gradients = Gradients::new(if stock.draw.rarely(9) { &others } else { &own });
    let before = tape.backward(loss, &mut gradients).is_ok();
    let again = tape.backward(loss, &mut gradients).is_ok();
    if before != again {
        return Err("a second walk back answers otherwise".to_owned());
    }
    for var in &stock.vars {
        let _ = tape.gradient(*var);
    }
    let _ = tape.gradient(stranger);
    Ok(())
}

fn rows(draw: &Draw) -> Result<(), String> {
    let none = Parameters::new();
    let mut tape = Tape::new(&none);
    let table_rows = draw.size();
    let n = draw.small();
    let index: Vec<usize> = (0..n).map(|_| draw.size()).collect();
    let outside = index.iter().any(|i| *i >= table_rows);
    let Ok(rows) = Rows::new(&index, table_rows) else {
        return Ok(());
    };
    if outside {
        return Err(format!("{index:?} in a table of {table_rows} rows"));
    }
    let table = tape.variable(&draw.rows(table_rows.min(50), 2));
    let Ok(y) = tape.gather(table, &rows) else {
        return Ok(());
    };
    let loss = tape.sum(y).map_err(|error| error.to_string())?;
    let mut gradients = Gradients::new(&none);
    tape.backward(loss, &mut gradients)
        .map_err(|error| error.to_string())?;
    let total = tape.gradient(table).expect("a variable").sum();
    match total == 2.0 * n as f32 {
        true => Ok(()),
        false => Err(format!("a gradient of {total} from {n} rows")),
    }
}

fn differences(draw: &Draw) -> Result<(), String> {
    let (parameters, layers) = layers(draw);
    let (x, step) = (draw.rows(2, 2), draw.f32());
    let checks = check_gradients(&parameters, step, &|tape| {
        let x = tape.variable(&x);
        let y = tape.linear(x, layers[0])?;
        let y = tape.silu(y)?;
        tape.mean(y)
    });
    let Ok(checks) = checks else {
        return Ok(());
    };
    let numbers: Vec<f64> = checks
        .iter()
        .flat_map(|c| [c.difference, c.scale])
        .collect();
    match numbers.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(format!("step {step:e}: {numbers:?}")),
    }
}

fn parameters(draw: &Draw) -> Result<(), String> {
    let mut parameters = Parameters::new();
    let mut rng = Rng::new(0);
    for _ in 0..6 {
        let name = draw.one(&[
            "",
            "a",
            "b",
            "a.weight",
            "a.bias",
            "__metadata__",
            "é\n\"\\😀",
        ]);
        let count = parameters.count();
        let result = match draw.rarely(2) {
            true => {
                let shape = [draw.small(), draw.small()];
                let bound = draw.f32();
                parameters.uniform(name, shape, bound, &mut rng).err()
            }
            false => {
                let (inputs, outputs) = (draw.small(), draw.small());
                parameters.linear(name, inputs, outputs, &mut rng).err()
            }
        };
        if result.is_some() && parameters.count() != count {
            return Err(format!("{result:?} and half of it was added"));
        }
        if matches!(
            result,
            Some(Error::Foreign {
                what: "parameter of one network"
            })
        ) {
            return Err("its own parameter is foreign".to_owned());
        }
    }
    no_nan_f32("parameters", parameters.values())
}
