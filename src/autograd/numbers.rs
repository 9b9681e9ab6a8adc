//! The numbers of all parameters, and what predictions have made of them.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers that know what was made of them, as long as they stay what they are: whoever asks for them to change them
/// has it forgotten.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    values: Vec<f32>,
    made: Mutex<Vec<(usize, Arc<Vec<f32>>)>>,
}

impl Numbers {
    /// What `make` makes of the numbers of one matrix, once: of all threads that ask, the others wait.
    pub fn made_once(&self, matrix: usize, make: impl FnOnce() -> Vec<f32>) -> Arc<Vec<f32>> {
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|(of, _)| *of == matrix);
        if let Some((_, made)) = known {
            return Arc::clone(made);
        }
        let made = Arc::new(make());
        all.push((matrix, Arc::clone(&made)));
        made
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
        *self.made.get_mut().unwrap_or_else(PoisonError::into_inner) = Vec::new();
        &mut self.values
    }
}

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
