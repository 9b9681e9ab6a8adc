//! Diffusion against GANs on data whose modes are known: the numbers of section 4, over many seeds.
//!
//! ```text
//! cargo run --release --example gans            # everything: about 45 minutes on two cores
//! cargo run --release --example gans -- tune    # the settings of both GAN recipes, compared
//! cargo run --release --example gans -- runs    # ten seeds of every method on every set
//! cargo run --release --example gans -- speed   # seconds of training and sampling
//! ```
//!
//! The results go to the CSV files in this folder; section 4 reads them and repeats some of their rows. Those
//! of `tune` and `runs` are the same bits at any number of threads; those of `speed` belong to the machine.

mod judge;
mod method;
mod runs;
mod speed;
mod tune;

use diffusion_intuition::Result;
use ndarray::Array2;

fn main() -> Result<()> {
    let word = std::env::args().nth(1);
    match word.as_deref() {
        None => {
            tune::tune()?;
            runs::runs()?;
            speed::speed()
        }
        Some("tune") => tune::tune(),
        Some("runs") => runs::runs(),
        Some("speed") => speed::speed(),
        Some(word) => {
            eprintln!("{word:?} is none of tune, runs, speed");
            std::process::exit(2)
        }
    }
}

/// A file of results, beside this program.
fn file(name: &str) -> String {
    format!("{}/examples/gans/{name}.csv", env!("CARGO_MANIFEST_DIR"))
}

/// Rows in as few digits as f32 needs.
fn short(rows: &Array2<f32>) -> Array2<f64> {
    rows.mapv(|x| x.to_string().parse().unwrap_or(f64::from(x)))
}
