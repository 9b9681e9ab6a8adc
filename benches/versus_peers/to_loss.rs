//! How long training takes to reach a held-out loss, and how much memory: each contender in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use diffusion_intuition::Rng;
use diffusion_intuition::network::Network;
use serde_json::{Value, json};

use crate::batch::Batch;
use crate::case::Result;
use crate::peer::Peer;
use crate::python::Environment;
use crate::{reference, train};

/// The option that makes this program ours alone: it trains, and prints what it took.
pub const OPTION: &str = "--train-to-loss";

const BATCH: usize = 256;

/// Steps between two looks at the held-out loss, which count too.
const STEPS: u64 = 100;

/// Most steps; noise in the weights may keep a run above the loss for good.
const MOST: u64 = 20_000;

/// Rows of the held-out batch.
const HELD_OUT: usize = 10_000;

/// Held-out mean squared error: near what any network can reach, which a run at this rate hovers about
/// from step 1000 on. An untrained network has about 1.
const LOSS: f32 = 0.47;

fn held_out() -> Result<Batch> {
    let schedule = reference::schedule();
    Ok(Batch::draw(HELD_OUT, &schedule, &mut Rng::new(4))?)
}

/// Runs everyone and prints a line for each.
pub fn run(scratch: &Path) -> Result<()> {
    let mut told = train::share(BATCH, &reference::schedule(), scratch)?;
    held_out()?.share("held_out", scratch, &mut told)?;
    told["steps"] = json!(STEPS);
    told["most"] = json!(MOST);
    told["loss"] = json!(LOSS);
    println!("ring of eight heaps, batch {BATCH}, Adam at 1e-3, to a held-out loss of {LOSS}:");
    let output = Command::new(env::current_exe()?).arg(OPTION).output()?;
    print("ours", &serde_json::from_slice(&output.stdout)?);
    let environment = Environment::ensure()?;
    let peers = [
        ("PyTorch", "torch", "eager"),
        ("PyTorch, torch.compile", "torch", "compile"),
        ("JAX, jit+scan", "jax", "scan"),
    ];
    for (label, library, form) in peers {
        let answer = Peer::start(library, &environment, scratch).and_then(|(mut peer, _)| {
            peer.ask(&json!({ "do": "to_loss", "case": "train", "form": form, "parameters": told }))
        });
        match answer {
            Ok(answer) => print(label, &answer),
            Err(error) => println!("{label} is left out: {error}."),
        }
    }
    Ok(())
}

fn print(label: &str, answer: &Value) {
    let figure = |name: &str| answer[name].as_f64().unwrap_or(f64::NAN);
    println!(
        "{label}: {:.2} s, {} steps to {:.4}, peak memory {:.0} MB",
        figure("seconds"),
        figure("steps"),
        figure("loss"),
        figure("peak_bytes") / 1e6
    );
}

/// Ours, in this process.
pub fn ours() -> Result<()> {
    let (schedule, held_out) = (reference::schedule(), held_out()?);
    let mut network = reference::network();
    let mut trainer = train::trainer(&network, &schedule, BATCH)?;
    let start = Instant::now();
    let mut loss = f32::INFINITY;
    while loss > LOSS && trainer.step() < MOST {
        trainer.run(&mut network, STEPS, |_| ())?;
        let eps = network.predict(&held_out.x_t, &held_out.ts)?;
        let squares = (eps - &held_out.eps).mapv(|e| e * e);
        loss = squares.mean().unwrap_or(f32::NAN);
    }
    let answer = json!({
        "seconds": start.elapsed().as_secs_f64(),
        "steps": trainer.step(),
        "loss": loss,
        "peak_bytes": peak_bytes(),
    });
    println!("{answer}");
    Ok(())
}

/// Most memory that this process has held, where the system tells (Linux).
fn peak_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(1024.0 * kilobytes)
}
