//! Words: Leave gaps in a sentence, and see what its other words say of them: exactly, by the grammar, and as this
//! book's network has learned it. Then watch them fill in, from noise to words.

use std::cell::RefCell;

use diffusion_intuition::prelude::*;
use ndarray::Zip;

use crate::{Answer, Asked, Desk, Reply};

/// What the network was told of sentences in its training: all three, or nothing.
const TOLD: [&str; 3] = ["topic", "tense", "polarity"];

/// The language, its words as points, and once they are loaded the weights.
pub struct Writer {
    grammar: Grammar,
    vectors: WordVectors,
    schedule: Schedule,
    network: Option<Transformer>,
}

/// What is asked for.
struct Wanted {
    known: Vec<Option<usize>>,
    /// The words of sentences that are as wanted, exactly.
    exact: ExactText,
    /// Those of sentences that have no more than what the network is told, if that is less.
    told: Option<ExactText>,
    label: Option<usize>,
}

/// The words, one below the other.
pub fn language(desk: &mut Desk) -> Reply<Answer> {
    let words = desk.writer()?.grammar.vocabulary();
    let all: Vec<&str> = (0..words.len()).map(|i| words.word(i)).collect();
    let mut answer = Answer::default();
    answer.put("words", all.join("\n").bytes());
    Ok(answer)
}

/// Takes the weights that the page has loaded.
pub fn learned(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let writer = desk.writer()?;
    let all = writer.grammar.attributes().into_iter();
    let told = all.filter(|(name, _)| TOLD.contains(name));
    let config = TransformerConfig {
        classes: told.map(|(_, values)| values.len()).product(),
        embedding: 32,
        heads: 8,
        ..TransformerConfig::new(&writer.vectors, writer.grammar.places(), &writer.schedule)
    };
    let mut network = Transformer::new(&config, &mut Rng::new(0))?;
    network
        .parameters_mut()
        .load_bytes("aligned.safetensors", asked.bytes().to_vec())?;
    let mut answer = Answer::default();
    answer.put("parameters", [network.parameters().count() as f64]);
    writer.network = Some(network);
    Ok(answer)
}

/// Fills gaps: what may stand at each place, given the other words; then, from noise step by step, what x_t says of all
/// places, exactly and by the network; and the words in the end, with the place of the first that is wrong.
pub fn fill(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let writer = desk.writer()?;
    let (wanted, fits) = writer.wanted(asked)?;
    let (x_ts, ts, x0) = writer.walk(asked, &wanted)?;
    let mut answer = Answer::default();
    answer.put("fits", fits);
    let rows = x_ts.axis_chunks_iter(Axis(0), 1).zip(&ts);
    let exact = rows.map(|(x_t, t)| wanted.exact.posteriors(&x_t.to_owned(), *t));
    let exact = exact.collect::<Result<Vec<_>>>()?;
    answer.put("exact", exact.iter().flatten().copied());
    if let Some(network) = &writer.network {
        let learned = writer.guess(network, &wanted, &x_ts, &ts)?;
        if wanted.told.is_none() {
            answer.put("excess", writer.excess(&wanted, &x_ts, &ts, &learned)?);
        }
        answer.put("network", learned);
    }
    let sentence = writer.vectors.round(&x0)?.row(0).to_vec();
    answer.put("words", sentence.iter().map(|word| *word as f64));
    let wrong = writer.grammar.first_error(&sentence)?;
    answer.put("wrong", wrong.map(|place| place as f64));
    Ok(answer)
}

impl Desk {
    fn writer(&mut self) -> Reply<&mut Writer> {
        if self.writer.is_none() {
            let grammar = Grammar::aligned();
            let words = grammar.vocabulary().len();
            let directions = WordVectors::random(words, 16, &mut Rng::new(1))?;
            self.writer = Some(Writer {
                vectors: WordVectors::new(directions.vectors() * 2.0)?,
                schedule: Schedule::cosine(200)?,
                network: None,
                grammar,
            });
        }
        Ok(self.writer.as_mut().expect("made if it was not there"))
    }
}

impl Writer {
    /// Reads the sentence with gaps and the attributes; and what the words around each place leave open there.
    fn wanted(&self, asked: &Asked) -> Reply<(Wanted, Vec<f64>)> {
        let words = self.grammar.vocabulary();
        let known = words.pattern(asked.word("sentence")?, self.grammar.places())?;
        let attributes = self.grammar.attributes();
        let names = attributes.iter().map(|(name, _)| *name);
        let wishes = names.filter_map(|name| Some((name, asked.word(name).ok()?)));
        let mut wishes: Vec<(&str, &str)> = wishes.collect();
        let all = self.exact(&wishes)?;
        let label = TOLD.iter().try_fold(0, |label, name| {
            let (_, wish) = wishes.iter().find(|(wished, _)| wished == name)?;
            let (_, values) = attributes.iter().find(|(other, _)| other == name)?;
            let value = values.iter().position(|value| value == wish)?;
            Some(label * values.len() + value)
        });
        let is_told = |name: &str| label.is_some() && TOLD.contains(&name);
        let told = match wishes.iter().all(|(name, _)| is_told(name)) {
            true => None,
            false => {
                wishes.retain(|(name, _)| is_told(name));
                Some(self.exact(&wishes)?.known(&known)?)
            }
        };
        let mut fits = Vec::new();
        for place in 0..known.len() {
            let mut others = known.clone();
            others[place] = None;
            let nothing = Array2::zeros((1, known.len() * self.vectors.dim()));
            let p = all.known(&others)?.posteriors(&nothing, 199)?;
            fits.extend(p.row(place));
        }
        let wanted = Wanted {
            exact: all.known(&known)?,
            told,
            known,
            label,
        };
        Ok((wanted, fits))
    }

