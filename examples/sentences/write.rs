//! Sentences, and where they go wrong.

use diffusion_intuition::network::Network;
use diffusion_intuition::prelude::*;

use crate::args::Sample;
use crate::measure::shown;
use crate::recipe;

pub fn sample(args: &Sample) -> Result<()> {
    let grammar = args.language.grammar();
    let mut network = args.language.network()?;
    network.parameters_mut().load(&args.weights)?;
    let label = label(args)?;
    let labels = vec![label; args.count];
    let rng = &mut Rng::new(args.seed);
    let sentences = recipe::write(&network, &labels, args.scale, args.clamp, rng)?;
    for sentence in sentences.rows() {
        let sentence = sentence.to_vec();
        let text = grammar.vocabulary().text(&sentence);
        match grammar.first_error(&sentence)? {
            None => println!("{text}"),
            Some(place) => println!("{text}   <- wrong from word {}", place + 1),
        }
    }
    println!("{}", shown(&grammar.read(&sentences)?));
    Ok(())
}

/// The class that has the values that were asked for.
fn label(args: &Sample) -> Result<Option<usize>> {
    if args.about.is_empty() {
        return Ok(None);
    }
    let grammar = args.language.grammar();
    let wanted: Vec<(&str, &str)> = args.about.iter().map(|(a, b)| (&**a, &**b)).collect();
    // An attribute or a value that does not exist is named.
    grammar.given(&wanted)?;
    let classes = args.language.classes(&grammar);
    let is = |class: &Vec<(&'static str, String)>| {
        let has =
            |(name, value): &(&'static str, String)| wanted.contains(&(*name, value.as_str()));
        class.len() == wanted.len() && class.iter().all(has)
    };
    match classes.iter().position(is) {
        Some(label) => Ok(Some(label)),
        None => Err(Error::Unsupported {
            what: format!("a class by {} values", wanted.len()),
            valid: "the network is told all its attributes at once: --help lists them",
        }),
    }
}
