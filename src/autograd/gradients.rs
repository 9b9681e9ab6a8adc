//! What a walk back leaves: ∂loss/∂parameter.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::parameters::{ParameterId, Parameters, Places};

/// ∂loss/∂parameter for every parameter, in the order and layout of the [`Parameters`].
#[derive(Debug, Clone)]
pub struct Gradients {
    pub(crate) flat: Vec<f32>,
    pub(super) of: Places,
}

impl Gradients {
    /// Zero gradients for `parameters`.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            flat: vec![0.0; parameters.count()],
            of: parameters.places.clone(),
        }
    }

    /// ∂loss/∂parameter, of the parameter's shape.
    ///
    /// # Panics
    /// If `id` is not of the parameters that this was made for (see [`ParameterId`]).
    pub fn get(&self, id: ParameterId) -> ArrayView2<'_, f32> {
        self.of.view(&self.flat, id)
    }

    /// ∂loss/∂parameter, to change.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self, id: ParameterId) -> ArrayViewMut2<'_, f32> {
        self.of.view_mut(&mut self.flat, id)
    }

    /// The place of each parameter's gradient.
    pub(super) fn places(&mut self) -> Vec<Option<&mut [f32]>> {
        let mut rest = self.flat.as_mut_slice();
        let lengths = self.of.lengths();
        lengths.map(|len| rest.split_off_mut(..len)).collect()
    }
}
