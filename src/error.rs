//! The one error type of the crate: what was wrong, the offending value, and what would be valid.

mod display;

/// What can be wrong with an input. Every public entry point that validates returns this type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A β of a schedule lies outside (0, 1], or is 1 anywhere but at the last timestep; or an ᾱ is not in
    /// [0, 1) or does not fall from one timestep to the next.
    Schedule {
        /// `"beta"` or `"alpha_bar"`.
        name: &'static str,
        /// 0-based index of the offending value.
        t: usize,
        /// The offending value.
        value: f64,
        /// What would be valid there.
        valid: String,
    },
    /// A timestep lies outside the schedule.
    Timestep {
        /// The offending 0-based timestep.
        t: usize,
        /// Number of timesteps T: valid are 0..T.
        timesteps: usize,
    },
    /// A label lies outside the classes of a network.
    Label {
        /// The offending 0-based label.
        label: usize,
        /// Number of classes: valid are 0..classes, none for a network without.
        classes: usize,
    },
    /// A number in a sentence is that of no word.
    Word {
        /// The offending 0-based number.
        word: usize,
        /// Number of words: valid are 0..words.
        words: usize,
    },
    /// A word, or the name of an attribute or of its value, is not known, or cannot be one.
    Name {
        /// What it names, and where.
        what: String,
        /// The offending name.
        name: String,
        /// What would be valid.
        valid: String,
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
    /// Something of one tape or network was used with another.
    Foreign {
        /// What it was.
        what: &'static str,
    },
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
    /// A step of a sampler would multiply the error of a predicted ε until it drowns the sample: see
    /// [`amplification`](crate::Sampler::amplification).
    Amplified {
        /// The 0-based timestep at which the step starts.
        t: usize,
        /// The timestep at which it ends; none for clean data.
        next: Option<usize>,
        /// ᾱ_t.
        alpha_bar: f64,
        /// By what the step multiplies an error of ε.
        factor: f64,
        /// The largest factor that is allowed.
        limit: f64,
        /// A timestep to start at instead, if there is one: the largest with √(1−ᾱ)/√ᾱ ≤ 50.
        start: Option<usize>,
    },
    /// What was asked for does not exist for what it was asked of.
    Unsupported {
        /// What it was asked of, and what was asked.
        what: String,
        /// What would be valid.
        valid: &'static str,
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
    /// A file could not be read or written, or does not fit what it is loaded into.
    File {
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
