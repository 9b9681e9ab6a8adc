//! What a network is told beside x_t: the timestep, and the label if it has classes.

use super::embedding::TimeEmbedding;
use crate::autograd::{Linear, ParameterId, Parameters, Rows, Tape, Var};
use crate::error::Result;
use crate::rng::Rng;

/// e = time(sinusoidal(t)) + labels[label]: linear, SiLU, linear; a row for each class and one for none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    embedding: TimeEmbedding,
    time: [Linear; 2],
    labels: Option<ParameterId>,
    classes: usize,
}

impl Known {
    /// An embedding in `wide` numbers.
    pub fn new(p: &mut Parameters, wide: usize, classes: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            embedding: TimeEmbedding::new(wide)?,
            time: [
                p.linear("time.0", wide, wide, rng)?,
                p.linear("time.2", wide, wide, rng)?,
            ],
            labels: match classes {
                0 => None,
                _ => Some(p.embedding("labels", classes.saturating_add(1), wide, rng)?),
            },
            classes,
        })
    }

    /// silu(e) of each distinct pair of timestep and label, and whose pair is which.
    pub fn record(
        &self,
        tape: &mut Tape<'_>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<(Var, Rows)> {
        let labels = labels.iter().map(|label| label.unwrap_or(self.classes));
        let table = self.labels.map(|table| tape.parameter(table));
        self.record_rows(tape, ts, table, &labels.collect::<Vec<_>>())
    }

    /// The same, with row `labels[i]` of `table` for what is known of sample i beside its timestep.
    pub fn record_rows(
        &self,
        tape: &mut Tape<'_>,
        ts: &[usize],
        table: Option<Var>,
        labels: &[usize],
    ) -> Result<(Var, Rows)> {
        let pairs: Vec<_> = ts.iter().copied().zip(labels.iter().copied()).collect();
        let (distinct, rows) = Rows::distinct(&pairs)?;
        let (ts, labels): (Vec<_>, Vec<_>) = distinct.into_iter().unzip();
        let e = tape.embed(&self.embedding, &ts);
        let e = tape.linear(e, self.time[0])?;
        let e = tape.silu(e)?;
        let mut e = tape.linear(e, self.time[1])?;
        if let Some(table) = table {
            let rows = Rows::new(&labels, tape.dim(table)?.0)?;
            let of_label = tape.gather(table, &rows)?;
            e = tape.add(e, of_label)?;
        }
        Ok((tape.silu(e)?, rows))
    }
}
