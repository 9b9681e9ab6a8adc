//! With the exact denoiser, samplers write: every sentence is of the language, as likely as the language has it.

use diffusion_intuition::metrics::Estimate;
use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{ExactText, Grammar, WordVectors};

use crate::support::SIGMAS;

/// Sentences of a sampler, 25 steps, all valid; their mean −ln p.
fn nats(
    grammar: &Grammar,
    exact: &ExactText,
    vectors: &WordVectors,
    schedule: &Schedule,
    method: Method,
    n: usize,
) -> Estimate {
    let mut rng = Rng::new(1);
    let noise = rng
        .standard_normal(n, grammar.places() * vectors.dim())
        .unwrap();
    let sampler = Sampler::new(schedule, method, 25).unwrap();
    let x0 = sampler.sample(exact, &noise, &mut rng).unwrap();
    let sentences = vectors.round(&x0).unwrap();
    let surprise = sentences.rows().into_iter().map(|row| {
        let row = row.to_vec();
        assert_eq!(
            grammar.first_error(&row).unwrap(),
            None,
            "{method:?}: {}",
            grammar.vocabulary().text(&row)
        );
        -grammar.log_prob(&row).unwrap()
    });
    Estimate::of(&surprise.collect::<Vec<_>>()).unwrap()
}

#[test]
fn all_sentences_of_all_samplers_are_valid_and_as_likely_as_they_should_be() {
    for (grammar, n) in [(Grammar::aligned(), 1000), (Grammar::free(), 600)] {
        let words = grammar.vocabulary().len();
        let vectors = WordVectors::random(words, 16, &mut Rng::new(0)).unwrap();
        let schedule = Schedule::cosine(200).unwrap();
        let exact = ExactText::new(&grammar, &vectors, &schedule, Prediction::X0).unwrap();
        for method in [Method::DDIM, Method::DDPM, Method::DpmSolver, Method::Heun] {
            let found = nats(&grammar, &exact, &vectors, &schedule, method, n);
            println!(
                "{method:?}: {found} {} {}",
                grammar.entropy(),
                found.standard_error
            );
            let gap = (found.mean - grammar.entropy()).abs();
            assert!(gap < 0.1 + SIGMAS * found.standard_error);
        }
    }
}
