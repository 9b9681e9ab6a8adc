//! The numbers of all parameters, and what convolutions have made of them.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers that know what was made of them, as long as they stay what they are: whoever asks for them to change them
/// has it forgotten.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    values: Vec<f32>,
    made: Mutex<Vec<Made>>,
}

#[derive(Debug)]
struct Made {
    of: (usize, Form),
    numbers: Arc<Vec<f32>>,
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
    /// What `make` makes of the numbers of one matrix, once: of all threads that ask, the others wait.
    pub fn made_once(&self, of: (usize, Form), make: impl FnOnce() -> Vec<f32>) -> Arc<Vec<f32>> {
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|made| made.of == of) {
            return Arc::clone(&known.numbers);
        }
        let numbers = Arc::new(make());
        let kept = Arc::clone(&numbers);
        all.push(Made { of, numbers: kept });
        numbers
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
        made.unwrap_or_else(PoisonError::into_inner).clear();
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
