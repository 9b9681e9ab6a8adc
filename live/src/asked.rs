//! Questions and answers as texts and numbers.

use std::str::FromStr;

#[cfg(feature = "plane")]
use diffusion_intuition::prelude::*;

use crate::Reply;

/// A question.
pub struct Asked<'a> {
    text: &'a str,
    numbers: &'a [f64],
    bytes: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Of a text and numbers.
    pub fn new(text: &'a str, numbers: &'a [f64]) -> Self {
        let bytes = &[];
        Self {
            text,
            numbers,
            bytes,
        }
    }

    /// The same question with the bytes of a file.
    pub fn with_bytes(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    /// The bytes of the file that came with the question.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What is asked.
    pub fn name(&self) -> &'a str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The numbers that came with the question.
    pub fn numbers(&self) -> &'a [f64] {
        self.numbers
    }

    /// A setting.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn word(&self, key: &str) -> Reply<&'a str> {
        let mut settings = self
            .text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(' '));
        let found = settings.find(|(name, _)| *name == key);
        Ok(found
            .ok_or_else(|| format!("the setting \"{key}\" is missing"))?
            .1)
    }

    /// A setting that is a number of this type.
    ///
    /// # Errors
    /// If there is none of that name, or it is no such number.
    pub fn number<T: FromStr>(&self, key: &str) -> Reply<T> {
        let word = self.word(key)?;
        Ok(word.parse().map_err(|_| {
            format!("the setting \"{key}\" is \"{word}\", which is no number for it")
        })?)
    }
}

#[cfg(feature = "plane")]
impl Asked<'_> {
    /// The schedule that the settings `kind`, `T`, `start` and `end` name.
    pub(crate) fn schedule(&self) -> Reply<Schedule> {
        let (steps, start, end) = (
            self.number("T")?,
            self.number("start")?,
            self.number("end")?,
        );
        Ok(match self.word("kind")? {
            "linear" => Schedule::linear(steps, start, end)?,
            "scaled-linear" => Schedule::scaled_linear(steps, start, end)?,
            "linear-zero-snr" => Schedule::linear(steps, start, end)?.zero_terminal_snr()?,
            "linear-rescaled" => Schedule::linear_rescaled(steps)?,
            "cosine" => Schedule::cosine(steps)?,
            "sqrt" => Schedule::sqrt(steps)?,
            "sigmoid" => Schedule::sigmoid(steps)?,
            other => return Err(format!("no schedule has the name \"{other}\"").into()),
        })
    }

    /// The heaps that the numbers describe: a weight, a place and a width each.
    pub(crate) fn heaps(&self) -> Reply<Mixture> {
        let heaps = self
            .numbers
            .chunks_exact(3)
            .map(|heap| (heap[0], heap[1], heap[2]));
        Ok(Mixture::normals(&heaps.collect::<Vec<_>>())?)
    }

    /// Data in the plane of which everything is known. The crab is 400 narrow heaps on points of the drawing.
    pub(crate) fn plane(&self) -> Reply<Mixture> {
        Ok(match self.word("data")? {
            "ring" => data::ring_mixture_with(1.4, 0.15)?,
            "grid" => data::grid_mixture_with(0.7, 0.08)?,
            "crab" => {
                Mixture::isotropic(&data::ferris(400, &mut Rng::new(0))?.mapv(f64::from), 0.06)?
            }
            other => return Err(format!("no data has the name \"{other}\"").into()),
        })
    }

    /// The method that the settings `method`, `variance` and `eta` name.
    pub(crate) fn method(&self) -> Reply<Method> {
        Ok(match self.word("method")? {
            "ddpm" => {
                let between = self.number("variance")?;
                let variance = match between {
                    0.0 => Variance::FixedSmall,
                    1.0 => Variance::FixedLarge,
                    _ => Variance::Interpolated(between),
                };
                Method::Ddpm { variance }
            }
            "ddim" => Method::Ddim {
                eta: self.number("eta")?,
            },
            "heun" => Method::Heun,
            "dpm" => Method::DpmSolver,
            other => return Err(format!("no method has the name \"{other}\"").into()),
        })
    }

    /// The spacing of timesteps that the setting `spacing` names.
    pub(crate) fn spacing(&self) -> Reply<Spacing> {
        Ok(match self.word("spacing")? {
            "trailing" => Spacing::Trailing,
            "linspace" => Spacing::Linspace,
            "leading" => Spacing::Leading,
            "quadratic" => Spacing::Quadratic,
            "cubic" => Spacing::Cubic,
            "lambda" => Spacing::UniformLambda,
            other => return Err(format!("no spacing has the name \"{other}\"").into()),
        })
    }

    /// Places from −`reach` to `reach`.
    pub(crate) fn grid(&self, places: usize) -> Reply<Array1<f64>> {
        let reach: f64 = self.number("reach")?;
        Ok(Array1::linspace(-reach, reach, places))
    }
}

/// An answer: arrays of numbers, each with a name.
#[derive(Default)]
pub struct Answer {
    names: Vec<(&'static str, usize)>,
    numbers: Vec<f64>,
}

impl Answer {
    /// Puts an array behind those that are there.
    pub fn put<T: Into<f64>>(&mut self, name: &'static str, numbers: impl IntoIterator<Item = T>) {
        let before = self.numbers.len();
        self.numbers.extend(numbers.into_iter().map(Into::into));
        self.names.push((name, self.numbers.len() - before));
    }

    /// The name and the length of every array, a line each.
    pub fn contents(&self) -> String {
        let lines = self.names.iter().map(|(name, len)| format!("{name} {len}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The numbers of all arrays.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }
}
