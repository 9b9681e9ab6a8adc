//! The numbers of all parameters, and what convolutions have made of them.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers that know what was made of them, as long as they stay what they are: whoever asks for them to change them
/// has it made anew, in the same memory (four times a convolution's weights, eight where it is trained).
#[derive(Default)]
pub(super) struct Numbers {
    values: Vec<f32>,
    made: Mutex<Vec<Made>>,
}

struct Made {
    of: (usize, Form),
    numbers: Arc<Vec<f32>>,
    /// Whether it was made of numbers that have changed: its memory is taken again.
    stale: bool,
}

/// What is made of the weights of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Their values at the points.
    AtPoints,
    /// Those of the weights turned, for the derivative for x.
    TurnedAtPoints,
}

impl Numbers {
    /// The `len` numbers that `make` makes of one matrix, all of them, once. Other threads that ask wait: so
    /// `make` uses no threads, whose other tasks could ask in their turn.
    pub fn made_once(
        &self,
        of: (usize, Form),
        len: usize,
        make: impl FnOnce(&mut [f32]),
    ) -> Arc<Vec<f32>> {
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|made| made.of == of);
        if let Some(known) = at.map(|at| &all[at]).filter(|known| !known.stale) {
            return Arc::clone(&known.numbers);
        }
        let earlier = at.map(|at| all.swap_remove(at).numbers);
        let earlier = earlier.and_then(Arc::into_inner);
        let mut numbers = earlier.unwrap_or_else(|| vec![0.0; len]);
        make(&mut numbers);
        let numbers = Arc::new(numbers);
        all.push(Made {
            of,
            numbers: Arc::clone(&numbers),
            stale: false,
        });
        numbers
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

impl Deref for Numbers {
    type Target = Vec<f32>;

    fn deref(&self) -> &Vec<f32> {
        &self.values
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut Vec<f32> {
        let made = self.made.get_mut();
        for made in made.unwrap_or_else(PoisonError::into_inner) {
            made.stale = true;
        }
        &mut self.values
    }
}

/// What was made is made anew by a clone that needs it.
impl Clone for Numbers {
    fn clone(&self) -> Self {
        let (values, made) = (self.values.clone(), Mutex::default());
        Self { values, made }
    }
}

impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}
