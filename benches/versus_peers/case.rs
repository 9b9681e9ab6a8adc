//! What a case is.

use std::path::Path;

use rayon::ThreadPoolBuilder;
use serde_json::Value;

/// Errors end up as a sentence for the person at the terminal.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One way of one library to do the work.
pub struct Contender {
    /// Its name in the table.
    pub label: &'static str,
    /// Name of the Python package.
    pub library: &'static str,
    /// Key into `FORMS` of the case's Python module.
    pub form: &'static str,
    /// Whether it is written with a trick of ours that few friends of the library would think of; the
    /// bar is against the others, and both ratios are reported.
    pub hoisted: bool,
}

impl Contender {
    /// In the order of the fields.
    pub const fn new(label: &'static str, library: &'static str, form: &'static str) -> Self {
        Self {
            label,
            library,
            form,
            hoisted: false,
        }
    }

    /// The same, marked as hoisted.
    pub const fn hoisted(self) -> Self {
        Self {
            hoisted: true,
            ..self
        }
    }
}

/// Work that ours and the peers do alike.
pub trait Case {
    /// Name in the table.
    fn name(&self) -> String;

    /// `benches/peers/{module}_{library}.py` holds the peers' forms.
    fn module(&self) -> &'static str;

    /// What the figures count, such as "M values/s": more is better.
    fn unit(&self) -> &'static str;

    /// Units in one call: a figure is this over the seconds of a call.
    fn amount(&self) -> f64;

    /// Floating-point operations of one call that no way of doing it can save, all in matrix products,
    /// where that is what bounds it: the figure at the machine's best rate of them is the limit.
    fn flops(&self) -> Option<f64> {
        None
    }

    /// The peers' forms, all of which are measured.
    fn peers(&self) -> &'static [Contender];

    /// Makes the input, writes what the peers share into `scratch`, and returns what they are told.
    fn prepare(&mut self, scratch: &Path) -> Result<Value>;

    /// Does the work once, as a user would write it.
    fn ours(&mut self);

    /// Checks our result.
    fn verify_ours(&mut self) -> Result<()>;

    /// Checks the files that a peer's `verify` wrote into `scratch`.
    fn verify_peer(&self, scratch: &Path) -> Result<()>;

    /// What was checked, for the person at the terminal.
    fn verified(&self) -> &'static str;
}

/// Both thread counts must give what one gives.
pub fn same_bits<T: PartialEq + Send>(
    work: impl Fn() -> diffusion_intuition::Result<T> + Sync,
) -> Result<()> {
    let run = |threads| -> Result<T> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(pool.install(&work)?)
    };
    match run(1)? == run(2)? {
        true => Ok(()),
        false => Err("two threads give other bits than one".into()),
    }
}
