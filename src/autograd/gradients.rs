//! What a walk back leaves: ∂loss/∂parameter.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::parameters::{ParameterId, Parameters};
use crate::error::Result;

/// ∂loss/∂parameter for every parameter, in the order and layout of the [`Parameters`].
#[derive(Debug, Clone)]
pub struct Gradients {
    pub(crate) flat: Vec<f32>,
    /// Without their values.
    pub(super) of: Parameters,
}

impl Gradients {
    /// Zero gradients for `parameters`.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            flat: vec![0.0; parameters.count()],
            of: parameters.without_values(),
        }
    }

    /// ∂loss/∂parameter, of the parameter's shape.
    ///
    /// # Panics
    /// If `id` is not of the parameters that this was made for (see [`ParameterId`]).
    pub fn get(&self, id: ParameterId) -> ArrayView2<'_, f32> {
        let values = &self.flat[self.of.range(id)];
        ArrayView2::from_shape(self.of.shape(id), values).expect("as long as its shape")
    }

    /// ∂loss/∂parameter, to change.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self, id: ParameterId) -> ArrayViewMut2<'_, f32> {
        let values = &mut self.flat[self.of.range(id)];
        ArrayViewMut2::from_shape(self.of.shape(id), values).expect("as long as its shape")
    }

    /// Refuses gradients that are of others than these parameters.
    pub(crate) fn check_of(&self, parameters: &Parameters) -> Result<()> {
        parameters.check_make(self.flat.len(), self.of.layout())
    }

    /// The place of each parameter's gradient.
    pub(super) fn places(&mut self) -> Vec<Option<&mut [f32]>> {
        let mut rest = self.flat.as_mut_slice();
        let lengths = self.of.ids().map(|id| self.of.range(id).len());
        lengths.map(|len| rest.split_off_mut(..len)).collect()
    }
}
