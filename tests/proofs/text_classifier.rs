//! The exact classifier of sentences, and what is guided by it, beside sums over all sentences.

use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{ExactClassifier, ExactText};

use crate::support::{assert_all_close, assert_close};
use crate::text_exact::{TIMES, TOLERANCE, World, ln_sum, posterior, weights};
use crate::text_support::{Listed, cats};

#[test]
fn the_classifier_is_bayes_and_its_gradient_a_difference_quotient() {
    let world = World::of(&cats());
    for (name, number, value) in [("number", 0, "many"), ("mood", 1, "calm")] {
        let classifier = ExactClassifier::new(
            &world.grammar,
            &[(name, value)],
            &world.vectors,
            &world.schedule,
        )
        .unwrap();
        for t in TIMES {
            let (x, alpha_bar) = (world.rows(t), world.schedule.alpha_bar(t).unwrap());
            let (found, gradient) = (
                classifier.log_prob(&x, t).unwrap(),
                classifier.gradient(&x, t).unwrap(),
            );
            for (i, row) in x.rows().into_iter().enumerate() {
                let joint = world.joint(row.as_slice().unwrap(), alpha_bar);
                let share = |listed: &Listed| {
                    let ways = listed
                        .ways
                        .iter()
                        .filter(|(values, _)| values[number] == value);
                    ways.map(|(_, p)| p).sum::<f64>() / listed.p
                };
                let having = joint.iter().zip(&world.sentences);
                let having: Vec<f64> = having
                    .map(|(joint, (_, of))| joint + share(of).ln())
                    .collect();
                let expected = ln_sum(&having) - ln_sum(&joint);
                assert_close(
                    value,
                    found[i],
                    expected,
                    TOLERANCE + 1e-12 * joint[0].abs(),
                );
                // Σ over sentences of (their share given c − their share) √ᾱ e/(1−ᾱ).
                let pull =
                    posterior(&world, &weights(&having)) - posterior(&world, &weights(&joint));
                let pull = pull.dot(&world.vectors.vectors().mapv(f64::from));
                let scale = alpha_bar.sqrt() / (1.0 - alpha_bar);
                let expected = pull.iter().map(|x| x * scale).collect::<Vec<_>>();
                assert_all_close("gradient", gradient.row(i), &expected, |_| {
                    10.0 * TOLERANCE * scale
                });
            }
        }
        // Central differences, where ln p bends on the scale of 1 and steps of 2⁻⁷ are exact in f32: the error is
        // step²/6 times a third derivative below 10, and rounding 1e-12/step.
        let (x, t) = (world.rows(150), 150);
        let gradient = classifier.gradient(&x, t).unwrap();
        let x = x.mapv(|x| (x * 1024.0).round() / 1024.0);
        let rounded = classifier.gradient(&x, t).unwrap();
        assert!((&rounded - &gradient).iter().all(|gap| gap.abs() < 1e-2));
        for j in 0..x.ncols() {
            let step = 1.0 / 128.0;
            let at = |by: f32| {
                let mut x = x.clone();
                x.column_mut(j).mapv_inplace(|x| x + by);
                classifier.log_prob(&x, t).unwrap()
            };
            let quotient = (at(step) - at(-step)) / (2.0 * f64::from(step));
            assert_all_close("slope", &quotient, rounded.column(j), |_| 1e-4);
        }
    }
}

/// Guided by the classifier at scale 1, the exact denoiser is that of the narrower grammar, whatever it predicts.
#[test]
fn guidance_at_scale_one_is_the_condition() {
    let world = World::of(&cats());
    let wanted = [("number", "one")];
    let (narrow, _) = world.grammar.given(&wanted).unwrap();
    let classifier =
        ExactClassifier::new(&world.grammar, &wanted, &world.vectors, &world.schedule).unwrap();
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let (any, given) = (
            world.exact(kind),
            ExactText::new(&narrow, &world.vectors, &world.schedule, kind).unwrap(),
        );
        let guided = classifier.guide(&any, 1.0).unwrap();
        assert!(guided.is_exact() && guided.prediction() == kind);
        for t in TIMES {
            let (x, noise) = (world.rows(t), world.schedule.noise_level(t).unwrap());
            let (a, b) = (
                guided.denoise(&x, t).unwrap(),
                given.denoise(&x, t).unwrap(),
            );
            for (a, b) in a.iter().zip(&b) {
                // Two roundings to f32, of numbers up to 2 over the noise.
                assert_close(
                    format_args!("t {t}"),
                    (*a).into(),
                    (*b).into(),
                    5e-7 / noise,
                );
            }
            let twice = classifier.guide(&any, 2.0).unwrap().denoise(&x, t).unwrap();
            let once = any.denoise(&x, t).unwrap();
            for ((twice, a), once) in twice.iter().zip(&a).zip(&once) {
                let expected = f64::from(2.0 * a - once);
                assert_close("twice", (*twice).into(), expected, 1e-6 / noise);
            }
        }
    }
    assert!(
        classifier
            .guide(&world.exact(Prediction::X0), f64::NAN)
            .is_err()
    );
}
