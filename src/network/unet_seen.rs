//! What a U-Net holds and looks at, and the sentences that it is told.

use ndarray::{Array2, ArrayRef2, ArrayView2, s};

use super::unet::{Seen, UNet};
use super::unet_config::UNetConfig;
use crate::autograd::Tape;
use crate::check;
use crate::error::{Error, Result};

#[cfg(doc)]
use super::predict::Network;

impl UNet {
    /// The sizes of the network.
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// Sets the list of sentences that labels stand for, words counted from 0, shape (number of sentences, L): label i
    /// is row i. It is no parameter: weights do not keep it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a network without a [text encoder](UNetConfig::text); [`Error::Shape`] for sentences
    /// of another number of places; [`Error::Word`] for a word that the network does not know. The list is unchanged
    /// then.
    pub fn set_prompts(&mut self, prompts: &ArrayRef2<usize>) -> Result<()> {
        let Some(text) = &self.config.text else {
            return Err(Error::Unsupported {
                what: "sentences for a U-Net without a text encoder".into(),
                valid: "make it with UNetConfig::text",
            });
        };
        let shape = [prompts.nrows(), text.places];
        check::same_shape("prompts", &shape, prompts.shape())?;
        check::words(prompts, text.words)?;
        self.prompts = prompts.to_owned();
        Ok(())
    }

    /// The sentences that labels stand for.
    pub fn prompts(&self) -> ArrayView2<'_, usize> {
        self.prompts.view()
    }

    /// The same network with zeros in place of what the skip at this 0-based level carries: to see what it is for.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such level.
    pub fn without_skip(&self, level: usize) -> Result<Self> {
        let fine = level < self.config.levels.len();
        check::parameter("level", level, fine, "below the number of levels")?;
        let mut cut = self.clone();
        cut.cut.push(level);
        Ok(cut)
    }

    /// What the levels hold for a batch, each (n·height·width, channels), one row a pixel: after every block on the
    /// way down, the first level first (what the skips carry), then after every block on the way up, the last level
    /// first.
    ///
    /// # Errors
    /// As [`forward_given`](Network::forward_given).
    pub fn activations(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Vec<Array2<f32>>> {
        let (tape, seen) = self.seen(x_t, ts, labels)?;
        let levels = seen.levels.iter();
        Ok(levels.map(|h| tape.value(*h).to_owned()).collect())
    }

    /// How every pixel shares its attention among the words of its sentence, a mean over heads: at each level that
    /// looks at words, the last first, (n·height·width, L), one row a pixel.
    ///
    /// softmax(q·kᵀ/√d), as [`Tape::attention`] computes it.
    ///
    /// # Errors
    /// As [`forward_given`](Network::forward_given).
    pub fn attention_maps(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Vec<Array2<f32>>> {
        let (tape, seen) = self.seen(x_t, ts, labels)?;
        let maps = seen.looks.iter().map(|pair| {
            let [q, k] = pair.map(|var| tape.value(var));
            shares(q, k, ts.len(), self.config.heads)
        });
        Ok(maps.collect())
    }

    fn seen(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<(Tape<'_>, Seen)> {
        let mut tape = Tape::new(&self.parameters).forward_only();
        let x_t = tape.input(x_t);
        let (_, seen) = self.record(&mut tape, x_t, ts, labels)?;
        Ok((tape, seen))
    }
}

/// softmax(q·kᵀ/√d) of `n` samples, a mean over heads: (n·Lq, Lk).
fn shares(q: ArrayView2<f32>, k: ArrayView2<f32>, n: usize, heads: usize) -> Array2<f32> {
    let [queries, keys] = [&q, &k].map(|x| x.nrows() / n.max(1));
    let width = q.ncols() / heads;
    let scale = 1.0 / (width as f32).sqrt();
    let mut all = Array2::zeros((q.nrows(), keys));
    for i in 0..n {
        for h in 0..heads {
            let columns = h * width..(h + 1) * width;
            let q = q.slice(s![i * queries..(i + 1) * queries, columns.clone()]);
            let k = k.slice(s![i * keys..(i + 1) * keys, columns]);
            let z = q.dot(&k.t()) * scale;
            for (z, mut to) in z
                .rows()
                .into_iter()
                .zip(all.rows_mut().into_iter().skip(i * queries))
            {
                let most = z.fold(f32::NEG_INFINITY, |most, z| most.max(*z));
                let powers = z.mapv(|z| (z - most).exp());
                to.scaled_add(1.0 / (heads as f32 * powers.sum()), &powers);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::Parameters;
    use crate::rng::Rng;

    /// With values that write the share of key j to column j of each head, the op's output is its shares.
    #[test]
    fn shares_are_those_of_the_attention() {
        let (n, queries, keys, heads, width) = (3, 20, 5, 4, 6);
        let mut rng = Rng::new(0);
        let mut random = |rows| rng.standard_normal(rows, heads * width).unwrap();
        let (q, k) = (random(n * queries), random(n * keys));
        let v = Array2::from_shape_fn(k.dim(), |(j, c)| f32::from(c % width == j % keys));
        let parameters = Parameters::new();
        let mut tape = Tape::new(&parameters);
        let [qs, ks, vs] = [&q, &k, &v].map(|x| tape.input(x));
        let y = tape.attention(qs, ks, vs, n, heads).unwrap();
        let y = tape.value(y);
        let found = shares(q.view(), k.view(), n, heads);
        assert_eq!(found.dim(), (n * queries, keys));
        for ((i, j), share) in found.indexed_iter() {
            let of_heads = (0..heads).map(|h| y[[i, h * width + j]]);
            let expected = of_heads.sum::<f32>() / heads as f32;
            // Exponents below 10 in magnitude, each off by a few roundings: 20·2⁻²⁴ of a share.
            assert!(
                (share - expected).abs() < 2e-6,
                "{i} {j}: {share} {expected}"
            );
        }
    }
}
