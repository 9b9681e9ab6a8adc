//! The mixture: its density, its score, its samples.

use ndarray::{Array, Array1, Array2, ArrayRef, Dimension};
use rand::RngExt;

use super::gaussian::Gaussian;
use super::points::{Points, Real};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// Below this ln p, rounding takes digits from the logarithm of a sum, and in the end the ln 2 of two equal
/// parts: shares must be divided by their own sum.
const FAR_OUT: f64 = -1e6;

/// A Gaussian mixture Σ_k w_k N(μ_k, Σ_k) in any dimension.
///
/// ```
/// use diffusion_intuition::{Mixture, Rng, Schedule};
///
/// let data = Mixture::bimodal(); // ½ N(−2, 0.3²) + ½ N(2, 0.3²)
/// let schedule = Schedule::linear(200, 1e-4, 0.02)?;
/// let x_t = data.marginal(&schedule, 199)?; // the exact law of x_t: again a mixture
/// assert!((x_t.variance() - 1.4084).abs() < 1e-4);
/// let samples = x_t.sample(1000, &mut Rng::new(0))?; // shape (1000, 1)
/// let score = x_t.score(&samples)?; // ∇ log p, same shape
/// # assert_eq!(score.dim(), (1000, 1));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    pub(super) weights: Vec<f64>,
    pub(super) components: Vec<Gaussian>,
}

impl Mixture {
    /// A mixture of `components` with `weights` (any positive scale; they are divided by their sum).
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without components; [`Error::Shape`](crate::Error::Shape) if the numbers
    /// of weights and components or the components' dimensions differ;
    /// [`Error::Parameter`](crate::Error::Parameter) for a weight that is negative, NaN or infinite, or if all are 0.
    pub fn new(weights: &[f64], components: Vec<Gaussian>) -> Result<Self> {
        check::not_empty("mixture components", components.len())?;
        check::same_shape("mixture weights", &[components.len()], &[weights.len()])?;
        let d = components[0].dim();
        for component in &components {
            check::same_shape("mixture component", &[d], &[component.dim()])?;
        }
        for weight in weights {
            let fine = weight.is_finite() && *weight >= 0.0;
            check::parameter("mixture weight", *weight, fine, "finite and not negative")?;
        }
        let sum: f64 = weights.iter().sum();
        let fine = sum > 0.0 && sum.is_finite();
        check::parameter(
            "sum of the mixture weights",
            sum,
            fine,
            "positive and finite",
        )?;
        Ok(Self {
            weights: weights.iter().map(|w| w / sum).collect(),
            components,
        })
    }

    /// Equal weights, one round Gaussian of standard deviation `std` at each row of `means`, shape (K, d).
    ///
    /// # Errors
    /// As [`Gaussian::isotropic`] and [`new`](Self::new).
    pub fn isotropic(means: &Array2<f64>, std: f64) -> Result<Self> {
        let means = means.rows().into_iter();
        let components = means.map(|mean| Gaussian::isotropic(&mean.to_vec(), std));
        let components: Vec<_> = components.collect::<Result<_>>()?;
        Self::new(&vec![1.0; components.len()], components)
    }

    /// One-dimensional, of one component: N(`mean`, `std`²).
    ///
    /// # Errors
    /// As [`Gaussian::isotropic`].
    pub fn normal(mean: f64, std: f64) -> Result<Self> {
        Self::normals(&[(1.0, mean, std)])
    }

    /// One-dimensional: weight, mean and standard deviation of every component; weights of any positive scale.
    ///
    /// # Errors
    /// As [`Gaussian::isotropic`] and [`new`](Self::new).
    pub fn normals(components: &[(f64, f64, f64)]) -> Result<Self> {
        let weights: Vec<f64> = components.iter().map(|(weight, ..)| *weight).collect();
        let gaussian = |(_, mean, std): &(f64, f64, f64)| Gaussian::isotropic(&[*mean], *std);
        let components: Result<Vec<_>> = components.iter().map(gaussian).collect();
        Self::new(&weights, components?)
    }

    /// The chapter's data: ½ N(−2, 0.3²) + ½ N(2, 0.3²).
    pub fn bimodal() -> Self {
        Self::normals(&[(0.5, -2.0, 0.3), (0.5, 2.0, 0.3)]).expect("both are valid")
    }

    /// Dimension d of the points.
    pub fn dim(&self) -> usize {
        self.components[0].dim()
    }

    /// Weights of the components, summing to 1; length K.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The components; length K.
    pub fn components(&self) -> &[Gaussian] {
        &self.components
    }

