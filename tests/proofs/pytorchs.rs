//! Gradients and trained parameters of a network, beside those that a golden file has from PyTorch.

use diffusion_intuition::autograd::Gradients;
use diffusion_intuition::network::Parameters;
use diffusion_intuition::train::safetensors::TensorFile;

/// The file of this name in tests/golden.
pub fn golden(name: &str) -> TensorFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    TensorFile::open(format!("{folder}/{name}.safetensors")).unwrap()
}

pub fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |max, x| max.max(x.abs()))
}

/// Largest difference of any element.
pub fn difference<'a>(ours: impl IntoIterator<Item = &'a f32>, theirs: &[f32]) -> f32 {
    let ours: Vec<f32> = ours.into_iter().copied().collect();
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The tensor by whose largest gradient a difference is measured: its own; but a bias of the keys adds the same number to
/// all products of a query, which softmax does not see, so that its gradient is 0 and nothing but rounding is left.
fn measured_by(name: &str) -> String {
    name.replace("key.bias", "key.weight")
}

/// Every number of every gradient, to 1e-5 of its tensor's scale.
pub fn assert_gradients(file: &mut TensorFile, case: &str, of: &Parameters, found: &Gradients) {
    assert_gradients_within(1e-5, file, case, of, found);
}

/// Every number of every gradient, to `bound` of its tensor's scale.
pub fn assert_gradients_within(
    bound: f32,
    file: &mut TensorFile,
    case: &str,
    of: &Parameters,
    found: &Gradients,
) {
    for id in of.ids() {
        let name = of.name(id);
        let theirs = file.read(&format!("{case}.grad.{name}")).unwrap();
        let of_scale = file.read(&format!("{case}.grad.{}", measured_by(name)));
        let difference = difference(found.get(id), &theirs) / largest(&of_scale.unwrap());
        assert!(difference < bound, "{case} {name}: {difference:e}");
    }
}

/// Some numbers of every gradient, at places that the file names, to 1e-5 of the tensor's scale; and that scale.
pub fn assert_some_gradients(file: &mut TensorFile, of: &Parameters, found: &Gradients) {
    for id in of.ids() {
        let name = of.name(id);
        let gradient: Vec<f32> = found.get(id).iter().copied().collect();
        let mut read = |what| file.read(&format!("reference.{what}.{name}")).unwrap();
        let (places, theirs) = (read("places"), read("grad"));
        let scale = file.read(&format!("reference.scale.{}", measured_by(name)));
        let (scale, largest) = (scale.unwrap()[0], largest(&gradient));
        for (place, theirs) in places.iter().zip(theirs) {
            let difference = (gradient[*place as usize] - theirs).abs() / scale;
            assert!(difference < 1e-5, "{name}[{place}]: {difference:e}");
        }
        let fine = (largest / scale - 1.0).abs() < 1e-5 || measured_by(name) != name;
        assert!(fine, "{name}: {largest} {scale}");
    }
}

/// Every parameter after ten steps of Adam, to 1e-4 of its tensor's scale.
pub fn assert_trained(file: &mut TensorFile, case: &str, found: &Parameters) {
    for id in found.ids() {
        let name = found.name(id);
        let theirs = file.read(&format!("{case}.adam.{name}")).unwrap();
        let difference = difference(found.get(id), &theirs) / largest(&theirs);
        assert!(difference < 1e-4, "{case} {name}: {difference:e}");
    }
}
