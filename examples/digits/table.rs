//! The table of measures, and which of its rows the weights are.

use diffusion_intuition::judge::Score;
use diffusion_intuition::metrics::Estimate;

/// What was measured of the averaged weights after a number of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub step: u64,
    /// Mean loss of the steps since the row before, of the weights in training.
    pub training: f64,
    /// Loss on training pictures, and on held-out ones.
    pub train: f64,
    pub held_out: f64,
    pub score: Score<Estimate>,
}

/// Comma-separated, a line a row; after each estimate its standard error.
pub fn csv(rows: &[Row]) -> String {
    let names = "step,training_loss,loss_on_training,loss_on_held_out,accuracy,accuracy_error,frechet,frechet_error,\
                 frechet_pca,frechet_pca_error,nearest,nearest_error,diversity,diversity_error";
    let mut text = format!("{names}\n");
    for row in rows {
        let mut fields = vec![row.step.to_string()];
        let losses = [row.training, row.train, row.held_out];
        fields.extend(losses.map(|loss| format!("{loss:.5}")));
        for estimate in estimates(&row.score) {
            fields.push(format!("{:.4}", estimate.mean));
            fields.push(format!("{:.4}", estimate.standard_error));
        }
        text += &(fields.join(",") + "\n");
    }
    text
}

/// All measures, in the order of the columns.
pub fn estimates(score: &Score<Estimate>) -> [Estimate; 5] {
    let Score {
        accuracy,
        frechet,
        frechet_pca,
        nearest,
        diversity,
    } = *score;
    [accuracy, frechet, frechet_pca, nearest, diversity]
}

/// The weights to keep: the last row before samples come nearer to training pictures than held-out pictures do, whose
/// median distance is `real`. None if the first row does.
pub fn choose(rows: &[Row], real: f64) -> Option<&Row> {
    let own = |row: &&Row| row.score.nearest.mean >= real;
    rows.iter().take_while(own).last()
}

pub fn shown(score: &Score<Estimate>) -> String {
    let names = [
        "accuracy",
        "Fréchet",
        "of components",
        "nearest",
        "diversity",
    ];
    let pairs = names.iter().zip(estimates(score));
    let pairs = pairs.map(|(name, estimate)| format!("{name} {estimate}"));
    pairs.collect::<Vec<_>>().join("; ")
}
