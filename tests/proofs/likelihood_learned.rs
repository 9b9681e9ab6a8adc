//! The learned variance of `examples/swiss_roll`: what it says, what the hybrid loss is, and that training finds the better bound.

use diffusion_intuition::autograd::{Gradients, Tape, Var, check_gradients};
use diffusion_intuition::likelihood::Elbo;
use diffusion_intuition::network::{
    FilmMlp, FilmMlpConfig, Network, ParameterId, Parameters, TimeEmbedding,
};
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::train::LearningRate;
use diffusion_intuition::{Error, Mixture, Prediction, Result, Rng, Schedule};
use ndarray::{Array2, array};

#[path = "../../examples/swiss_roll/learned.rs"]
mod learned;

use learned::Hybrid;

fn coarse() -> Schedule {
    Schedule::from_betas(vec![0.05, 0.2, 0.1, 0.4, 0.3, 0.6]).unwrap()
}

/// Answers 0 for ε and a constant for the variance, whatever it is asked.
struct Constant {
    parameters: Parameters,
    weight: ParameterId,
    bias: ParameterId,
}

impl Constant {
    fn new(outputs: &Array2<f32>) -> Self {
        let mut parameters = Parameters::new();
        let linear = parameters.linear("o", outputs.ncols() / 2, outputs.ncols(), &mut Rng::new(0));
        let linear = linear.unwrap();
        parameters.get_mut(linear.weight).fill(0.0);
        parameters.get_mut(linear.bias).assign(outputs);
        let (weight, bias) = (linear.weight, linear.bias);
        Self {
            parameters,
            weight,
            bias,
        }
    }
}

impl Network for Constant {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, _: &[usize]) -> Result<Var> {
        let (weight, bias) = (self.weight, self.bias);
        tape.linear(x_t, diffusion_intuition::network::Linear { weight, bias })
    }
}

