//! Mixtures, forward process, likelihood, metrics, schedules, random numbers.

use diffusion_intuition::{Rng, Schedule};

use crate::draw::{Draw, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("core::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[("q_sample", q_sample)];

fn q_sample(draw: &mut Draw) -> Result<(), String> {
    let schedule = Schedule::default();
    let (n, d) = (draw.small(), draw.small());
    let x0 = draw.rows(n, d);
    let t = draw.size();
    let Ok((x_t, eps)) = schedule.q_sample(&x0, t, &mut Rng::new(0)) else {
        return Ok(());
    };
    no_nan_f32("x_t", &x_t)?;
    no_nan_f32("eps", &eps)
}
