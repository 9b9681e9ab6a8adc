//! What a training run is about: what must be the same for it to go on.

use ndarray::Array2;

use super::batch::Data;
use super::config::TrainConfig;
use super::safetensors::TensorFile;
use crate::autograd::Parameters;
use crate::error::Result;
use crate::hash::fnv1a;
use crate::schedule::Schedule;

/// Texts of a checkpoint: key and value of each thing that must be the same.
#[derive(Debug, Clone)]
pub(super) struct Identity(pub Vec<(&'static str, String)>);

const SEED: &str = "seed";
const NETWORK: &str = "network";
const SCHEDULE: &str = "schedule";
const DATA: &str = "data";
const AUGMENT: &str = "augment";
const TIMES: &str = "times";
const MUON: &str = "muon";

/// Between what a reader is told of a value and the number that tells it from all others.
const MARK: &str = " #";

impl Identity {
    pub fn new(
        parameters: &Parameters,
        data: &Data,
        schedule: &Schedule,
        config: &TrainConfig,
    ) -> Self {
        // All fields are named here, so that a new one is not forgotten.
        let TrainConfig {
            batch,
            prediction,
            adam,
            muon,
            learning_rate,
            clip_grad_norm,
            ema,
            label_dropout,
            augment,
            times,
            seed,
            report_every: _, // changes no number of the run
        } = config;
        let (count, matrices) = (parameters.count(), parameters.len());
        let network = format!("{count} parameters in {matrices} matrices");
        let betas = schedule.betas().iter().flat_map(|beta| beta.to_le_bytes());
        let timesteps = format!("T = {}", schedule.timesteps());
        let mut texts = vec![
            (SEED, seed.to_string()),
            (NETWORK, summary(network, parameters.layout())),
            ("batch", batch.to_string()),
            ("prediction", format!("{prediction:?}")),
            ("adam", format!("{adam:?}")),
            ("learning_rate", format!("{learning_rate:?}")),
            ("clip", format!("{clip_grad_norm:?}")),
            ("ema", format!("{ema:?}")),
            (SCHEDULE, summary(timesteps, fnv1a(betas))),
            (DATA, of_data(data)),
            (AUGMENT, format!("{augment:?}")),
            (TIMES, format!("{times:?}")),
            (MUON, format!("{muon:?}")),
        ];
        if data.labels().is_some() {
            texts.push(("label_dropout", format!("{label_dropout:?}")));
        }
        Self(texts)
    }

    /// Refuses the file of another run, with a sentence that says what differs.
    pub fn check(&self, file: &TensorFile) -> Result<()> {
        let mut found = Vec::new();
        for (key, here) in &self.0 {
            // Settings that are younger than the files.
            let unsaid = match *key {
                AUGMENT | MUON => Some("None"),
                TIMES => Some("Uniform"),
                _ => None,
            };
            let there = file.metadata(key).or(unsaid).ok_or_else(|| {
                file.refuse(format!(
                    "it does not say which {key} it belongs to, as the file of a run that keeps itself does; \
                     name another file, to start anew"
                ))
            })?;
            // Another seed splits and shuffles the data otherwise: that the rows differ too is no news then.
            let is_news = *key != DATA || found.first().is_none_or(|(key, _)| *key != SEED);
            if there != here && is_news {
                found.push((*key, difference(key, there, here)));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let found: Vec<_> = found.into_iter().map(|(_, words)| words).collect();
        let found = found.join(" and ");
        Err(file.refuse(format!(
            "it belongs to a run with {found}: remove it, or name another file, to start anew"
        )))
    }
}

/// What differs, in words.
fn difference(key: &str, there: &str, here: &str) -> String {
    let [said, own] = [there, here].map(|value| value.split(MARK).next().unwrap_or(value));
    let values = match (said == own, key) {
        (true, NETWORK) => format!("({said}, other names or shapes)"),
        (true, _) => format!("({said}, other numbers)"),
        (false, _) => format!("({said} there, {own} here)"),
    };
    match key {
        SEED | NETWORK | SCHEDULE => format!("another {key} {values}"),
        DATA => format!("other data {values}"),
        setting => format!("other settings ({setting}: {said} there, {own} here)"),
    }
}

fn summary(text: String, hash: u64) -> String {
    format!("{text}{MARK}{hash:016x}")
}

fn of_data(data: &Data) -> String {
    match data {
        Data::Rows(rows) => {
            let (n, d) = rows.dim();
            summary(format!("rows of shape {n}x{d}"), fnv1a(bytes(rows)))
        }
        Data::Pairs(x0, noise) => {
            let (n, d) = x0.dim();
            let hash = fnv1a(bytes(x0).chain(bytes(noise)));
            summary(format!("pairs of shape {n}x{d}"), hash)
        }
        Data::Labelled(rows, labels) => {
            let (n, d) = rows.dim();
            let numbers = labels.iter().flat_map(|c| (*c as u64).to_le_bytes());
            let hash = fnv1a(bytes(rows).chain(numbers));
            summary(format!("labelled rows of shape {n}x{d}"), hash)
        }
        Data::Sentences {
            words,
            labels,
            vectors,
        } => {
            let (n, places) = words.dim();
            let numbers = words.iter().chain(labels.iter().flatten());
            let numbers = numbers.flat_map(|word| (*word as u64).to_le_bytes());
            let hash = fnv1a(numbers.chain(bytes(vectors.vectors())));
            let kind = if labels.is_some() {
                "labelled sentences"
            } else {
                "sentences"
            };
            let (words, d) = vectors.vectors().dim();
            let text = format!("{n} {kind} of {places} places, {words} words of {d} numbers");
            summary(text, hash)
        }
        Data::Fresh(mixture) => {
            let hash = fnv1a(format!("{mixture:?}").bytes());
            summary(format!("a mixture of dimension {}", mixture.dim()), hash)
        }
    }
}

fn bytes(rows: &Array2<f32>) -> impl Iterator<Item = u8> {
    rows.iter().flat_map(|x| x.to_le_bytes())
}