/// o = 2v − 1 for every coordinate is the fixed variance Interpolated(v).
#[test]
fn a_constant_output_is_an_interpolated_variance() {
    let schedule = coarse();
    let x0 = Mixture::isotropic(&array![[1.0, -0.5]], 0.5).unwrap();
    let x0 = x0.sample(30, &mut Rng::new(0)).unwrap();
    let zero = |x_t: &Array2<f32>, _: usize| x_t * 0.0;
    for v in [0.0, 0.3, 1.0] {
        let o = 2.0 * v as f32 - 1.0;
        let network = Constant::new(&array![[0.0, 0.0, o, o]]);
        let (prediction, variances) = learned::predict(&network, &schedule, &x0, 4).unwrap();
        assert_eq!(prediction, zero(&x0, 4));
        let fixed = Elbo::new(&schedule, Variance::Interpolated(v)).unwrap();
        assert!((variances[[7, 1]] / fixed.variances()[4] - 1.0).abs() < 1e-6);
        let expected = fixed.estimate(&zero, &x0, &mut Rng::new(1)).unwrap();
        let found = learned::bound(&network, &schedule, &x0, &mut Rng::new(1)).unwrap();
        for (found, expected) in found.iter().zip(expected.rows()) {
            // o is an f32, 1e-7 off, times a log-range of at most 3, times terms of up to 100 nats.
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
    // Each coordinate has its own: β in the first, β̃ in the second.
    let network = Constant::new(&array![[0.0, 0.0, 1.0, -1.0]]);
    let (_, variances) = learned::predict(&network, &schedule, &x0, 4).unwrap();
    let tilde = schedule.posterior_variance(4).unwrap();
    assert!((variances[[0, 0]] - 0.3).abs() < 1e-6 && (variances[[0, 1]] - tilde).abs() < 1e-6);

    let outside = learned::predict(&network, &schedule, &x0, 6);
    assert!(matches!(outside, Err(Error::Timestep { .. })));
    let wrong = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let wrong = learned::predict(&wrong, &schedule, &x0, 3);
    assert!(matches!(wrong, Err(Error::Shape { .. })));
}

/// The outputs themselves as parameters: (n, d) predictions and (n, d) outputs for the variance.
fn table() -> (Parameters, ParameterId, ParameterId) {
    let (mut parameters, mut rng) = (Parameters::new(), Rng::new(3));
    let prediction = parameters
        .uniform("prediction", [6, 2], 1.0, &mut rng)
        .unwrap();
    let output = parameters.uniform("output", [6, 2], 1.5, &mut rng).unwrap();
    (parameters, prediction, output)
}

const TS: [usize; 6] = [0, 1, 2, 3, 4, 5];

fn target() -> Array2<f32> {
    Array2::from_shape_fn((6, 2), |(i, j)| ((3 * i + 5 * j) % 7) as f32 / 3.0 - 1.0)
}

fn record(loss: &Hybrid, tape: &mut Tape, ids: [ParameterId; 2]) -> Result<Var> {
    let parts = ids.map(|id| tape.parameter(id));
    let output = tape.concat(&parts)?;
    loss.loss(tape, output, &target(), &TS)
}

#[test]
fn hybrid_loss_is_simple_plus_weighted_bits() {
    let schedule = coarse();
    let (parameters, prediction, output) = table();
    for kind in [
        Prediction::Eps,
        Prediction::X0,
        Prediction::V,
        Prediction::Velocity,
    ] {
        let loss = Hybrid::new(&schedule, kind, 0.25).unwrap();
        let mut tape = Tape::new(&parameters);
        let found = record(&loss, &mut tape, [prediction, output]).unwrap();
        let found = f64::from(tape.scalar(found));

        let (mut simple, mut nats) = (0.0, 0.0);
        for (t, target) in target().rows().into_iter().enumerate() {
            let (ab, beta) = (schedule.alpha_bars()[t], schedule.betas()[t]);
            let before = ab / (1.0 - beta);
            let tilde = |t: usize| schedule.posterior_variance(t).unwrap();
            for (j, target) in target.iter().enumerate() {
                let at = [t, j];
                let miss = f64::from(parameters.get(prediction)[at] - target);
                simple += miss * miss / 12.0;
                let to_x0 = match kind {
                    Prediction::Eps => ((1.0 - ab) / ab).sqrt(),
                    Prediction::X0 => 1.0,
                    Prediction::V => (1.0 - ab).sqrt(),
                    Prediction::Velocity => (1.0 - ab).sqrt() / (ab.sqrt() + (1.0 - ab).sqrt()),
                };
                let v = 0.5 * (f64::from(parameters.get(output)[at]) + 1.0);
                let sigma2 = beta.powf(v) * tilde(t.max(1)).powf(1.0 - v);
                let error = (to_x0 * miss).powi(2);
                nats += match t {
                    0 => 0.5 * ((std::f64::consts::TAU * sigma2).ln() + error / sigma2),
                    t => {
                        let error = before * (beta / (1.0 - ab)).powi(2) * error;
                        let ratio = sigma2 / tilde(t);
                        0.5 * (ratio.ln() - 1.0 + (tilde(t) + error) / sigma2)
                    }
                } / 12.0;
            }
        }
        let bits = 6.0 * nats / 2.0_f64.ln();
        let expected = simple + 0.25 * bits;
        // f32 sums of terms up to 50: 1e-7 of each.
        assert!(
            (found - expected).abs() < 2e-5 * expected.abs().max(1.0),
            "{kind:?}: {found} {expected}"
        );
    }
}

/// The variance's gradient is that of the loss; the prediction's is that of the mean squared error alone.
#[test]
fn hybrid_loss_stops_the_gradient_of_the_mean() {
    let schedule = coarse();
    let (parameters, prediction, output) = table();
    let loss = Hybrid::new(&schedule, Prediction::Eps, 0.1).unwrap();
    let ids = [prediction, output];
    let checks = check_gradients(&parameters, 1e-2, &|tape| record(&loss, tape, ids)).unwrap();
    // Central differences in f32, see tests/autograd.rs.
    assert!(checks[1].difference < 2e-3 * checks[1].scale, "{checks:?}");
    assert!(
        checks[0].difference > 0.01,
        "the bound does depend on the mean: {checks:?}"
    );

    let mut gradients = Gradients::new(&parameters);
    let mut tape = Tape::new(&parameters);
    let value = record(&loss, &mut tape, ids).unwrap();
    tape.backward(value, &mut gradients).unwrap();
    let expected = (&parameters.get(prediction) - &target()) * (2.0 / 12.0);
    let gap = (&gradients.get(prediction) - &expected).mapv(f32::abs);
    assert!(gap.iter().all(|gap| *gap < 1e-6), "{gap}");
}

#[test]
fn training_learns_a_better_variance_than_both_fixed_ones() {
    let (data, schedule) = (Mixture::bimodal(), Schedule::linear_rescaled(25).unwrap());
    let config = FilmMlpConfig {
        hidden: 64,
        blocks: 2,
        time: TimeEmbedding::new(32).unwrap(),
        ..FilmMlpConfig::default()
    };
    let mut network = FilmMlp::with_outputs(1, 2, &config, &mut Rng::new(0)).unwrap();
    let loss = Hybrid::new(&schedule, Prediction::Eps, 1e-2).unwrap();
    let mut draw = |rng: &mut Rng| data.sample(256, rng);
    learned::train(
        &mut network,
        &loss,
        &schedule,
        LearningRate::cosine(3e-3, 2000),
        2000,
        &mut draw,
    )
    .unwrap();

    let x0 = data.sample(4000, &mut Rng::new(1)).unwrap();
    let eps =
        |x_t: &Array2<f32>, t: usize| learned::predict(&network, &schedule, x_t, t).unwrap().0;
    let fixed = |variance| {
        let elbo = Elbo::new(&schedule, variance).unwrap();
        elbo.exact(&eps, &data).unwrap().nats()
    };
    let (small, large) = (fixed(Variance::FixedSmall), fixed(Variance::FixedLarge));
    let found = learned::bound(&network, &schedule, &x0, &mut Rng::new(2)).unwrap();
    let truth = data.log_density(&x0.mapv(f64::from)).unwrap();
    let gaps = &found + &truth;
    let (gap, error) = (gaps.mean().unwrap(), gaps.std(1.0) / 4000.0_f64.sqrt());
    assert!(gap > -6.0 * error, "below the truth: {gap} ± {error}");
    let (found, error) = (found.mean().unwrap(), found.std(1.0) / 4000.0_f64.sqrt());
    assert!(
        found + 3.0 * error < small.min(large),
        "{found} ± {error}: {small}, {large}"
    );
}

#[test]
fn faulty_losses_are_refused() {
    let schedule = coarse();
    let refused =
        |schedule: &Schedule, weight| Hybrid::new(schedule, Prediction::Eps, weight).unwrap_err();
    assert!(matches!(refused(&schedule, -1.0), Error::Parameter { .. }));
    let nan = refused(&schedule, f64::NAN);
    assert!(matches!(nan, Error::Parameter { .. }));
    let zero = schedule.zero_terminal_snr().unwrap();
    assert!(matches!(refused(&zero, 0.1), Error::Degenerate { .. }));
    assert!(Hybrid::new(&zero, Prediction::V, 1e-3).is_ok());

    // A network with d outputs has none for the variance.
    let mut network = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    let loss = Hybrid::new(&schedule, Prediction::Eps, 1e-3).unwrap();
    let mut draw = |rng: &mut Rng| Mixture::bimodal().sample(4, rng);
    let result = learned::train(
        &mut network,
        &loss,
        &schedule,
        LearningRate::constant(1e-3),
        1,
        &mut draw,
    );
    assert!(matches!(result, Err(Error::Shapes { .. })), "{result:?}");
}
