//! What a training run is about: what must be the same for it to go on.

use super::batch::Data;
use super::config::TrainConfig;
use super::safetensors::TensorFile;
use crate::error::Result;
use crate::hash::fnv1a;
use crate::network::Parameters;
use crate::schedule::Schedule;

/// Metadata of a checkpoint: key and value of each thing that must be the same.
#[derive(Debug, Clone)]
pub(super) struct Identity(pub Vec<(&'static str, String)>);

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
            learning_rate,
            clip,
            ema,
            seed,
            report_every: _, // changes no number of the run
        } = config;
        let betas = schedule.betas().iter().flat_map(|beta| beta.to_le_bytes());
        let (count, matrices) = (parameters.count(), parameters.len());
        let timesteps = schedule.timesteps();
        Self(vec![
            (SEED, seed.to_string()),
            (
                NETWORK,
                summary(
                    format!("{count} parameters in {matrices} matrices"),
                    parameters.layout(),
                ),
            ),
            ("batch", batch.to_string()),
            ("prediction", format!("{prediction:?}")),
            ("adam", format!("{adam:?}")),
            ("learning_rate", format!("{learning_rate:?}")),
            ("clip", format!("{clip:?}")),
            ("ema", format!("{ema:?}")),
            (SCHEDULE, summary(format!("T = {timesteps}"), fnv1a(betas))),
            (DATA, of_data(data)),
        ])
    }

    /// Refuses the file of another run, with a sentence that says what differs.
    pub fn check(&self, file: &TensorFile) -> Result<()> {
        let mut found: Vec<(&str, &str, &str)> = Vec::new();
        for (key, here) in &self.0 {
            match file.metadata(key) {
                Some(there) if there == here => {}
                Some(there) => found.push((*key, there, here)),
                None => {
                    return Err(file.refuse(format!(
                        "it does not say which {key} it belongs to, as the file of a run that keeps itself does; \
                         name another file, to start anew"
                    )));
                }
            }
        }
        // Another seed splits and shuffles the data otherwise: that the rows differ too is no news then.
        if found.first().is_some_and(|(key, ..)| *key == SEED) {
            found.retain(|(key, ..)| *key != DATA);
        }
        if found.is_empty() {
            return Ok(());
        }
        let found: Vec<_> = found.into_iter().map(difference).collect();
        let found = found.join(" and ");
        Err(file.refuse(format!(
            "it belongs to a run with {found}: remove it, or name another file, to start anew"
        )))
    }
}

const SEED: &str = "seed";
const NETWORK: &str = "network";
const SCHEDULE: &str = "schedule";
const DATA: &str = "data";

/// What differs, in words.
fn difference((key, there, here): (&str, &str, &str)) -> String {
    let [said, own] = [there, here].map(|value| value.split(MARK).next().unwrap_or(value));
    let values = match said == own {
        true => format!("({said}, other numbers)"),
        false => format!("({said} there, {own} here)"),
    };
    match key {
        SEED => format!("another seed {values}"),
        NETWORK if said == own => format!("another network ({said}, other names or shapes)"),
        NETWORK => format!("another network {values}"),
        SCHEDULE => format!("another schedule {values}"),
        DATA => format!("other data {values}"),
        setting => format!("other settings ({setting}: {said} there, {own} here)"),
    }
}

/// Between what a reader is told of a value and the number that tells it from all others.
const MARK: &str = " #";

fn summary(text: String, hash: u64) -> String {
    format!("{text}{MARK}{hash:016x}")
}

fn of_data(data: &Data) -> String {
    match data {
        Data::Rows(rows) => {
            let (n, d) = rows.dim();
            let values = rows.iter().flat_map(|x| x.to_le_bytes());
            summary(format!("rows of shape {n}x{d}"), fnv1a(values))
        }
        Data::Fresh(mixture) => {
            let hash = fnv1a(format!("{mixture:?}").bytes());
            summary(format!("a mixture of dimension {}", mixture.dim()), hash)
        }
    }
}
