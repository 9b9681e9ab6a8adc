//! Draws the two-dimensional data sets, 2000 points each.
//!
//! `cargo run --release --example datasets [FILE.svg]`

use diffusion_intuition::prelude::*;

fn main() -> Result<()> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "datasets.svg".to_owned());
    let rng = &mut Rng::new(0);
    let n = 2000;
    let sets = [
        ("moons", data::moons(n, rng)?),
        ("swiss_roll", data::swiss_roll(n, rng)?),
        ("spiral", data::spiral(n, rng)?),
        ("ring", data::ring(n, rng)?),
        ("grid", data::grid(n, rng)?),
        ("checkerboard", data::checkerboard(n, rng)?),
        ("ferris", data::ferris(n, rng)?),
    ];
    let mut panels = Vec::new();
    for (name, points) in &sets {
        let panel = Panel::new().title(name).points(name, points).width(2.0);
        panels.push(panel.x_range(-2.6, 2.6).y_range(-2.6, 2.6).equal_aspect());
    }
    let alt = "Scatter plots of 2000 points each: two moons, a Swiss roll, a spiral of two arms, 8 heaps on a \
               circle, 25 heaps on a grid, a checkerboard, and a smiling crab.";
    Figure::panels("Data in two dimensions", 3, &panels, alt)?.save(&path)?;
    println!("{path}");
    Ok(())
}
