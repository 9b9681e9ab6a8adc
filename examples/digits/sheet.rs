//! Painted digits on a sheet.

use diffusion_intuition::prelude::*;

use crate::args::Sample;
use crate::recipe;

/// Pictures of each class.
const PER_CLASS: usize = 10;

pub fn sample(args: &Sample) -> Result<()> {
    let mut network = recipe::network()?;
    network.parameters_mut().load(&args.weights)?;
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; PER_CLASS]).collect();
    let painted = recipe::paint(&network, &labels, args.scale, &mut Rng::new(args.seed))?;
    // Ink is black on paper, as it was written.
    let sheet = Panel::pictures(&-painted, 8, 8)
        .columns(PER_CLASS)
        .row_labels(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let alt = format!(
        "Ten painted pictures of each digit, guidance scale {}.",
        args.scale
    );
    sheet.figure(&alt)?.save(&args.out)?;
    println!("{}", args.out.display());
    Ok(())
}
