//! A plain multilayer perceptron: what the generator and the discriminator of a GAN are.

use ndarray::{Array2, ArrayRef2};

use super::predict::{cost_of_row, predict};
use crate::autograd::{Linear, Parameters, Tape, Var};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;

#[cfg(doc)]
use crate::Error;

/// Linear layers with a leaky ReLU between them: x → linear → leaky ReLU → … → linear.
///
/// It knows no timestep: a [`Network`](super::Network) does. Its layers are initialised as PyTorch's
/// `nn.Linear`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp {
    parameters: Parameters,
    layers: Vec<Linear>,
    outputs: usize,
    slope: f32,
    frequencies: Vec<f32>,
}

impl Mlp {
    /// Layers between the given widths, the inputs first and the outputs last; `slope` is that of the leaky
    /// ReLU below 0; `frequencies` are those of the [waves](Tape::fourier) that go into the first layer beside
    /// each input, none for a plain network.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two widths, a width of 0, or a NaN or infinite slope;
    /// [`Error::NotFinite`] for a NaN or infinite frequency; [`Error::Size`] for layers that memory cannot hold.
    pub fn new(widths: &[usize], slope: f32, frequencies: &[f32], rng: &mut Rng) -> Result<Self> {
        let count = widths.len();
        let valid = "at least 2: inputs and outputs";
        check::parameter("number of widths", count, count > 1, valid)?;
        check::parameter("slope of a leaky ReLU", slope, slope.is_finite(), "finite")?;
        check::finite("frequencies", frequencies)?;
        let mut parameters = Parameters::new();
        let pairs = widths.windows(2).enumerate();
        let layers = pairs.map(|(i, pair)| {
            let waves = if i == 0 { 1 + 2 * frequencies.len() } else { 1 };
            check::elements::<f32>("weights of a layer", &[pair[0], waves, pair[1]])?;
            let inputs = pair[0] * waves;
            parameters.linear(&format!("layers.{i}"), inputs, pair[1], rng)
        });
        Ok(Self {
            layers: layers.collect::<Result<_>>()?,
            parameters,
            outputs: widths[count - 1],
            slope,
            frequencies: frequencies.to_vec(),
        })
    }

    /// The weights and biases, named `layers.0.weight` and so on.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The weights and biases, to change.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Linear] {
        &self.layers
    }

    /// Records the answer for `x`, shape (n, inputs), on a tape over parameters like these; shape
    /// (n, outputs).
    ///
    /// # Errors
    /// [`Error::Shapes`] if `x` has another number of columns; [`Error::Foreign`] if the tape's parameters
    /// are of another network.
    pub fn forward(&self, tape: &mut Tape<'_>, x: Var) -> Result<Var> {
        let mut x = match self.frequencies.as_slice() {
            [] => x,
            frequencies => tape.fourier(x, frequencies)?,
        };
        for (i, layer) in self.layers.iter().enumerate() {
            if i > 0 {
                x = tape.leaky_relu(x, self.slope)?;
            }
            x = tape.linear(x, *layer)?;
        }
        Ok(x)
    }

    /// The answer for `x`, shape (n, inputs), without a tape to keep; shape (n, outputs). In parallel over
    /// pieces of the batch; the number of threads never changes a bit.
    ///
    /// # Errors
    /// As [`forward`](Self::forward); [`Error::Empty`] for rows without columns.
    pub fn answer(&self, x: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        let sizes = [self.outputs, cost_of_row(x.ncols())];
        predict(&self.parameters, sizes, x, &|tape, x, _| {
            self.forward(tape, x)
        })
    }
}
