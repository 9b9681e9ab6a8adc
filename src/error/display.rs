//! What each error says: the value, and what would be valid.

use std::fmt;

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTimesteps => write!(f, "T = 0: a schedule needs at least one timestep"),
            Self::Beta { t, beta, timesteps } if *beta == 1.0 => write!(
                f,
                "beta[{t}] = 1 wipes out the signal before the end: only the last of the {timesteps} \
                 betas (t = {}) may be 1",
                timesteps - 1
            ),
            Self::Beta { t, beta, .. } => {
                write!(f, "beta[{t}] = {beta}: a beta must lie in (0, 1]")
            }
            Self::AlphaBar {
                t,
                alpha_bar,
                previous,
            } => write!(
                f,
                "alpha_bar[{t}] = {alpha_bar} after {previous}: alpha_bars must fall strictly, \
                 from below 1 and not below 0"
            ),
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
            Self::ForeignVar => {
                write!(f, "a value of one tape was used with another tape")
            }
            Self::ForeignParameter => write!(
                f,
                "a parameter of one network was used with the parameters of another, which have no such one"
            ),
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
            Self::Amplified(step) => step.fmt(f),
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
            Self::NotFalling { index, t, previous } => write!(
                f,
                "timesteps[{index}] = {t} after {previous}: a sampler's timesteps must fall"
            ),
            Self::NoSignal { what, t } => write!(
                f,
                "{what} is infinite at t = {t}, where alpha_bar = 0 (zero terminal SNR): use timesteps that \
                 are not spaced in it"
            ),
            Self::OutOfReach { what, row, t } => write!(
                f,
                "row {row} (counted from 0) lies so far out that ln p is below what can be computed: \
                 {what} at t = {t} is beyond the range of f32"
            ),
            Self::NoInverse { method } => write!(
                f,
                "{method} cannot encode: only DDIM with eta = 0 (or Euler) can be run backwards"
            ),
            Self::PredictionsDiffer { left, right } => write!(
                f,
                "one denoiser predicts {left:?} and the other {right:?}: both must predict the same"
            ),
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
            Self::Checkpoint { file, reason } => write!(f, "{file}: {reason}"),
            Self::Data {
                file,
                line: Some(line),
                reason,
            } => write!(f, "{file}, line {line}: {reason}"),
            Self::Data { file, reason, .. } => write!(f, "{file}: {reason}"),
            Self::Figure { reason } => write!(f, "figure: {reason}"),
        }
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
