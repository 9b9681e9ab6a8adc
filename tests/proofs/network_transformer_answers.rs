//! What a Transformer answers: untrained, next to no noise, at any number of threads.

use diffusion_intuition::network::{Learned, Network, Parameters, Transformer, TransformerConfig};
use diffusion_intuition::text::WordVectors;
use diffusion_intuition::{Denoiser, Prediction, Rng, Schedule};
use ndarray::{Array2, s};

use crate::network_transformer::{
    Batch, loss_and_gradients, reference, schedule, small, unit_vectors,
};
use crate::pytorchs::{difference, golden};
use crate::support::assert_same_at_any_thread_count;

/// softmax of (√ᾱ·x·e − ½ᾱ‖e‖²)/(1−ᾱ): Bayes' rule for places that know nothing of each other.
#[test]
fn untrained_it_answers_what_each_place_says_by_itself() {
    let vectors = WordVectors::new(Rng::new(4).standard_normal(9, 6).unwrap()).unwrap();
    let config = TransformerConfig::new(&vectors, 4, &schedule());
    let network = Transformer::new(&config, &mut Rng::new(0)).unwrap();
    let x_t = Rng::new(5).standard_normal(3, 24).unwrap();
    let ts = [0, 20, 49];
    let p = network.posteriors(&x_t, &ts, &[None; 3]).unwrap();
    let e = vectors.vectors().mapv(f64::from);
    for (place, p) in p.rows().into_iter().enumerate() {
        let alpha_bar = schedule().alpha_bar(ts[place / 4]).unwrap();
        let x = x_t.slice(s![place / 4, place % 4 * 6..place % 4 * 6 + 6]);
        let x = x.mapv(f64::from);
        let log = |e: ndarray::ArrayView1<f64>| {
            let off = &x - &(&e * alpha_bar.sqrt());
            -off.dot(&off) / (2.0 * (1.0 - alpha_bar))
        };
        let logs: Vec<f64> = e.rows().into_iter().map(log).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        for (p, log) in p.iter().zip(&logs) {
            // Logits of some thousands at 1 − ᾱ = 1e-3 round to 2e-4.
            let exact = (log - most).exp() / sum;
            assert!((f64::from(*p) - exact).abs() < 1e-3, "{place}: {p} {exact}");
        }
    }
    // And x̂_0 is the mean of the vectors under it.
    let x0 = network.predict(&x_t, &ts).unwrap();
    let mean = p.dot(vectors.vectors());
    let mean = mean.into_shape_with_order((3, 24)).unwrap();
    assert!(difference(&x0, mean.as_slice().unwrap()) < 1e-5);
    let denoiser = Prediction::X0.of(&network);
    assert!(denoiser.denoise(&x_t, 20).is_ok());
}

/// 1 − ᾱ = 1e-4 and far less: finite, and sure of the word.
#[test]
fn next_to_no_noise_leaves_no_doubt() {
    let vectors = WordVectors::random(40, 16, &mut Rng::new(0)).unwrap();
    let schedule = Schedule::from_betas(vec![1e-7, 1e-4, 0.5]).unwrap();
    let config = TransformerConfig::new(&vectors, 5, &schedule);
    let network = Transformer::new(&config, &mut Rng::new(0)).unwrap();
    let words = Array2::from_shape_fn((8, 5), |(i, j)| (5 * i + j) % 40);
    let x0 = vectors.encode(&words).unwrap();
    for t in [0, 1] {
        let (x_t, _) = schedule.q_sample(&x0, t, &mut Rng::new(1)).unwrap();
        let x = network.predict_at(&x_t, t).unwrap();
        assert!(difference(&x, x0.as_slice().unwrap()) < 1e-5, "{t}");
    }
}

#[test]
fn neither_threads_nor_the_batch_change_a_bit() {
    let mut file = golden("pytorch_transformer");
    let network = reference();
    let batch = Batch::golden(&mut file, "reference", &network);
    let run = || {
        let (loss, gradients) = loss_and_gradients(&network, &batch.minibatch(0..8));
        let all = network
            .parameters()
            .ids()
            .flat_map(|id| gradients.get(id).to_owned());
        let flat: Vec<u32> = all.map(f32::to_bits).collect();
        let p = network.posteriors(&batch.x_t, &batch.ts, &batch.labels);
        (loss.to_bits(), flat, p.unwrap())
    };
    assert_same_at_any_thread_count(run);
    let p = run().2;
    for i in 0..8 {
        let x_t = batch.x_t.slice(s![i..i + 1, ..]).to_owned();
        let alone = network.posteriors(&x_t, &batch.ts[i..=i], &batch.labels[i..=i]);
        let rows = p.slice(s![10 * i..10 * i + 10, ..]);
        assert_eq!(alone.unwrap(), rows, "row {i}");
    }
}

/// Names and shapes that a file of weights has.
#[test]
fn sizes_of_the_reference_network() {
    let names = |parameters: &Parameters| -> Vec<String> {
        let ids = parameters.ids();
        ids.map(|id| parameters.name(id).to_owned()).collect()
    };
    let network = reference();
    let plain = names(network.parameters());
    assert_eq!(network.parameters().count(), 229_590 + 4 * 64);
    assert!(!plain.contains(&"vectors".to_owned()));
    assert_eq!(names(small(Learned::Free).parameters())[0], "vectors");
    let unit = small(Learned::UnitNorm).vectors().unwrap();
    assert!(
        difference(
            unit.vectors(),
            unit_vectors(7, 5).vectors().as_slice().unwrap()
        ) < 1e-6
    );
}
