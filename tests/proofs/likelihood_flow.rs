//! The probability-flow ODE against densities that are known.

use diffusion_intuition::likelihood::{ProbabilityFlow, bits_per_dim};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, TimeEmbedding};
use diffusion_intuition::{Denoiser, Error, Gaussian, Mixture, Prediction, Rng, Schedule};
use ndarray::{Array1, Array2, Axis, array};

use crate::support::{
    assert_all_close, assert_close, assert_same_at_any_thread_count, chapter_schedule, grid,
    lopsided, plane, random_points,
};

/// The law of x + σ z: what the flow, which starts at t = 0, has the density of.
fn blurred(data: &Mixture, schedule: &Schedule) -> Mixture {
    let alpha_bar = schedule.alpha_bars()[0];
    let variance = (1.0 - alpha_bar) / alpha_bar;
    let parts = data.components().iter().map(|c| {
        let covariance = c.covariance() + variance * Array2::<f64>::eye(c.dim());
        Gaussian::full(c.mean(), &covariance).unwrap()
    });
    Mixture::new(data.weights(), parts.collect()).unwrap()
}

fn linear() -> Schedule {
    Schedule::linear(1000, 1e-4, 0.02).unwrap()
}

fn log_density(data: &Mixture, schedule: &Schedule, steps: usize, x0: &Array2<f32>) -> Array1<f64> {
    let flow = ProbabilityFlow::new(schedule, steps).unwrap();
    let denoiser = data.denoiser(schedule, Prediction::Eps);
    flow.log_density(&denoiser, x0).unwrap()
}

#[test]
fn density_of_the_chapters_mixture_within_a_hundredth_of_a_bit() {
    let (data, schedule) = (Mixture::bimodal(), linear());
    let x0 = data.sample(1000, &mut Rng::new(0)).unwrap();
    let found = log_density(&data, &schedule, 999, &x0);
    let truth = data.log_density(&x0.mapv(f64::from)).unwrap();
    let gap = bits_per_dim((&found - &truth).mean().unwrap(), 1);
    assert!(gap.abs() < 1e-3, "{gap}");
    // x_{T−1} is taken for N(0, 1), and has its mean at ±2√ᾱ = ±0.013: 2.3 of that at most.
    assert_all_close("ln p", &found, &truth, |_| 0.03);
}

/// At every point, where the end of the schedule is N(0, I) exactly: with v the flow reaches ᾱ = 0, where σ
/// and λ are infinite. φ is not. A schedule whose first step is large shows where t starts.
#[test]
fn density_point_by_point() {
    let mut betas = linear().betas().clone();
    betas[0] = 0.1;
    let large_start = Schedule::from_betas(betas).unwrap();
    let mut rng = Rng::new(1);
    for (data, schedule) in [
        (lopsided(), linear()),
        (plane(), linear()),
        (plane(), large_start),
    ] {
        let schedule = schedule.zero_terminal_snr().unwrap();
        let flow = ProbabilityFlow::new(&schedule, 333).unwrap();
        let x0 = random_points(300, data.dim(), 3.0, &mut rng).mapv(|x| x as f32);
        let denoiser = data.denoiser(&schedule, Prediction::V);
        let found = flow.log_density(&denoiser, &x0).unwrap();
        let eps = data.denoiser(&schedule, Prediction::Eps);
        let refused = flow.log_density(&eps, &x0);
        assert!(matches!(refused, Err(Error::Degenerate { .. })));
        let x0 = x0.mapv(f64::from);
        let expected = blurred(&data, &schedule).log_density(&x0).unwrap();
        // Truncation of Heun and of the differences, largest where modes meet: 1e-3 measured.
        assert_all_close("ln p", &found, &expected, |_| 5e-3);
    }
}

/// Heun: twice the steps, a quarter of the error.
#[test]
fn error_is_of_second_order() {
    let (data, schedule) = (lopsided(), linear().zero_terminal_snr().unwrap());
    let denoiser = data.denoiser(&schedule, Prediction::V);
    let x0 = data.sample(200, &mut Rng::new(2)).unwrap();
    let exact = blurred(&data, &schedule);
    let exact = exact.log_density(&x0.mapv(f64::from)).unwrap();
    let errors = [37, 74, 148].map(|steps| {
        let flow = ProbabilityFlow::new(&schedule, steps).unwrap();
        let found = flow.log_density(&denoiser, &x0).unwrap();
        (found - &exact).mapv(|e| e * e).mean().unwrap().sqrt()
    });
    for pair in errors.windows(2) {
        assert!((3.0..5.5).contains(&(pair[0] / pair[1])), "{errors:?}");
    }
}

/// Any network's flow has a density, and every density has the integral 1: whatever the network answers.
#[test]
fn density_of_a_network_integrates_to_one() {
    let config = FilmMlpConfig {
        hidden: 32,
        blocks: 2,
        time: TimeEmbedding::new(16).unwrap(),
        ..FilmMlpConfig::default()
    };
    let network = FilmMlp::with_config(1, &config, &mut Rng::new(7)).unwrap();
    let flow = ProbabilityFlow::new(&chapter_schedule(), 199).unwrap();
    let (nodes, h) = grid(-100.0, 100.0, 2001);
    let x0 = nodes.mapv(|x| x as f32).insert_axis(Axis(1));
    let density = flow.log_density(&network, &x0).unwrap().mapv(f64::exp);
    let ends = [density[0], density[2000]];
    assert!(
        ends.iter().all(|p| *p < 1e-6),
        "outside of the grid: {ends:?}"
    );
    let linear = |x_t: &Array2<f32>, _: usize| x_t * 0.0;
    let other = flow.log_density(&linear, &x0).unwrap().mapv(f64::exp);
    let apart = h * (&density - &other).mapv(f64::abs).sum();
    assert!(apart > 0.1, "{apart}: as if the network answered 0");
    // Truncation of Heun, whose volume and path agree to second order only: 7e-6 measured.
    assert_close("integral", h * density.sum(), 1.0, 1e-4);
}

