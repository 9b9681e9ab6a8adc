//! The network that instruments train: the book's, in any width, told the time or not.

use diffusion_intuition::Result;
use diffusion_intuition::Rng;
use diffusion_intuition::autograd::{Parameters, Tape, Var};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Network};

use crate::{Asked, Reply};

/// The book's network; without time, every timestep looks to it like the first.
#[derive(Clone)]
pub struct Taught {
    network: FilmMlp,
    told: bool,
}

/// A new one for points of `d` coordinates, as the settings `width`, `time` and `seed` say.
pub fn taught(d: usize, asked: &Asked) -> Reply<Taught> {
    let config = FilmMlpConfig {
        hidden: asked.number("width")?,
        ..FilmMlpConfig::default()
    };
    let network = FilmMlp::with_config(d, &config, &mut Rng::new(asked.number("seed")?))?;
    Ok(Taught {
        network,
        told: asked.word("time")? == "told",
    })
}

impl Network for Taught {
    fn parameters(&self) -> &Parameters {
        self.network.parameters()
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        self.network.parameters_mut()
    }

    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var> {
        match self.told {
            true => self.network.forward(tape, x_t, ts),
            false => self.network.forward(tape, x_t, &vec![0; ts.len()]),
        }
    }
}
