//! What a network has learned, against what is exact.

use diffusion_intuition::network::Transformer;
use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{ExactText, Grammar, Reading, WordVectors};

use crate::recipe::{self, Language};
use crate::table::Row;

/// The timesteps at which posteriors are compared: from where words are all but certain to where nothing is.
pub const TS: [usize; 8] = [20, 60, 90, 110, 130, 150, 170, 190];

/// Noised sentences at each of them.
const NOISED: usize = 500;

/// Sentences that a network writes, each way.
const WRITTEN: usize = 1000;

pub struct Judge {
    language: Language,
    grammar: Grammar,
    vectors: WordVectors,
    exact: ExactText,
    /// x_t at each of [`TS`], and the entropy of its words' exact posteriors, the least cross-entropy that any answer has:
    /// nats a word.
    noised: Vec<(Array2<f32>, f64)>,
}

impl Judge {
    pub fn new(language: Language) -> Result<Self> {
        let (grammar, vectors) = (language.grammar(), language.vectors()?);
        let schedule = recipe::schedule()?;
        let exact = ExactText::new(&grammar, &vectors, &schedule, Prediction::X0)?;
        let rng = &mut Rng::new(100);
        let noised = TS.iter().map(|t| {
            let x0 = vectors.encode(&grammar.sample(NOISED, rng)?)?;
            let (x_t, _) = schedule.q_sample(&x0, *t, rng)?;
            let floor = exact.entropies(&x_t, *t)?.mean().expect("some");
            Ok((x_t, floor))
        });
        Ok(Self {
            noised: noised.collect::<Result<_>>()?,
            language,
            grammar,
            vectors,
            exact,
        })
    }

    /// What the exact denoiser writes, with the same sampler.
    pub fn exact(&self) -> Result<String> {
        let sampler = recipe::sampler()?;
        let rng = &mut Rng::new(101);
        let columns = self.grammar.places() * self.vectors.dim();
        let noise = rng.standard_normal(WRITTEN, columns)?;
        let x0 = sampler.sample(&self.exact, &noise, rng)?;
        let reading = self.grammar.read(&self.vectors.round(&x0)?)?;
        let nll = reading.nll.map_or(String::new(), |nll| nll.to_string());
        let (share, entropy) = (100.0 * reading.share(), self.grammar.entropy());
        Ok(format!(
            "{share:.1} % valid, {nll} nats, entropy {entropy:.3}"
        ))
    }

    pub fn row(
        &self,
        network: &Transformer,
        step: u64,
        seconds: f64,
        recent: &[f32],
    ) -> Result<Row> {
        let pairs = TS.iter().zip(&self.noised).map(|(t, (x_t, floor))| {
            let (n, nothing) = (x_t.nrows(), vec![None; x_t.nrows()]);
            let found = network.posteriors(x_t, &vec![*t; n], &nothing)?;
            let excess = self.exact.excess(x_t, *t, &found)?;
            Ok([*floor, excess.mean().expect("some")])
        });
        let nothing = vec![None; WRITTEN];
        let rng = &mut Rng::new(102);
        let written = recipe::write(network, &nothing, 1.0, false, rng)?;
        let clamped = recipe::write(network, &nothing, 1.0, true, &mut Rng::new(102))?;
        let classes = self.language.classes(&self.grammar).len();
        let labels: Vec<_> = (0..WRITTEN).map(|i| Some(i % classes)).collect();
        let told = recipe::write(network, &labels, 1.0, false, rng)?;
        Ok(Row {
            step,
            seconds,
            training: metrics::Estimate::of(recent)?.mean,
            of_t: pairs.collect::<Result<_>>()?,
            written: self.grammar.read(&written)?,
            clamped: self.grammar.read(&clamped)?,
            told: self.grammar.read(&told)?,
            obeyed: self.obeyed(&told, &labels)?,
        })
    }

    /// The share of sentences that are valid and of the class that the network was told.
    fn obeyed(&self, written: &Array2<usize>, labels: &[Option<usize>]) -> Result<f64> {
        let classes = self.language.classes(&self.grammar);
        let mut obeyed = 0;
        for (sentence, label) in written.rows().into_iter().zip(labels.iter().flatten()) {
            let sentence = sentence.to_vec();
            let mut is = true;
            for (name, value) in &classes[*label] {
                is &= self.grammar.attribute(name, &sentence)? == Some(value);
            }
            obeyed += usize::from(is);
        }
        Ok(obeyed as f64 / WRITTEN as f64)
    }
}

/// As `97.3 % valid, 12.531 ± 0.021 nats`.
pub fn shown(reading: &Reading) -> String {
    let nll = reading
        .nll
        .as_ref()
        .map_or(String::new(), |nll| format!(", {nll} nats"));
    format!("{:.1} % valid{nll}", 100.0 * reading.share())
}
