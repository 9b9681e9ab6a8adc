//! The one error type of the crate: what was wrong, the offending value, and what would be valid.

use std::fmt;

use crate::prediction::Prediction;
use crate::sampler::Amplified;

/// What can be wrong with an input. Every public entry point that validates returns this type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A schedule was asked for with no timesteps at all.
    NoTimesteps,
    /// A β of a schedule lies outside (0, 1], or is 1 anywhere but at the last timestep.
    Beta {
        /// 0-based index of the offending β.
        t: usize,
        /// The offending value.
        beta: f64,
        /// Number of timesteps T of the schedule.
        timesteps: usize,
    },
    /// An ᾱ of a schedule is not in [0, 1) or does not fall from one timestep to the next.
    AlphaBar {
        /// 0-based index of the offending ᾱ.
        t: usize,
        /// The offending value.
        alpha_bar: f64,
        /// The value before it (1 before t = 0).
        previous: f64,
    },
    /// A timestep lies outside the schedule.
    Timestep {
        /// The offending 0-based timestep.
        t: usize,
        /// Number of timesteps T: valid are 0..T.
        timesteps: usize,
    },
    /// A scalar parameter is outside its valid range.
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The offending value.
        value: f64,
        /// What would be valid.
        valid: &'static str,
    },
    /// Two shapes do not fit each other.
    Shape {
        /// What the shape belongs to.
        what: &'static str,
        /// The shape that was needed.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },
    /// An output array is not contiguous in row-major order, so it cannot be filled in place.
    Layout {
        /// What the array is.
        what: &'static str,
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// What the value belongs to.
        what: &'static str,
        /// Position of the first offending value, in row-major order.
        index: usize,
        /// The offending value.
        value: f64,
    },
    /// Something that needs at least one element has none.
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// Something of this shape is more than memory can hold.
    Size {
        /// What was asked for.
        what: &'static str,
        /// Its shape, or the factors of its size.
        shape: Vec<usize>,
    },
    /// A covariance matrix is not symmetric or not positive definite.
    Covariance {
        /// What is wrong with it, with the offending number.
        reason: String,
    },
    /// Two matrices do not fit each other in an operation of a tape.
    Shapes {
        /// Name of the operation.
        op: &'static str,
        /// Rows and columns of the first matrix.
        left: [usize; 2],
        /// Rows and columns of the second matrix.
        right: [usize; 2],
    },
    /// A value of one tape was used with another.
    ForeignVar,
    /// A parameter was used with the parameters of another network, which have no such one.
    ForeignParameter,
    /// A row of a table was asked for that it does not have.
    Row {
        /// The offending 0-based row.
        row: usize,
        /// Number of rows of the table.
        table_rows: usize,
    },
    /// A parameter's name is taken, or there is none of that name.
    ParameterName {
        /// The offending name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A conversion between predictions of ε, x0 and v divides by zero at this ᾱ.
    Degenerate {
        /// The conversion.
        what: &'static str,
        /// The ᾱ at which it does not exist.
        alpha_bar: f64,
    },
    /// Training met a loss or a gradient that is NaN or infinite; the network keeps its last good parameters.
    Diverged {
        /// 0-based index of the training step.
        step: u64,
        /// What was not finite.
        what: &'static str,
        /// The offending value.
        value: f64,
    },
    /// A denoiser failed while sampling, or returned something that is no prediction.
    Denoiser {
        /// 0-based number of the step.
        step: usize,
        /// The 0-based timestep at which it was asked.
        t: usize,
        /// What was wrong.
        source: Box<Error>,
    },
    /// A step of a sampler would multiply the error of a predicted ε until it drowns the sample.
    Amplified(Amplified),
    /// Timesteps of a sampler do not fall.
    NotFalling {
        /// Position of the offending timestep in the list.
        index: usize,
        /// The offending timestep.
        t: usize,
        /// The timestep before it.
        previous: usize,
    },
    /// Something that is needed is infinite at a timestep without signal (ᾱ = 0, zero terminal SNR).
    NoSignal {
        /// What is infinite there.
        what: &'static str,
        /// The 0-based timestep.
        t: usize,
    },
    /// A row lies so far out that the logarithm of its density is below what can be computed.
    OutOfReach {
        /// What leaves the range of f32.
        what: &'static str,
        /// The 0-based row.
        row: usize,
        /// The 0-based timestep at which it does.
        t: usize,
    },
    /// Data was to be encoded with a method that cannot be run backwards.
    NoInverse {
        /// Name of the method.
        method: &'static str,
    },
    /// Two denoisers that are to be combined predict different things.
    PredictionsDiffer {
        /// What the first predicts.
        left: Prediction,
        /// What the second predicts.
        right: Prediction,
    },
    /// A column of a data set holds one value only, in all rows or in those to learn from.
    ConstantColumn {
        /// The 0-based column.
        column: usize,
        /// Its value.
        value: f64,
        /// Number of rows with another value, none of them among those to learn from.
        others: usize,
    },
    /// A value is so far from the others of its column that on its scale most of them become equal in f32.
    Outlier {
        /// The 0-based row.
        row: usize,
        /// The 0-based column.
        column: usize,
        /// The offending value.
        value: f64,
    },
    /// A checkpoint or tensor file could not be read or written, or does not fit what it is loaded into.
    Checkpoint {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of numbers could not be read or written.
    Data {
        /// The file.
        file: String,
        /// The offending line, counted from 1; none if it is about the file as a whole.
        line: Option<usize>,
        /// What is wrong with it.
        reason: String,
    },
    /// A figure could not be drawn.
    Figure {
        /// What the drawing back end said.
        reason: String,
    },
}

/// The result of every fallible function of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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

impl Error {
    /// [`Error::NotFinite`] for the first value, f32 or f64, that is NaN or infinite.
    pub(crate) fn check_finite<'a, T: Copy + Into<f64> + 'a>(
        what: &'static str,
        values: impl IntoIterator<Item = &'a T>,
    ) -> Result<()> {
        let values = values.into_iter().map(|value| (*value).into());
        let mut values = values.enumerate();
        match values.find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some((index, value)) => Err(Self::NotFinite { what, index, value }),
        }
    }
}
