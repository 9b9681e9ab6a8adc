//! A training run on disk: stopped here, resumed there, the same bits.

use std::path::Path;

use super::batch::Data;
use super::config::TrainConfig;
use super::safetensors::{Tensor, TensorFile, write};
use super::trainer::Trainer;
use crate::error::Result;
use crate::network::Network;
use crate::schedule::Schedule;

/// Names the layout of the file.
const FORMAT: &str = "diffusion-intuition training state 1";

/// Largest number of steps that is believed: all of them are exact in f64.
const LAST_STEP: u64 = 1 << 53;

impl Trainer {
    /// Writes the state of the run to a safetensors file, atomically: `network`'s parameters under
    /// `model.`, their average under `ema.`, Adam's moments under `adam.m.` and `adam.v.`, and as metadata
    /// the number of steps and the seed (which together are the state of the random numbers).
    ///
    /// PyTorch reads it: `{k[6:]: v for k, v in load_file(path).items() if k.startswith("model.")}` is a
    /// `state_dict`. For the parameters alone there is
    /// [`Parameters::save`](crate::network::Parameters::save).
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) if the file cannot be written.
    pub fn save(&self, network: &dyn Network, path: impl AsRef<Path>) -> Result<()> {
        self.save_with(network, path.as_ref(), &[], Vec::new())
    }

    /// [`save`](Self::save) with further metadata and tensors, which [`resume`](Self::resume) passes over.
    pub(super) fn save_with<'a>(
        &'a self,
        network: &'a dyn Network,
        path: &Path,
        further: &[(&'static str, String)],
        more: Vec<Tensor<'a>>,
    ) -> Result<()> {
        let parameters = network.parameters();
        let mut tensors = parameters.tensors("model.");
        if let Some(ema) = &self.ema {
            tensors.extend(ema.tensors("ema."));
        }
        tensors.extend(parameters.tensors_of("adam.m.", &self.moments.m));
        tensors.extend(parameters.tensors_of("adam.v.", &self.moments.v));
        tensors.extend(more);
        let mut metadata = vec![
            ("format", FORMAT.to_owned()),
            ("step", self.step.to_string()),
            ("seed", self.config.seed.to_string()),
        ];
        metadata.extend_from_slice(further);
        write(path, &metadata, &tensors)
    }

    /// Goes on with a run that [`save`](Self::save) wrote: `network` gets its parameters, the trainer
    /// everything else. With the same data, schedule and settings the parameters are the same bits as if
    /// the run had never stopped; other settings than the seed may be changed. On an error `network` is
    /// unchanged.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) if the file cannot be read, is damaged, is of
    /// another network or seed, or lacks an average that `config` asks for; what [`new`](Self::new) returns.
    pub fn resume(
        path: impl AsRef<Path>,
        network: &mut dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        let mut trainer = Self::new(network, data, schedule, config)?;
        let mut file = TensorFile::open(path)?;
        let format = file.metadata("format");
        if format != Some(FORMAT) {
            let found = format.unwrap_or("none");
            return Err(file.refuse(format!("its format is \"{found}\", expected \"{FORMAT}\"")));
        }
        let number = |key| {
            let text = file.metadata(key);
            let number = text.and_then(|text| text.parse::<u64>().ok());
            number.ok_or_else(|| file.refuse(format!("its {key} is {text:?}, expected a number")))
        };
        let (step, seed) = (number("step")?, number("seed")?);
        if step > LAST_STEP {
            return Err(file.refuse(format!("its step is {step}, more than any run takes")));
        }
        let wanted = trainer.config.seed;
        if seed != wanted {
            return Err(file.refuse(format!("its seed is {seed}, the settings say {wanted}")));
        }
        let parameters = network.parameters();
        let model = parameters.read(&mut file, "model.")?;
        if trainer.ema.is_some() {
            trainer.ema = Some(parameters.read(&mut file, "ema.")?);
        }
        let m = parameters.read(&mut file, "adam.m.")?;
        let v = parameters.read(&mut file, "adam.v.")?;
        if let Some(value) = v.values().iter().find(|v| **v < 0.0) {
            return Err(file.refuse(format!("a second moment is {value}, below 0")));
        }
        trainer.moments.m = m.values().to_vec();
        trainer.moments.v = v.values().to_vec();
        trainer.step = step;
        *network.parameters_mut() = model;
        Ok(trainer)
    }
}
