//! Predictions of ε, x0 and v are one thing in three units, where they exist.

use diffusion_intuition::{Error, Prediction, Schedule};
use ndarray::{Array1, array};

#[test]
fn every_kind_determines_the_others() {
    let schedule = Schedule::linear(200, 1e-4, 0.02).unwrap();
    let (x0, eps) = (array![1.5_f32, -2.0, 0.25], array![0.5_f32, 1.25, -3.0]);
    for t in [0, 50, 199] {
        let alpha_bar = schedule.alpha_bar(t).unwrap();
        let x_t = schedule.q_sample_with(&x0, t, &eps).unwrap();
        // v by its definition, Salimans & Ho 2022, §4.
        let (signal, noise) = (alpha_bar.sqrt() as f32, (1.0 - alpha_bar).sqrt() as f32);
        let v: Array1<f32> = signal * &eps - noise * &x0;
        let velocity = &eps - &x0;
        for (from, given) in [
            (Prediction::Eps, &eps),
            (Prediction::X0, &x0),
            (Prediction::V, &v),
            (Prediction::Velocity, &velocity),
        ] {
            let answers = [
                (from.to_eps(&schedule, &x_t, given, t).unwrap(), &eps),
                (from.to_x0(&schedule, &x_t, given, t).unwrap(), &x0),
            ];
            for (answer, truth) in answers {
                // At t = 0, √(1−ᾱ) = 0.01: ε from x0 magnifies rounding a hundredfold.
                let error = (answer - truth).mapv(f32::abs);
                let error = error.fold(0.0, |a: f32, b| a.max(*b));
                assert!(error < 5e-5, "{from:?} at {t}: {error}");
            }
        }
    }
}

#[test]
fn zero_terminal_snr_is_refused_where_it_divides_by_zero() {
    let schedule = Schedule::linear(10, 0.1, 0.2).unwrap();
    let schedule = schedule.zero_terminal_snr().unwrap();
    let x = array![1.0_f32];
    let refused = Err(Error::Degenerate {
        what: "x0 from eps",
        alpha_bar: 0.0,
    });
    assert_eq!(Prediction::Eps.to_x0(&schedule, &x, &x, 9), refused);
    // v and x0 still work there: v = −x0, and x_t = ε.
    let v = array![0.5];
    let x0 = Prediction::V.to_x0(&schedule, &x, &v, 9).unwrap();
    assert_eq!(x0, array![-0.5]);
    assert_eq!(Prediction::V.to_eps(&schedule, &x, &v, 9).unwrap(), x);
    // The velocity is x_t − x_0 there.
    let x0 = Prediction::Velocity.to_x0(&schedule, &x, &v, 9).unwrap();
    assert_eq!(x0, array![0.5]);
    let eps = Prediction::Velocity.to_eps(&schedule, &x, &v, 9).unwrap();
    assert_eq!(eps, x);
    assert!(Prediction::X0.to_x0(&schedule, &x, &x, 10).is_err());
}
