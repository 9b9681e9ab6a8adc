//! The numerical proofs: one module a promise, in one binary (one link instead of sixteen).
//!
//! `cargo test --test proofs mixture_` runs what belongs to mixtures, and so on. Three kinds of tolerance
//! occur, and each use says which it is: a bound on rounding; the truncation error of a formula that checks
//! another; or a statistical bound with its confidence (see `support`). All randomness is seeded, so a test
//! either always passes or never does; the confidence says how unlikely an unlucky seed was.

mod pytorchs;
mod support;
#[expect(dead_code, reason = "tests/train uses the rest")]
#[path = "../train/support.rs"]
mod train_support;

mod autograd_pytorch;
mod data;
mod data_csv;
mod data_csv_kinds;
mod data_csv_numbers;
mod data_digits;
mod data_fashion;
mod data_split;
mod data_standardizer;
mod empirical;
mod file;
mod forward_batch;
mod forward_chain;
mod forward_input;
mod forward_posterior;
mod forward_sample;
mod gan;
mod gan_spectral;
mod gan_trouble;
mod likelihood_bound;
mod likelihood_decoder;
mod likelihood_flow;
mod likelihood_gap;
mod likelihood_learned;
mod likelihood_units;
mod metrics;
mod metrics_compare;
mod metrics_distances;
mod metrics_estimate;
mod metrics_modes;
mod metrics_pictures;
mod mixture_density;
mod mixture_fit;
mod mixture_flow;
mod mixture_gaussian;
mod mixture_input;
mod mixture_marginal;
mod mixture_one_dimension;
mod mixture_optimal;
mod mixture_quadrature;
mod mixture_reverse;
mod mixture_reverse_process;
mod mixture_score;
mod network_autoencoder;
mod network_given;
mod network_prompts;
mod network_prompts_refused;
mod network_transformer;
mod network_transformer_answers;
mod network_transformer_refused;
mod network_unet;
mod network_unet_refused;
mod path;
mod prediction;
mod rng;
mod rng_normal;
mod sampler_amplification;
mod sampler_conditioning;
mod sampler_consistency;
mod sampler_exact;
mod sampler_golden;
mod sampler_identities;
mod sampler_input;
mod sampler_near_zero;
mod sampler_order;
mod sampler_own;
mod sampler_words;
mod scenes_draw;
mod scenes_judge;
mod scenes_language;
mod schedule_errors;
mod schedule_golden;
mod schedule_properties;
mod text_classifier;
mod text_corpus;
mod text_exact;
mod text_grammar;
mod text_reading;
mod text_refused;
mod text_support;
mod text_writes;
mod train_labels;
mod train_labels_drawn;
mod train_pairs;
