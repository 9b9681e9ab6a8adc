//! Every operation's derivative against central differences, and what the tape refuses.

mod derivatives;
mod outside;
mod pictures;
mod refusals;
mod sentences;
mod squares;
mod values;
mod walk;

use diffusion_intuition::Rng;
use diffusion_intuition::network::{ParameterId, Parameters};

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
