//! What was measured of the weights, as rows of a table.

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;

use crate::recipe;

/// Sentences of each row of the table.
const SENTENCES: usize = 500;

/// Sentences whose pictures are compared with each other, and pictures of each.
const VARIED: [usize; 2] = [8, 64];

/// Kinds of sentences: of one thing, of two, and of two with one that was never trained on.
pub const KINDS: [&str; 3] = ["one", "two", "unseen"];

/// What of a sentence is obeyed, in the order of the columns.
pub const PARTS: [&str; 6] = ["all", "count", "colours", "shapes", "sizes", "relation"];

/// How far pictures of one kind obey their sentences, guided with `scale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub step: u64,
    pub scale: f64,
    pub kind: &'static str,
    pub sentences: usize,
    /// Shares, as [`PARTS`].
    pub obeyed: [f64; 6],
    /// Mean of [`Freedom::share`](diffusion_intuition::scenes::Freedom::share) over sentences.
    pub diversity: f64,
}

impl Row {
    pub fn measure(
        network: &UNet,
        scenes: &Scenes,
        step: u64,
        scale: f64,
        kind: usize,
    ) -> Result<Self> {
        let rng = &mut Rng::new(7);
        let of = rows(scenes, kind);
        let labels = recipe::pick(&of, SENTENCES, rng);
        let painted = recipe::paint(network, &labels, scale, rng)?;
        let [sentences, each] = VARIED;
        let mut shares = Vec::new();
        for label in recipe::pick(&of, sentences, rng) {
            let painted = recipe::paint(network, &[label].repeat(each), scale, rng)?;
            let sentence = scenes.sentences().row(label).to_vec();
            // Of fewer than two that obey there is nothing to compare: no variety.
            let freedom = scenes.freedom(&sentence, &scenes.read(&painted)?);
            shares.push(freedom.map_or(0.0, |freedom| freedom.share()));
        }
        Ok(Self {
            step,
            scale,
            kind: KINDS[kind],
            sentences: SENTENCES,
            obeyed: obeyed(scenes, &labels, &painted)?,
            diversity: shares.iter().sum::<f64>() / shares.len() as f64,
        })
    }
}

/// The rows of [`Scenes::sentences`] of one of the [`KINDS`].
fn rows(scenes: &Scenes, kind: usize) -> Vec<usize> {
    let all = 0..scenes.sentences().nrows();
    let unseen = all.filter(|row| scenes.is_unseen(&scenes.sentences().row(*row).to_vec()));
    let [one, two] = recipe::by_things(scenes, scenes.seen());
    match kind {
        0 => one,
        1 => two,
        _ => recipe::by_things(scenes, unseen)
            .into_iter()
            .next_back()
            .unwrap_or_default(),
    }
}

/// The share of pictures that obey the sentences of their labels, in each of [`PARTS`].
pub fn obeyed(scenes: &Scenes, labels: &[usize], pictures: &Array2<f32>) -> Result<[f64; 6]> {
    let mut counts = [0.0; 6];
    for (label, things) in labels.iter().zip(scenes.read(pictures)?) {
        let of = scenes.obeys(&scenes.sentences().row(*label).to_vec(), &things)?;
        let parts = [
            of.all,
            of.count,
            of.colours,
            of.shapes,
            of.sizes,
            of.relation,
        ];
        for (count, part) in counts.iter_mut().zip(parts) {
            *count += f64::from(u8::from(part));
        }
    }
    Ok(counts.map(|count| count / labels.len() as f64))
}

/// Comma-separated, a line a row.
pub fn csv(rows: &[Row]) -> String {
    let mut text = format!("step,scale,kind,sentences,{},diversity\n", PARTS.join(","));
    for row in rows {
        let Row {
            step,
            scale,
            kind,
            sentences,
            ..
        } = row;
        text += &format!("{step},{scale},{kind},{sentences}");
        for share in row.obeyed {
            text += &format!(",{share:.3}");
        }
        text += &format!(",{:.3}\n", row.diversity);
    }
    text
}
