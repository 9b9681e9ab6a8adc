//! With the exact denoiser, samplers write: every sentence is of the language, as likely as the language has it.

use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{ExactText, Grammar, Reading, WordVectors};

use crate::support::{SIGMAS, assert_close};

/// Sentences of a sampler, 25 steps.
fn read(grammar: &Grammar, method: Method, n: usize) -> Reading {
    let mut rng = Rng::new(1);
    let vectors = WordVectors::random(grammar.vocabulary().len(), 16, &mut rng).unwrap();
    let schedule = Schedule::cosine(200).unwrap();
    let exact = ExactText::new(grammar, &vectors, &schedule, Prediction::X0).unwrap();
    let noise = rng.standard_normal(n, grammar.places() * 16).unwrap();
    let sampler = Sampler::new(&schedule, method, 25).unwrap();
    let x0 = sampler.sample(&exact, &noise, &mut rng).unwrap();
    grammar.read(&vectors.round(&x0).unwrap()).unwrap()
}

/// All are valid; and −ln p has the grammar's entropy as its mean, within the sampler's own error, below 0.1 nats, and
/// six standard errors of 500 sentences: 0.13 nats and 0.6.
#[test]
fn all_sentences_are_valid_and_as_likely_as_they_should_be() {
    const METHODS: [Method; 4] = [Method::DDIM, Method::DDPM, Method::DpmSolver, Method::Heun];
    for (grammar, methods) in [
        (Grammar::aligned(), &METHODS[..]),
        (Grammar::free(), &METHODS[..2]),
    ] {
        for method in methods {
            let found = read(&grammar, *method, 500);
            assert_eq!(found.valid, 500, "{method:?}");
            let nats = found.nll.unwrap();
            let bound = 0.1 + SIGMAS * nats.standard_error;
            assert_close(
                format_args!("{method:?}"),
                nats.mean,
                grammar.entropy(),
                bound,
            );
        }
    }
}
