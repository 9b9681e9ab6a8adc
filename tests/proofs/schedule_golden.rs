//! Tables and noised samples equal NumPy's, made by `tests/golden/schedule.py`.

use diffusion_intuition::{Result, Schedule};
use ndarray::Array1;

use crate::support::{assert_close, chapter_schedule, golden};

/// Largest relative error of an α, ᾱ or noise level. Each side rounds ᾱ_t at most 4 times a step: 800
/// half-ulps at T = 200, which is 9e-14; T = 1000 rounds once a step, for its β are given.
const TABLE: f64 = 1e-12;

/// The schedule behind a name of the golden file.
fn named(name: &str) -> Result<Schedule> {
    match name {
        "linear 200" => Ok(chapter_schedule()),
        "default" => Ok(Schedule::default()),
        "linear 1000" => Schedule::linear(1000, 1e-4, 0.02),
        "scaled_linear 200" => Schedule::scaled_linear(200, 1e-4, 0.02),
        "linear_rescaled 200" => Schedule::linear_rescaled(200),
        "linear_rescaled 20" => Schedule::linear_rescaled(20),
        "cosine 200" => Schedule::cosine(200),
        "cosine_with 50 0.1" => Schedule::cosine_with(50, 0.1),
        "sigmoid 200" => Schedule::sigmoid(200),
        "sigmoid_with 50 0 3 0.7" => Schedule::sigmoid_with(50, 0.0, 3.0, 0.7),
        "sqrt 200" => Schedule::sqrt(200),
        "zero_terminal_snr of linear 200" => chapter_schedule().zero_terminal_snr(),
        "zero_terminal_snr of scaled_linear 200" => {
            Schedule::scaled_linear(200, 1e-4, 0.02)?.zero_terminal_snr()
        }
        other => panic!("the golden file has a schedule that this test does not know: {other}"),
    }
}

/// Whether β is given (linear) or a difference 1 − ᾱ_t/ᾱ_{t−1}, which is rounded at the scale of 1.
fn given_as_betas(name: &str) -> bool {
    ["linear", "default", "scaled"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[test]
fn tables_are_numpys() {
    let rows = golden("schedules.csv", true);
    let mut names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    names.dedup();
    assert_eq!(names.len(), 13, "schedules in the golden file");
    for name in names {
        let schedule = named(name).unwrap();
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        assert_eq!(schedule.timesteps(), rows.len(), "{name}: T");
        let noise_levels = schedule.noise_levels();
        for (t, row) in rows.iter().enumerate() {
            assert_eq!(row[1], t.to_string());
            let golden: Vec<f64> = row[2..].iter().map(|v| v.parse().unwrap()).collect();
            // Four roundings of numbers near 1 on each side (two cosines, a ratio, a difference).
            let of_beta = match given_as_betas(name) {
                true => TABLE * golden[0],
                false => 8.0 * f64::EPSILON,
            };
            let what = |table: &str| format!("{name}: {table}[{t}]");
            let [beta, alpha, alpha_bar, noise] = golden[..] else {
                panic!("{} columns", golden.len())
            };
            assert_close(what("beta"), schedule.betas()[t], beta, of_beta);
            // β near 1 leaves an α of few digits: its absolute error is β's.
            let of_alpha = (TABLE * alpha).max(of_beta);
            assert_close(what("alpha"), schedule.alphas()[t], alpha, of_alpha);
            let found = schedule.alpha_bars()[t];
            assert_close(what("alpha_bar"), found, alpha_bar, TABLE * alpha_bar);
            // 1 − ᾱ is off by ᾱ's own rounding, 4 half-ulps of 1 for ᾱ near it, and √ halves that.
            let of_noise = match given_as_betas(name) {
                true => TABLE * noise,
                false => (TABLE * noise).max(f64::EPSILON / noise),
            };
            assert_close(what("noise level"), noise_levels[t], noise, of_noise);
            let one = schedule.noise_level(t).unwrap();
            assert_close(what("noise level"), one, noise, of_noise);
            assert_eq!(schedule.alpha_bar(t).unwrap(), found);
        }
    }
}

/// linspace repeats NumPy's operations in NumPy's order, so these are equal and not merely close.
#[test]
fn linear_tables_are_numpys_to_the_last_bit() {
    for name in ["linear 200", "default", "linear 1000"] {
        let schedule = named(name).unwrap();
        let rows = golden("schedules.csv", true);
        for (t, row) in rows.iter().filter(|row| row[0] == name).enumerate() {
            assert_eq!(schedule.betas()[t], row[2].parse::<f64>().unwrap(), "{t}");
            assert_eq!(
                schedule.alpha_bars()[t],
                row[4].parse::<f64>().unwrap(),
                "{t}"
            );
        }
    }
}

/// The chapter's `q_sample` on the chapter's data with the chapter's noise.
#[test]
fn q_sample_is_the_chapters() {
    let rows = golden("q_sample.csv", true);
    assert_eq!(rows.len(), 400);
    let column = |i: usize| -> Array1<f64> {
        let values = rows.iter().map(|row| row[i].parse::<f64>().unwrap());
        values.collect()
    };
    let schedule = chapter_schedule();
    let x0 = column(1).mapv(|x| x as f32);
    for (i, t) in [0, 20, 50, 100, 150, 199].into_iter().enumerate() {
        let (eps, expected) = (column(2 + 2 * i), column(3 + 2 * i));
        let x_t = schedule
            .q_sample_with(&x0, t, &eps.mapv(|e| e as f32))
            .unwrap();
        for (j, (found, expected)) in x_t.iter().zip(&expected).enumerate() {
            // Data, coefficient, product and sum are each rounded to f32 once: 4 half-ulps of each term,
            // whose coefficients are below 1.
            let size = f64::from(x0[j].abs()) + eps[j].abs();
            let tolerance = 2.0 * f64::from(f32::EPSILON) * size;
            let what = format!("x_t[{j}] at t = {t}");
            assert_close(what, f64::from(*found), *expected, tolerance);
        }
    }
}
