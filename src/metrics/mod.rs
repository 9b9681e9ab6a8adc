//! Distances between samples and distributions, each with what chance alone would give.

mod kolmogorov_smirnov;

pub use kolmogorov_smirnov::{ks_critical, ks_one_sample, ks_two_sample};
