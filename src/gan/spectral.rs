//! Spectral normalisation of a network's weights.

use ndarray::{Array1, ArrayView2};

use crate::autograd::Gradients;
use crate::network::{Mlp, Parameters};
use crate::rng::Rng;

/// Iterations of the power method before the first use; one more at each use.
const FIRST: usize = 20;

/// Every weight matrix W of a network divided by its largest singular value σ(W) (Miyato et al. 2018, eq. 8):
/// a layer then stretches no vector, and the whole network is Lipschitz with constant 1 in what its first layer sees, if
/// its activations are. Waves before that layer, of frequencies ω, make it √(1 + Σω²) in the sample.
///
/// σ = uᵀWv comes from the power method (algorithm 1): the singular vectors u and v are kept from one use to
/// the next, for W changes little in a step.
#[derive(Debug, Clone)]
pub struct SpectralNorm {
    layers: Vec<Singular>,
    /// The parameters with the weights divided.
    normalised: Parameters,
}

/// The largest singular value of one matrix, and its vectors.
#[derive(Debug, Clone)]
struct Singular {
    u: Array1<f32>,
    v: Array1<f32>,
    sigma: f32,
}

impl Singular {
    fn iterate(&mut self, weight: ArrayView2<f32>) {
        let v = unit(weight.t().dot(&self.u));
        let image = weight.dot(&v);
        self.sigma = image.dot(&image).sqrt();
        // From vectors of a matrix of zeros, or of one too large for f32, no later one would be found.
        if self.sigma > 0.0 && self.sigma.is_finite() {
            self.v = v;
            self.u = unit(image);
        }
    }
}

/// Scaled to length 1; a vector of zeros stays.
fn unit(vector: Array1<f32>) -> Array1<f32> {
    let length = vector.dot(&vector).sqrt();
    vector / length.max(f32::MIN_POSITIVE)
}

impl SpectralNorm {
    /// For the weights of `network`, from random vectors.
    pub fn new(network: &Mlp, rng: &mut Rng) -> Self {
        let parameters = network.parameters();
        let layer = |weight: ArrayView2<f32>| {
            let mut vector = |len| {
                let mut vector = vec![0.0; len];
                rng.fill_standard_normal(&mut vector);
                Array1::from(vector)
            };
            let mut singular = Singular {
                u: vector(weight.nrows()),
                v: vector(weight.ncols()),
                sigma: 1.0,
            };
            (0..FIRST).for_each(|_| singular.iterate(weight));
            singular
        };
        let weights = network.layers().iter().map(|id| parameters.get(id.weight));
        Self {
            layers: weights.map(layer).collect(),
            normalised: parameters.clone(),
        }
    }

    /// One more iteration of the power method, and the parameters with every weight divided by its σ; biases
    /// stay.
    ///
    /// # Panics
    /// If `network` has other widths than the one that this was made for.
    pub fn normalise(&mut self, network: &Mlp) -> &Parameters {
        self.normalised
            .values_mut()
            .copy_from_slice(network.parameters().values());
        for (layer, singular) in network.layers().iter().zip(&mut self.layers) {
            let mut weight = self.normalised.get_mut(layer.weight);
            singular.iterate(weight.view());
            weight /= singular.sigma.max(f32::MIN_POSITIVE);
        }
        &self.normalised
    }

    /// Turns the gradient with respect to the normalised weights Ŵ = W/σ, as of the last
    /// [`normalise`](Self::normalise), into that with respect to W:
    /// ∂L/∂W = (∂L/∂Ŵ − ⟨∂L/∂Ŵ, Ŵ⟩ u vᵀ)/σ (eq. 12): the part that would only change σ is taken out.
    ///
    /// # Panics
    /// If `gradients` was made for other parameters.
    pub fn gradient(&self, network: &Mlp, gradients: &mut Gradients) {
        for (layer, singular) in network.layers().iter().zip(&self.layers) {
            let normalised = self.normalised.get(layer.weight);
            let mut gradient = gradients.get_mut(layer.weight);
            let along = (&gradient * &normalised).sum();
            for (mut row, u) in gradient.rows_mut().into_iter().zip(&singular.u) {
                row.scaled_add(-along * u, &singular.v);
            }
            gradient /= singular.sigma.max(f32::MIN_POSITIVE);
        }
    }
}
