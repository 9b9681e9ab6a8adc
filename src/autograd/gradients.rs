//! What a walk back leaves: ∂loss/∂parameter.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::parameters::{ParameterId, Parameters, Places};
use crate::error::Result;

/// ∂loss/∂parameter for every parameter, in the order and layout of the [`Parameters`].
#[derive(Debug, Clone)]
pub struct Gradients {
    pub(crate) flat: Vec<f32>,
    places: Places,
    written: Vec<bool>,
}

impl Gradients {
    /// Zero gradients for `parameters`.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            flat: vec![0.0; parameters.count()],
            places: parameters.places().clone(),
            written: vec![false; parameters.len()],
        }
    }

    /// ∂loss/∂parameter, of the parameter's shape.
    ///
    /// # Panics
    /// If `id` is not of the parameters that this was made for (see [`ParameterId`]).
    pub fn get(&self, id: ParameterId) -> ArrayView2<'_, f32> {
        self.places.view(&self.flat, id)
    }

    /// ∂loss/∂parameter, to change.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self, id: ParameterId) -> ArrayViewMut2<'_, f32> {
        self.places.view_mut(&mut self.flat, id)
    }

    /// Forgets the last walk; refuses other parameters than those that this was made for.
    pub(super) fn reset(&mut self, parameters: &Parameters) -> Result<()> {
        parameters.check_make(self.flat.len(), self.places.layout())?;
        self.written.fill(false);
        Ok(())
    }

    /// Where each parameter's gradient goes.
    pub(super) fn slots(&mut self) -> Vec<Option<Slot<'_>>> {
        let mut rest = self.flat.as_mut_slice();
        let places = self.places.ranges().zip(&mut self.written);
        let slot = |(range, written): (Range<usize>, _)| {
            let values = rest.split_off_mut(..range.len()).expect("as many numbers");
            Some(Slot { values, written })
        };
        places.map(slot).collect()
    }

    /// Parameters that nothing reached have gradient 0.
    pub(super) fn finish(&mut self) {
        let places = self.places.ranges().zip(&self.written);
        for (range, _) in places.filter(|(_, written)| !**written) {
            self.flat[range].fill(0.0);
        }
    }
}

/// Where one parameter's gradient goes.
pub(super) struct Slot<'a> {
    values: &'a mut [f32],
    written: &'a mut bool,
}

impl Slot<'_> {
    /// The gradient, and whether it is to be added to: if not, its contents are arbitrary.
    pub fn open(&mut self) -> (&mut [f32], bool) {
        (self.values, std::mem::replace(self.written, true))
    }
}
