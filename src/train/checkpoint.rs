//! A training run on disk: stopped here, resumed there, the same bits.

use std::path::Path;

use super::batch::Data;
use super::config::TrainConfig;
use super::safetensors::{Tensor, TensorFile, write};
use super::trainer::Trainer;
use crate::error::Result;
use crate::network::{Network, Parameters};
use crate::schedule::Schedule;

/// Names the layout of the file.
const FORMAT: &str = "diffusion-intuition training state 1";

/// Metadata and tensors of a file.
pub(super) type State<'a> = (Vec<(&'static str, String)>, Vec<Tensor<'a>>);

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
    /// [`Error::File`](crate::Error::File) if the file cannot be written, or a parameter is NaN or
    /// infinite: nobody could resume from there; [`Error::Shape`](crate::Error::Shape) or
    /// [`Error::Foreign`](crate::Error::Foreign) for a network of another make than the trainer's.
    pub fn save(&self, network: &dyn Network, path: impl AsRef<Path>) -> Result<()> {
        let (metadata, tensors) = self.state(network)?;
        write(path.as_ref(), &metadata, &tensors)
    }

    /// What [`save`](Self::save) writes, and [`restore`](Self::restore) reads.
    pub(super) fn state<'a>(&'a self, network: &'a dyn Network) -> Result<State<'a>> {
        let parameters = network.parameters();
        self.check(parameters)?;
        let mut tensors = parameters.tensors("model.");
        if let Some(ema) = &self.ema {
            tensors.extend(ema.tensors("ema."));
        }
        tensors.extend(parameters.tensors_of("adam.m.", &self.moments.m));
        tensors.extend(parameters.tensors_of("adam.v.", &self.moments.v));
        let metadata = vec![
            ("format", FORMAT.to_owned()),
            ("step", self.step.to_string()),
            ("seed", self.config.seed.to_string()),
        ];
        Ok((metadata, tensors))
    }

    /// Goes on with a run that [`save`](Self::save) wrote: `network` gets its parameters, the trainer
    /// everything else. With the same data, schedule and settings the parameters are the same bits as if
    /// the run had never stopped; other settings than the seed may be changed. On an error `network` is
    /// unchanged.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the file cannot be read, is damaged, is of
    /// another network or seed, or lacks an average that `config` asks for; what [`new`](Self::new) returns.
    pub fn resume(
        path: impl AsRef<Path>,
        network: &mut dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        let mut trainer = Self::new(network, data, schedule, config)?;
        let model = trainer.restore(&mut TensorFile::open(path)?, network.parameters())?;
        *network.parameters_mut() = model;
        Ok(trainer)
    }

    /// Takes everything but the parameters from a file, and returns those; on an error, the trainer is not to be
    /// used.
    pub(super) fn restore(
        &mut self,
        file: &mut TensorFile,
        parameters: &Parameters,
    ) -> Result<Parameters> {
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
        let wanted = self.config.seed;
        if seed != wanted {
            return Err(file.refuse(format!("its seed is {seed}, the settings say {wanted}")));
        }
        let model = parameters.read(file, "model.")?;
        if self.ema.is_some() {
            self.ema = Some(parameters.read(file, "ema.")?);
        }
        let m = parameters.read(file, "adam.m.")?;
        let v = parameters.read(file, "adam.v.")?;
        if let Some(value) = v.values().iter().find(|v| **v < 0.0) {
            return Err(file.refuse(format!("a second moment is {value}, below 0")));
        }
        self.moments.m = m.values().to_vec();
        self.moments.v = v.values().to_vec();
        self.step = step;
        Ok(model)
    }
}
