//! Draws the README's figure: 400 points on their way from data to noise, with the exact density over each.
//!
//! `cargo run --release --example forward [FILE.svg]`

use diffusion_intuition::prelude::*;

fn main() -> Result<()> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "forward.svg".to_owned());
    let mut rng = Rng::new(0);
    let schedule = Schedule::linear(200, 1e-4, 0.02)?;
    let world = Mixture::bimodal();
    let x0 = data::bimodal(&mut rng);
    let grid = Array1::linspace(-5.0, 5.0, 401);

    let mut panels = Vec::new();
    for t in [0, 20, 50, 100, 150, 199] {
        let (x_t, _eps) = schedule.q_sample(&x0, t, &mut rng)?;
        let density = world.marginal(&schedule, t)?.density(&grid)?;
        let title = format!("t = {t}, noise level {:.3}", schedule.noise_level(t)?);
        panels.push(
            Panel::new()
                .title(&title)
                .x_label("x_t")
                .y_label("density")
                .x_range(-5.0, 5.0)
                .y_range(0.0, 1.2)
                .histogram("400 samples", &x_t, 50)
                .line("exact density", &grid, &density),
        );
    }
    let alt = "Six histograms of 400 samples, from two narrow heaps at t = 0 to one broad heap at t = 199, \
               with the exact density over each.";
    Figure::panels("From data to noise in 200 steps", 3, &panels, alt)?.save(&path)?;
    println!("{path}");
    Ok(())
}