    /// The best denoiser of the sentences with these values of attributes.
    fn exact(&self, wishes: &[(&str, &str)]) -> Result<ExactText> {
        let (grammar, _) = self.grammar.given(wishes)?;
        ExactText::new(&grammar, &self.vectors, &self.schedule, Prediction::X0)
    }

    /// From noise to words: every state and its timestep, then the end.
    fn walk(
        &self,
        asked: &Asked,
        wanted: &Wanted,
    ) -> Reply<(Array2<f32>, Vec<usize>, Array2<f32>)> {
        let network = self.network.as_ref();
        let by = network.filter(|_| asked.word("by").is_ok_and(|by| by == "network"));
        let seen = RefCell::new(Vec::new());
        let model = |x_t: &Array2<f32>, t: usize| -> Result<Array2<f32>> {
            seen.borrow_mut().push(x_t.clone());
            let Some(network) = by else {
                return wanted.exact.denoise(x_t, t);
            };
            let x0 = self
                .guess(network, wanted, x_t, &[t])?
                .dot(self.vectors.vectors());
            Ok(x0.flatten().into_owned().insert_axis(Axis(0)))
        };
        let mut rng = Rng::new(asked.number("seed")?);
        let sampler = Sampler::new(&self.schedule, Method::DDPM, asked.number("steps")?)?;
        // The network has to find out which words go together, and takes each step four times.
        let repeats = if by.is_some() { 4 } else { 1 };
        let (known, mask) = self.rows(&wanted.known)?;
        let noise = rng.standard_normal(1, known.ncols())?;
        let model = Prediction::X0.of(&model);
        let x0 = sampler.inpaint(&model, &noise, &known, &mask, repeats, &mut rng)?;
        let seen = seen.into_inner();
        let last: Vec<_> = seen
            .chunks_exact(repeats)
            .map(|x| x[repeats - 1].row(0))
            .collect();
        let x_ts = ndarray::stack(Axis(0), &last)?;
        Ok((x_ts, sampler.timesteps().to_vec(), x0))
    }

    /// The network's probabilities of all words at all places, a row a place. Known words are said to it louder than the
    /// noise allows; towards wishes of which it is not told, the exact classifier pushes it.
    fn guess(
        &self,
        network: &Transformer,
        wanted: &Wanted,
        x_ts: &Array2<f32>,
        ts: &[usize],
    ) -> Result<Array2<f32>> {
        let (known, mask) = self.rows(&wanted.known)?;
        let mut loud = x_ts.clone();
        for (x_t, t) in loud.rows_mut().into_iter().zip(ts) {
            let alpha_bar = self.schedule.alpha_bar(*t)?;
            let signal = alpha_bar.sqrt();
            let volume = (3.0 * (1.0 - alpha_bar) / signal).clamp(signal, 4.0) as f32;
            let cells = Zip::from(x_t).and(known.row(0)).and(mask.row(0));
            cells.for_each(|x, word, told| *x = if *told { volume * word } else { *x });
        }
        let mut p = network.posteriors(&loud, ts, &vec![wanted.label; ts.len()])?;
        if let Some(told) = &wanted.told {
            let rows = p.axis_chunks_iter_mut(Axis(0), wanted.known.len());
            for ((mut p, x_t), t) in rows.zip(x_ts.rows()).zip(ts) {
                let x_t = x_t.to_owned().insert_axis(Axis(0));
                let push = wanted.exact.posteriors(&x_t, *t)? - told.posteriors(&x_t, *t)?;
                p.zip_mut_with(&push, |p, push| *p = (*p + *push as f32).max(0.0));
            }
        }
        Ok(p)
    }

    /// How far these are from the exact ones, in nats, place by place.
    fn excess(
        &self,
        wanted: &Wanted,
        x_ts: &Array2<f32>,
        ts: &[usize],
        learned: &Array2<f32>,
    ) -> Result<Vec<f64>> {
        let learned = learned.axis_chunks_iter(Axis(0), wanted.known.len());
        let rows = x_ts.axis_chunks_iter(Axis(0), 1).zip(ts).zip(learned);
        let each = rows.map(|((x_t, t), learned)| {
            wanted
                .exact
                .excess(&x_t.to_owned(), *t, &learned.to_owned())
        });
        Ok(each
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    /// Known words as a row for the sampler, and where they are.
    fn rows(&self, known: &[Option<usize>]) -> Result<(Array2<f32>, Array2<bool>)> {
        let (d, words) = (
            self.vectors.dim(),
            known.iter().map(|word| word.unwrap_or(0)),
        );
        let words =
            Array2::from_shape_vec((1, known.len()), words.collect()).expect("one sentence");
        let mask = Array2::from_shape_fn((1, known.len() * d), |(_, i)| known[i / d].is_some());
        Ok((self.vectors.encode(&words)?, mask))
    }
}
