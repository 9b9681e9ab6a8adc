//! The table of measures.

use std::fmt;

use diffusion_intuition::text::Reading;

use crate::measure::{TS, shown};

/// What was measured of the averaged weights after a number of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub step: u64,
    /// How long the training took up to it.
    pub seconds: f64,
    /// Mean loss of the steps since the row before, of the weights in training.
    pub training: f64,
    /// Floor and excess of the cross-entropy at each of [`TS`], in nats a word.
    pub of_t: Vec<[f64; 2]>,
    /// What it writes, told nothing.
    pub written: Reading,
    /// The same with x̂0 clamped to words.
    pub clamped: Reading,
    /// What it writes, told a class, each as often: as all classes are as likely, these are sentences of the whole
    /// language too.
    pub told: Reading,
    /// Share of those that are valid and of the class that was told.
    pub obeyed: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [written, clamped, told] = [&self.written, &self.clamped, &self.told].map(shown);
        write!(
            f,
            "step {}: {written}; clamped {clamped}; told a class {told}, ",
            self.step
        )?;
        write!(f, "{:.1} % as told; excess at t", 100.0 * self.obeyed)?;
        let pairs = TS.iter().zip(&self.of_t);
        pairs
            .into_iter()
            .try_for_each(|(t, [_, excess])| write!(f, " {t}: {excess:.4}"))
    }
}

/// Comma-separated, a line a row.
pub fn csv(rows: &[Row]) -> String {
    let mut names = vec!["step".to_owned(), "seconds".into(), "training_loss".into()];
    for t in TS {
        let of_t = ["cross_entropy", "floor", "excess"].map(|name| format!("{name}_{t}"));
        names.extend(of_t);
    }
    for way in ["", "clamped_", "told_"] {
        let of_way = ["valid", "distinct", "nll", "nll_error"].map(|name| format!("{way}{name}"));
        names.extend(of_way);
    }
    names.push("as_told".into());
    let mut text = names.join(",") + "\n";
    for row in rows {
        let mut fields = vec![row.step.to_string(), format!("{:.0}", row.seconds)];
        fields.push(format!("{:.4}", row.training));
        for [floor, excess] in &row.of_t {
            fields.extend([floor + excess, *floor, *excess].map(|x| format!("{x:.4}")));
        }
        for reading in [&row.written, &row.clamped, &row.told] {
            let nll = reading.nll.as_ref();
            fields.push(format!("{:.4}", reading.share()));
            fields.push(reading.distinct.to_string());
            fields.push(nll.map_or(String::new(), |nll| format!("{:.3}", nll.mean)));
            fields.push(nll.map_or(String::new(), |nll| format!("{:.3}", nll.standard_error)));
        }
        fields.push(format!("{:.4}", row.obeyed));
        text += &(fields.join(",") + "\n");
    }
    text
}