    /// Weight and component, one after the other.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (f64, &Gaussian)> {
        self.weights.iter().copied().zip(&self.components)
    }

    /// Mean E\[x\]; shape (d).
    pub fn mean(&self) -> Array1<f64> {
        let mut mean = Array1::zeros(self.dim());
        for (w, c) in self.parts() {
            mean.scaled_add(w, &ndarray::aview1(c.mean()));
        }
        mean
    }

    /// Covariance E[(x − E x)(x − E x)ᵀ]; shape (d, d). Variances, not standard deviations, on its diagonal.
    pub fn covariance(&self) -> Array2<f64> {
        let center = self.mean();
        let mut covariance = Array2::zeros((self.dim(), self.dim()));
        for (w, c) in self.parts() {
            covariance.scaled_add(w, &c.covariance());
            for ((i, j), value) in covariance.indexed_iter_mut() {
                *value += w * (c.mean()[i] - center[i]) * (c.mean()[j] - center[j]);
            }
        }
        covariance
    }

    /// Variance of a coordinate, on average over the d of them: tr Σ / d. In one dimension, the variance.
    pub fn variance(&self) -> f64 {
        self.covariance().diag().sum() / self.dim() as f64
    }

    /// Root of [`variance`](Self::variance).
    pub fn std(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The exact marginal q(x_t) when x_0 follows this mixture: each N(μ, Σ) becomes
    /// N(√ᾱ_t μ, ᾱ_t Σ + (1−ᾱ_t) I), with the same weights. `t` is 0-based.
    ///
    /// # Errors
    /// [`Error::Timestep`](crate::Error::Timestep) if `t` is not in `0..T`.
    pub fn marginal(&self, schedule: &Schedule, t: usize) -> Result<Self> {
        Ok(self.diffused(schedule.alpha_bar(t)?))
    }

    /// The law of √ᾱ x + √(1−ᾱ) ε for an ᾱ in [0, 1].
    pub(crate) fn diffused(&self, alpha_bar: f64) -> Self {
        self.noised(alpha_bar.sqrt(), [alpha_bar, 1.0 - alpha_bar])
    }

    /// The law of signal·x + noise·ε; `squares` are those of both.
    pub(super) fn noised(&self, signal: f64, squares: [f64; 2]) -> Self {
        let components = self.components.iter();
        Self {
            weights: self.weights.clone(),
            components: components.map(|c| c.noised(signal, squares)).collect(),
        }
    }

    /// Log-density ln p(x) of each point, in nats; shape (n).
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn log_density<F: Real, D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array1<f64>> {
        let points = Points::new(x, self.dim())?;
        Ok(points.map_to_scalars(|x| log_sum_exp(&self.joint_log_densities(x))))
    }

    /// Density p(x) of each point; shape (n).
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn density<F: Real, D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array1<f64>> {
        Ok(self.log_density(x)?.mapv_into(f64::exp))
    }

    /// Score ∇ₓ ln p(x) of each point; the shape of `x`.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the points are not of this mixture's dimension;
    /// [`Error::NotFinite`](crate::Error::NotFinite) and [`Error::Parameter`](crate::Error::Parameter) for a value
    /// that is NaN, infinite or beyond ±1e150.
    pub fn score<F: Real, D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array<F, D>> {
        let points = Points::new(x, self.dim())?;
        Ok(points.map_to_points(|x, score| self.score_at(x, score)))
    }

    /// `n` independent samples; shape (n, d). In parallel, the same bits at any thread count.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) for more than memory can hold;
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a sample beyond f32.
    pub fn sample(&self, n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
        let d = self.dim();
        check::elements::<f32>("samples", &[n, d])?;
        let values = rng.rows(n, d, |_, row, rng| {
            let k = pick(&self.weights, rng.random());
            self.components[k].sample_into(row, rng);
        });
        let samples = Array2::from_shape_vec((n, d), values).expect("n rows of d");
        check::all_finite("samples in f32", &samples)?;
        Ok(samples)
    }

    /// `n` independent samples of a one-dimensional mixture; shape (n). The same numbers as those of
    /// [`sample`](Self::sample).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the mixture is not one-dimensional; as [`sample`](Self::sample).
    pub fn sample_1d(&self, n: usize, rng: &mut Rng) -> Result<Array1<f32>> {
        self.check_one_dimension()?;
        Ok(self.sample(n, rng)?.flatten().into_owned())
    }

    pub(super) fn check_one_dimension(&self) -> Result<()> {
        check::same_shape("mixture", &[1], &[self.dim()])
    }

    /// ∇ ln p = Σ_k p(k | x) ∇ ln N_k.
    pub(super) fn score_at(&self, x: &[f64], score: &mut [f64]) {
        score.fill(0.0);
        let shares = self.responsibilities(x);
        for (share, c) in shares.iter().zip(&self.components) {
            c.add_score(*share, x, score);
        }
    }

    /// p(k | x): which component a point belongs to; length K, summing to 1.
    pub(super) fn responsibilities(&self, x: &[f64]) -> Vec<f64> {
        let mut shares = self.joint_log_densities(x);
        let total = log_sum_exp(&shares);
        if total == f64::NEG_INFINITY {
            return self.nearest(x);
        }
        shares.iter_mut().for_each(|s| *s = (*s - total).exp());
        if total < FAR_OUT {
            normalize(&mut shares);
        }
        shares
    }

    /// p(k | x) so far out that every density is 0 in f64: all to the components that are the fewest standard
    /// deviations away.
    fn nearest(&self, x: &[f64]) -> Vec<f64> {
        let distances = self.parts().map(|(w, c)| match w > 0.0 {
            true => c.mahalanobis(x),
            false => f64::INFINITY,
        });
        let distances: Vec<f64> = distances.collect();
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let parts = distances.iter().zip(&self.weights);
        let shares = parts.map(|(d, w)| if *d == least { *w } else { 0.0 });
        let mut shares: Vec<f64> = shares.collect();
        normalize(&mut shares);
        shares
    }

    fn joint_log_densities(&self, x: &[f64]) -> Vec<f64> {
        let parts = self.parts();
        parts.map(|(w, c)| w.ln() + c.log_density(x)).collect()
    }
}

fn normalize(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s /= sum);
}

/// ln Σ exp(values) without overflow.
pub(super) fn log_sum_exp(values: &[f64]) -> f64 {
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return max; // all of them are 0
    }
    max + values.iter().map(|v| (v - max).exp()).sum::<f64>().ln()
}

/// The index at which the running sum of `weights` passes `u`, uniform in [0, 1).
pub(super) fn pick(weights: &[f64], u: f64) -> usize {
    let mut sum = 0.0;
    let passes = |w: &f64| {
        sum += w;
        u < sum
    };
    // Rounding can leave the full sum just below u: then it is the last component that can occur.
    weights.iter().position(passes).unwrap_or_else(|| {
        let possible = weights.iter().rposition(|w| *w > 0.0);
        possible.expect("weights sum to 1")
    })
}
