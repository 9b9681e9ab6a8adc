//! What each error says: the value, and what would be valid.

use std::fmt;

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self
                .of_value()
                .or_else(|| self.of_model())
                .unwrap_or_default(),
        )
    }
}

impl Error {
    /// The text about a value, a shape or a file.
    fn of_value(&self) -> Option<String> {
        Some(match self {
            Self::Schedule {
                name,
                t,
                value,
                valid,
            } => format!("{name}[{t}] = {value}: {valid}"),
            Self::Label { label, classes: 0 } => {
                format!("label {label} for a network without classes, which takes none")
            }
            Self::Label { label, classes } => {
                format!("label {label} for a network of {classes} classes: labels count from 0")
            }
            Self::Word { word, words } => {
                format!("word {word} of a vocabulary of {words}: words count from 0")
            }
            Self::Name { what, name, valid } => format!("{what}, \"{name}\": {valid}"),
            Self::Timestep { t, timesteps } => format!(
                "t = {t} is outside the schedule: timesteps count from 0, valid are 0..={}",
                timesteps.saturating_sub(1)
            ),
            Self::Parameter { name, value, valid } => format!("{name} = {value}: must be {valid}"),
            Self::Shape {
                what,
                expected,
                found,
            } => {
                format!("{what}: shape {found:?}, expected {expected:?}")
            }
            Self::NotFinite { what, index, value } => {
                format!("{what}: value {index} is {value}, expected a finite number")
            }
            Self::Empty { what } => format!("{what}: empty, at least one is needed"),
            Self::Size { what, shape } => {
                format!("{what}: shape {shape:?}, more than memory can hold")
            }
            Self::Covariance { reason } => {
                format!("covariance: {reason}; it must be symmetric and positive definite")
            }
            Self::ConstantColumn {
                column,
                value,
                others,
            } => constant(*column, *value, *others),
            Self::Outlier { row, column, value } => outlier(row + 1, column + 1, *value),
            Self::File {
                file,
                line: Some(line),
                reason,
            } => format!("{file}, line {line}: {reason}"),
            Self::File { file, reason, .. } => format!("{file}: {reason}"),
            Self::Figure { reason } => format!("figure: {reason}"),
            _ => return None,
        })
    }

    /// The text about a tape, a network, or a run of a sampler.
    fn of_model(&self) -> Option<String> {
        Some(match self {
            Self::Shapes { op, left, right } => format!(
                "{op}: shapes {}x{} and {}x{} do not fit",
                left[0], left[1], right[0], right[1]
            ),
            Self::Foreign { what } => {
                format!("a {what} was used with another, which has no such one")
            }
            Self::Row { row, table_rows } => {
                format!("row {row} of a table with {table_rows} rows: rows count from 0")
            }
            Self::ParameterName { name, reason } => format!("parameter \"{name}\": {reason}"),
            Self::Degenerate { what, alpha_bar } if *alpha_bar > 0.0 && *alpha_bar < 1e-30 => {
                format!(
                    "{what} at alpha_bar = {alpha_bar:e} would divide by its root, which is nothing in f32: \
                 x_t does not determine it"
                )
            }
            Self::Degenerate { what, alpha_bar } => format!(
                "{what} at alpha_bar = {alpha_bar} would divide by zero: x_t does not determine it"
            ),
            Self::Diverged { step, what, value } => format!(
                "training step {step} (counted from 0): {what} is {value}; the last good parameters \
                 are kept; try a lower learning rate or gradient clipping"
            ),
            Self::Denoiser { step, t, source } => {
                format!("sampling step {step} (counted from 0), t = {t}: {source}")
            }
            Self::Amplified {
                t,
                next,
                alpha_bar,
                factor,
                limit,
                start,
            } => {
                let end = next.map_or("clean data".into(), |next| format!("t = {next}"));
                let later = start.map_or(String::new(), |start| {
                    format!("or start at t = {start} or below (starting_at), ")
                });
                format!(
                    "the step from t = {t} (alpha_bar = {alpha_bar:.1e}) to {end} multiplies an error of the \
                     predicted eps by {factor:.0}, more than {limit}: predict v or x0, {later}or bound x0 if \
                     the data is bounded (with_threshold)"
                )
            }
            Self::Unsupported { what, valid } => format!("{what}: {valid}"),
            Self::OutOfReach { what, row, t } => format!(
                "row {row} (counted from 0) lies so far out that ln p is below what can be computed: \
                 {what} at t = {t} is beyond the range of f32"
            ),
            // A new error does not compile before it is named here or above: its text belongs into `of_value`.
            Self::Schedule { .. } | Self::Timestep { .. } | Self::Parameter { .. } => return None,
            Self::Label { .. } | Self::Word { .. } | Self::Name { .. } => return None,
            Self::Shape { .. } | Self::NotFinite { .. } | Self::Empty { .. } => return None,
            Self::Size { .. } | Self::Covariance { .. } | Self::Figure { .. } => return None,
            Self::ConstantColumn { .. } | Self::Outlier { .. } | Self::File { .. } => return None,
        })
    }
}

/// The text of a value beside which the others become equal; row and column are counted from 1.
fn outlier(row: usize, column: usize, value: f64) -> String {
    format!(
        "column {column} (counted from 1), row {row} (counted from 1): {value:e} is so far from the others that \
         beside it most of them become equal: correct it, leave its row out, or take logarithms"
    )
}

/// The text of a column with nothing to learn in it.
fn constant(column: usize, value: f64, others: usize) -> String {
    let column = column + 1;
    let start = format!("column {column} (counted from 1) holds nothing but {value}");
    match others {
        0 => format!("{start}: there is nothing to learn in it, leave it out"),
        _ => format!(
            "{start} in the rows to learn from, and other values in {others} of those held out: there is too \
             little to learn in it, leave it out or hold out other rows"
        ),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Denoiser { source, .. } => Some(source),
            _ => None,
        }
    }
}