#[test]
fn the_kind_of_prediction_changes_nothing() {
    let (data, schedule) = (lopsided(), linear());
    let flow = ProbabilityFlow::new(&schedule, 200).unwrap();
    let x0 = data.sample(50, &mut Rng::new(3)).unwrap();
    let [eps, clean, v] = [Prediction::Eps, Prediction::X0, Prediction::V].map(|kind| {
        let denoiser = data.denoiser(&schedule, kind);
        flow.log_density(&denoiser, &x0).unwrap()
    });
    assert_all_close("x0", &clean, &eps, |_| 2e-3);
    assert_all_close("v", &v, &eps, |_| 2e-3);
}

#[test]
fn threads_change_no_bit_and_faulty_input_is_named() {
    let (data, schedule) = (plane(), Schedule::linear_rescaled(50).unwrap());
    let x0 = data.sample(1500, &mut Rng::new(0)).unwrap();
    assert_same_at_any_thread_count(|| log_density(&data, &schedule, 20, &x0).mapv(f64::to_bits));

    for steps in [0, 50] {
        assert!(matches!(
            ProbabilityFlow::new(&schedule, steps),
            Err(Error::Parameter { .. })
        ));
    }
    let flow = ProbabilityFlow::new(&schedule, 7).unwrap();
    assert_eq!(flow.timesteps(), [0, 7, 14, 21, 28, 35, 42, 49]);
    let refused = |d: &dyn Denoiser, x0: &Array2<f32>| flow.log_density(d, x0).unwrap_err();
    let nan = |x_t: &Array2<f32>, _: usize| x_t * f32::NAN;
    let narrow = |_: &Array2<f32>, _: usize| Array2::<f32>::zeros((1, 1));
    let exact = data.denoiser(&schedule, Prediction::Eps);
    let x0 = array![[0.5_f32, 1.0]];
    assert!(matches!(refused(&nan, &x0), Error::NotFinite { .. }));
    assert!(matches!(refused(&narrow, &x0), Error::Shape { .. }));
    assert!(matches!(
        refused(&exact, &array![[f32::INFINITY, 0.0]]),
        Error::NotFinite { .. }
    ));
    assert!(matches!(
        refused(&exact, &Array2::zeros((4, 0))),
        Error::Empty { .. }
    ));
    assert_close(
        "one row",
        flow.log_density(&exact, &x0).unwrap()[0],
        -3.0,
        3.0,
    );
}

/// Far out, where two points 2 % of the noise apart are one f32: the mean of the flow's own truth (the data's
/// Gaussians, blurred) to the accuracy of f32 and of Heun's steps.
#[test]
fn rows_far_out_have_a_finite_density() {
    let (data, schedule) = (Mixture::bimodal(), linear());
    let x0 = array![
        [300.0_f32],
        [-8500.0],
        [1e4],
        [1e6],
        [-1e12],
        [1e30],
        [1e-30],
        [0.0]
    ];
    let truth = blurred(&data, &schedule);
    let truth = truth.log_density(&x0.mapv(f64::from)).unwrap();
    let found = log_density(&data, &schedule, 999, &x0);
    // 0.03 nats between the modes, as everywhere; far out the relative error of the path counts twice.
    assert_all_close("ln p", &found, &truth, |t| 0.1 + 2e-4 * t.abs());
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let flow = ProbabilityFlow::new(&schedule, 20).unwrap();
        let denoiser = data.denoiser(&schedule, kind);
        let rows = flow.log_density(&denoiser, &x0).unwrap();
        assert!(rows.iter().all(|ln_p| ln_p.is_finite()));
    }
}

/// A row that cannot be measured is named.
#[test]
fn rows_that_cannot_be_measured_are_named() {
    let (data, schedule) = (plane(), linear());
    let flow = ProbabilityFlow::new(&schedule, 50).unwrap();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let x0 = array![[0.5_f32, 1.0], [0.0, f32::NAN], [-1.0, 0.25]];
    let nan = flow.log_density(&denoiser, &x0).unwrap_err();
    assert!(matches!(
        nan,
        Error::NotFinite {
            what: "x0",
            index: 3,
            ..
        }
    ));
    let far = array![[0.5_f32, 1.0], [f32::MAX, -f32::MAX]];
    match flow.log_density(&denoiser, &far) {
        Ok(ln_p) => assert!(ln_p.iter().all(|ln_p| ln_p.is_finite()), "{ln_p}"),
        Err(error) => {
            assert!(matches!(error, Error::OutOfReach { row: 1, .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains("below what can be computed"), "{text}");
        }
    }
    // A network that overflows far out, and one that is NaN everywhere.
    let steep = |x: &Array2<f32>, _: usize| x * 1e30;
    let text = flow.log_density(&steep, &array![[0.0_f32], [1e10]]);
    let text = text.unwrap_err().to_string();
    assert!(
        text.starts_with("row 1 (counted from 0) lies so far out"),
        "{text}"
    );
    let nan = |x: &Array2<f32>, _: usize| x * f32::NAN;
    let found = flow.log_density(&nan, &array![[1.0_f32], [2.0]]);
    let refused = Error::NotFinite {
        what: "the prediction",
        index: 0,
        value: f64::NAN,
    };
    assert_eq!(found.unwrap_err().to_string(), refused.to_string());
}
