//! Attention and cross-entropy against PyTorch 2.15: values and gradients.
//! The golden values are made by tests/golden/pytorch_operations.py.

use diffusion_intuition::autograd::{Gradients, Tape};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::train::safetensors::TensorFile;
use ndarray::Array2;

fn golden() -> TensorFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    TensorFile::open(format!("{folder}/pytorch_operations.safetensors")).unwrap()
}

/// A tensor as a matrix of `cols` columns.
fn matrix(file: &mut TensorFile, name: &str, cols: usize) -> Array2<f32> {
    let values = file.read(name).unwrap();
    Array2::from_shape_vec((values.len() / cols, cols), values).unwrap()
}

/// Every element within `bound` of PyTorch's, in units of the largest: sums of at most ten products differ by
/// their rounding alone, some 6e-8 each.
fn assert_near(what: &str, ours: &Array2<f32>, theirs: &Array2<f32>) {
    assert_eq!(ours.dim(), theirs.dim(), "{what}");
    let largest = |x: &Array2<f32>| x.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    let difference = largest(&(ours - theirs)) / largest(theirs);
    assert!(difference < 1e-6, "{what}: {difference:e}");
}

#[test]
fn attention_of_rows_to_themselves_and_to_others() {
    let (mut file, parameters) = (golden(), Parameters::new());
    for name in ["self", "cross"] {
        let mut tape = Tape::new(&parameters);
        let operands = ["q", "k", "v"].map(|part| {
            let values = matrix(&mut file, &format!("{name}.{part}"), 8);
            tape.variable(&values)
        });
        let [q, k, v] = operands;
        let y = tape.attention(q, k, v, 3, 2).unwrap();
        let expected = matrix(&mut file, &format!("{name}.y"), 8);
        assert_near(name, &tape.value(y).to_owned(), &expected);
        let weights = tape.input(&matrix(&mut file, &format!("{name}.weights"), 8));
        let weighted = tape.mul(y, weights).unwrap();
        let loss = tape.sum(weighted).unwrap();
        tape.backward(loss, &mut Gradients::new(&parameters))
            .unwrap();
        for (var, part) in operands.into_iter().zip(["dq", "dk", "dv"]) {
            let expected = matrix(&mut file, &format!("{name}.{part}"), 8);
            assert_near(part, &tape.gradient(var).unwrap(), &expected);
        }
    }
}

#[test]
fn cross_entropy_of_logits_up_to_sixty() {
    let (mut file, parameters) = (golden(), Parameters::new());
    let mut tape = Tape::new(&parameters);
    let logits = tape.variable(&matrix(&mut file, "logits", 10));
    let labels = file.read("labels").unwrap();
    let labels: Vec<usize> = labels.iter().map(|label| *label as usize).collect();
    let loss = tape.cross_entropy(logits, &labels).unwrap();
    let expected = matrix(&mut file, "loss", 1);
    assert_near("loss", &tape.value(loss).to_owned(), &expected);
    tape.backward(loss, &mut Gradients::new(&parameters))
        .unwrap();
    let expected = matrix(&mut file, "dlogits", 10);
    assert_near("dlogits", &tape.gradient(logits).unwrap(), &expected);
}
