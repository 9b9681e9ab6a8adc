//! Training: its steps, its files, and PyTorch's numbers.

mod files;
mod muon;
mod optimizer;
mod pytorch;
mod resume;
mod sentences;
mod steps;
mod stops;
mod support;
mod taught;
mod teachers;
mod trouble;
mod weights;
