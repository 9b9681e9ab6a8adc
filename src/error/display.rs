//! What each error says: the value, and what would be valid.

use std::fmt;

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule {
                name,
                t,
                value,
                valid,
            } => write!(f, "{name}[{t}] = {value}: {valid}"),
            Self::Timestep { t, timesteps } => write!(
                f,
                "t = {t} is outside the schedule: timesteps count from 0, valid are 0..={}",
                timesteps.saturating_sub(1)
            ),
            Self::Parameter { name, value, valid } => {
                write!(f, "{name} = {value}: must be {valid}")
            }
            Self::Shape {
                what,
                expected,
                found,
            } => write!(f, "{what} has shape {found:?}, expected {expected:?}"),
            Self::Layout { what } => {
                write!(
                    f,
                    "{what} is a view with gaps: give an array in row-major order"
                )
            }
            Self::NotFinite { what, index, value } => {
                write!(
                    f,
                    "{what}: value {index} is {value}, expected a finite number"
                )
            }
            Self::Empty { what } => write!(f, "{what} is empty: at least one is needed"),
            Self::Size { what, shape } => {
                write!(f, "{what} of shape {shape:?} are more than memory can hold")
            }
            Self::Covariance { reason } => write!(
                f,
                "covariance: {reason}; it must be symmetric and positive definite"
            ),
            Self::Shapes { op, left, right } => write!(
                f,
                "{op}: shapes {}x{} and {}x{} do not fit",
                left[0], left[1], right[0], right[1]
            ),
            Self::Foreign { what } => {
                write!(f, "a {what} was used with another, which has no such one")
            }
            Self::Row { row, table_rows } => write!(
                f,
                "row {row} of a table with {table_rows} rows: rows count from 0"
            ),
            Self::ParameterName { name, reason } => write!(f, "parameter \"{name}\": {reason}"),
            Self::Degenerate { what, alpha_bar } if *alpha_bar > 0.0 && *alpha_bar < 1e-30 => {
                write!(
                    f,
                    "{what} at alpha_bar = {alpha_bar:e} would divide by its root, which is nothing in f32: \
                 x_t does not determine it"
                )
            }
            Self::Degenerate { what, alpha_bar } => write!(
                f,
                "{what} at alpha_bar = {alpha_bar} would divide by zero: x_t does not determine it"
            ),
            Self::Amplified { .. } => self.amplified(f),
            Self::Diverged { step, what, value } => write!(
                f,
                "training step {step} (counted from 0): {what} is {value}; the last good parameters \
                 are kept; try a lower learning rate or gradient clipping"
            ),
            Self::Denoiser { step, t, source } => {
                write!(
                    f,
                    "sampling step {step} (counted from 0), t = {t}: {source}"
                )
            }
            Self::OutOfReach { what, row, t } => write!(
                f,
                "row {row} (counted from 0) lies so far out that ln p is below what can be computed: \
                 {what} at t = {t} is beyond the range of f32"
            ),
            Self::Unsupported { what, valid } => write!(f, "{what}: {valid}"),
            Self::ConstantColumn {
                column,
                value,
                others: 0,
            } => write!(
                f,
                "column {} (counted from 1) holds nothing but {value}: there is nothing to learn in it, leave \
                 it out",
                column + 1
            ),
            Self::ConstantColumn {
                column,
                value,
                others,
            } => write!(
                f,
                "column {} (counted from 1) holds nothing but {value} in the rows to learn from, and other \
                 values in {others} of those held out: there is too little to learn in it, leave it out or \
                 hold out other rows",
                column + 1
            ),
            Self::Outlier { row, column, value } => write!(
                f,
                "column {} (counted from 1), row {} (counted from 1): {value:e} is so far from the others that \
                 beside it most of them become equal: correct it, leave its row out, or take logarithms",
                column + 1,
                row + 1
            ),
            Self::File {
                file,
                line: Some(line),
                reason,
            } => write!(f, "{file}, line {line}: {reason}"),
            Self::File { file, reason, .. } => write!(f, "{file}: {reason}"),
            Self::Figure { reason } => write!(f, "figure: {reason}"),
        }
    }
}

impl Error {
    /// The text of [`Error::Amplified`].
    fn amplified(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Amplified {
            t,
            next,
            alpha_bar,
            factor,
            limit,
            start,
        } = self
        else {
            return Ok(());
        };
        let end = next.map_or("clean data".into(), |next| format!("t = {next}"));
        write!(
            f,
            "the step from t = {t} (alpha_bar = {alpha_bar:.1e}) to {end} multiplies an error of the \
             predicted eps by {factor:.0}, more than {limit}: predict v or x0, "
        )?;
        if let Some(start) = start {
            write!(f, "or start at t = {start} or below (starting_at), ")?;
        }
        write!(f, "or bound x0 if the data is bounded (with_threshold)")
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
