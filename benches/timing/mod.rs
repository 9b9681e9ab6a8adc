//! How the benches of layers measure.

use std::time::Instant;

use diffusion_intuition::Result;
use diffusion_intuition::autograd::{Gradients, Tape, Var, Workspace};
use diffusion_intuition::network::Parameters;
use ndarray::Array2;

/// Does the work under a heading on one thread and on two; nothing if this is not `cargo bench` but a test run over
/// all targets.
pub fn on_threads(heading: &str, work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    println!("{heading}");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("two threads").install(&work)?;
    }
    Ok(())
}

/// Seconds forward and backward, of the sum of what `op` makes of x; and the memory to go on with.
pub fn once(
    parameters: &Parameters,
    x: &Array2<f32>,
    op: impl Fn(&mut Tape, Var) -> Result<Var>,
    gradients: &mut Gradients,
    work: Workspace,
) -> Result<([f64; 2], Workspace)> {
    let mut tape = Tape::with_workspace(parameters, work);
    let x = tape.variable(x);
    let start = Instant::now();
    let y = op(&mut tape, x)?;
    let forward = start.elapsed().as_secs_f64();
    let loss = tape.sum(y)?;
    let start = Instant::now();
    tape.backward(loss, gradients)?;
    let backward = start.elapsed().as_secs_f64();
    Ok(([forward, backward], tape.into_workspace()))
}
