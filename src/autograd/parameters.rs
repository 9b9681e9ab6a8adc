//! Named parameters of a network, in one flat array.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewMut2};
use rand::RngExt;

use super::numbers::{Form, Numbers};
use crate::check;
use crate::error::{Error, Result};
use crate::hash::fnv1a;
use crate::rng::Rng;

/// Names one matrix of [`Parameters`].
///
/// It is good for the parameters that made it, for their clones, and for all others whose names and shapes are the
/// same up to this one: those of a second network of the same make. Any others know it for a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterId {
    pub(super) index: usize,
    layout: u64,
}

/// Weight (outputs, inputs) and bias (1, outputs) of an affine map, for [`Tape::linear`](super::Tape::linear).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linear {
    /// W, shape (outputs, inputs), as in PyTorch.
    pub weight: ParameterId,
    /// b, shape (1, outputs); in checkpoints (outputs), as in PyTorch.
    pub bias: ParameterId,
}

/// The parameters θ of a network: named f32 matrices, one after the other in a single array.
///
/// Optimisers, EMA and checkpoints see the array and the names, never the network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    values: Numbers,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    shape: [usize; 2],
    /// Whether files know it as a vector: a bias.
    vector: bool,
    range: Range<usize>,
    /// Fingerprint of all names and shapes up to this one.
    layout: u64,
}

const FOREIGN: Error = Error::Foreign {
    what: "parameter of one network",
};

impl Parameters {
    /// No parameters yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `name.weight` (outputs, inputs) and `name.bias` (1, outputs), both uniform in ±1/√inputs: the
    /// default of PyTorch's `nn.Linear`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `inputs` or `outputs` is 0; [`Error::ParameterName`] if the name is taken.
    pub fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        rng: &mut Rng,
    ) -> Result<Linear> {
        let shape = [[outputs, inputs], [1, outputs]];
        let [weight, bias] = self.weight_and_bias(name, shape, inputs, rng)?;
        Ok(Linear { weight, bias })
    }

    /// Adds `name.weight` and `name.bias` of these shapes, both uniform in ±1/√`inputs`.
    pub(super) fn weight_and_bias(
        &mut self,
        name: &str,
        shapes: [[usize; 2]; 2],
        inputs: usize,
        rng: &mut Rng,
    ) -> Result<[ParameterId; 2]> {
        let bound = 1.0 / (inputs.max(1) as f32).sqrt();
        let [weight, bias] = self.weight_and_bias_names(name)?;
        let weight = self.uniform(&weight, shapes[0], bound, rng)?;
        let bias = self.uniform(&bias, shapes[1], bound, rng)?;
        self.entries[bias.index].vector = true;
        Ok([weight, bias])
    }

    /// Adds `name.weight` and `name.bias`, vectors of zeros.
    pub(super) fn vectors(&mut self, name: &str, len: usize) -> Result<[ParameterId; 2]> {
        let [weight, bias] = self.weight_and_bias_names(name)?;
        let ids = [self.zeros(&weight, [1, len])?, self.zeros(&bias, [1, len])?];
        for id in ids {
            self.entries[id.index].vector = true;
        }
        Ok(ids)
    }

    /// Two free names, or neither.
    fn weight_and_bias_names(&self, name: &str) -> Result<[String; 2]> {
        let names = ["weight", "bias"].map(|part| format!("{name}.{part}"));
        names.iter().try_for_each(|name| self.check_name(name))?;
        Ok(names)
    }

    /// Adds `name.weight` (`rows`, `width`), standard normal: a vector to learn for each of `rows` things, that
    /// [`Tape::gather`](super::Tape::gather) looks up. The default of PyTorch's `nn.Embedding`.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros).
    pub fn embedding(
        &mut self,
        name: &str,
        rows: usize,
        width: usize,
        rng: &mut Rng,
    ) -> Result<ParameterId> {
        let id = self.zeros(&format!("{name}.weight"), [rows, width])?;
        let range = self.range(id);
        rng.fill_standard_normal(&mut self.values[range]);
        Ok(id)
    }

    /// Adds a matrix of independent numbers, uniform in ±`bound`.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros); [`Error::Parameter`] if `bound` is NaN, infinite or so large that 2·`bound` is.
    pub fn uniform(
        &mut self,
        name: &str,
        shape: [usize; 2],
        bound: f32,
        rng: &mut Rng,
    ) -> Result<ParameterId> {
        let fine = (2.0 * bound).is_finite();
        let what = "bound of a uniform parameter";
        check::parameter(what, bound, fine, "finite, twice as well")?;
        let id = self.zeros(name, shape)?;
        let range = self.range(id);
        for value in &mut self.values[range] {
            let u: f32 = rng.random();
            *value = bound * (2.0 * u - 1.0);
        }
        Ok(id)
    }

    /// Adds a matrix of zeros.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a dimension is 0; [`Error::Size`] if memory cannot hold it; [`Error::ParameterName`]
    /// if the name is taken.
    pub fn zeros(&mut self, name: &str, shape: [usize; 2]) -> Result<ParameterId> {
        let least = shape[0].min(shape[1]);
        check::parameter("dimension of a parameter", least, least > 0, "at least 1")?;
        self.check_name(name)?;
        let start = self.values.len();
        let added = check::elements::<f32>("parameters", &shape)?;
        let total = check::elements::<f32>("parameters", &[start.saturating_add(added)])?;
        self.values.resize(total, 0.0);
        let numbers = [self.layout(), shape[0] as u64, shape[1] as u64];
        let numbers = numbers.into_iter().flat_map(u64::to_le_bytes);
        self.entries.push(Entry {
            name: name.to_owned(),
            shape,
            vector: false,
            range: start..total,
            layout: fnv1a(numbers.chain(name.bytes())),
        });
        Ok(self.id_at(self.len() - 1))
    }

    fn check_name(&self, name: &str) -> Result<()> {
        match self.id(name) {
            Err(_) => Ok(()),
            Ok(_) => Err(Error::ParameterName {
                name: name.to_owned(),
                reason: "the name is taken",
            }),
        }
    }

    /// How many numbers there are to train, over all matrices.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// How many matrices there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every matrix, in the order in which they were added.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = ParameterId> + use<> {
        let ids: Vec<_> = (0..self.len()).map(|i| self.id_at(i)).collect();
        ids.into_iter()
    }

    /// The weights of affine maps and convolutions: matrices `name.weight`, each followed by a bias `name.bias`.
    pub(crate) fn weights(&self) -> impl Iterator<Item = ParameterId> {
        let stem = |entry: &Entry, end: &str| entry.name.strip_suffix(end).map(str::to_owned);
        let pairs = self.entries.windows(2).enumerate();
        let weights = pairs.filter(move |(_, pair)| {
            let of_weight = stem(&pair[0], ".weight");
            !pair[0].vector
                && pair[1].vector
                && of_weight.is_some()
                && of_weight == stem(&pair[1], ".bias")
        });
        weights.map(|(i, _)| self.id_at(i))
    }

    /// The matrix of that name.
    ///
    /// # Errors
    /// [`Error::ParameterName`] if there is none.
    pub fn id(&self, name: &str) -> Result<ParameterId> {
        let index = self.entries.iter().position(|entry| entry.name == name);
        let index = index.ok_or_else(|| Error::ParameterName {
            name: name.to_owned(),
            reason: "there is none of that name",
        })?;
        Ok(self.id_at(index))
    }

    fn id_at(&self, index: usize) -> ParameterId {
        let layout = self.entries[index].layout;
        ParameterId { index, layout }
    }

    fn entry(&self, id: ParameterId) -> &Entry {
        assert_eq!(self.check(id), Ok(()), "an id of these parameters");
        &self.entries[id.index]
    }

    /// Refuses an id of other parameters.
    pub(super) fn check(&self, id: ParameterId) -> Result<()> {
        match self.entries.get(id.index) {
            Some(entry) if entry.layout == id.layout => Ok(()),
            _ => Err(FOREIGN),
        }
    }

    /// Names and shapes alone.
    pub(super) fn without_values(&self) -> Self {
        Self {
            values: Numbers::default(),
            entries: self.entries.clone(),
        }
    }

    /// Fingerprint of all names and shapes, in order: what another network of the same make has too.
    pub(crate) fn layout(&self) -> u64 {
        self.entries.last().map_or(0, |last| last.layout)
    }

    /// Refuses parameters that are not as many, or of other names and shapes, than those of a network with this
    /// [layout](Self::layout).
    pub(crate) fn check_make(&self, count: usize, layout: u64) -> Result<()> {
        check::same_shape("parameters of the network", &[count], &[self.count()])?;
        match self.layout() == layout {
            true => Ok(()),
            false => Err(FOREIGN),
        }
    }

    /// Name of a matrix.
    ///
    /// # Panics
    /// This and every method below: if `id` is of other parameters (see [`ParameterId`]).
    pub fn name(&self, id: ParameterId) -> &str {
        &self.entry(id).name
    }

    /// Rows and columns of a matrix.
    pub fn shape(&self, id: ParameterId) -> [usize; 2] {
        self.entry(id).shape
    }

    /// The numbers of a matrix.
    pub fn get(&self, id: ParameterId) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape(self.shape(id), self.slice(id)).expect("as long as its shape")
    }

    /// The numbers of a matrix, to change.
    pub fn get_mut(&mut self, id: ParameterId) -> ArrayViewMut2<'_, f32> {
        let (shape, range) = (self.shape(id), self.range(id));
        let values = &mut self.values[range];
        ArrayViewMut2::from_shape(shape, values).expect("as long as its shape")
    }

    /// All numbers, matrix after matrix, each row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All numbers, to change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Exchanges all numbers with `values`, which has as many.
    pub(crate) fn swap_values(&mut self, values: &mut Vec<f32>) {
        assert_eq!(values.len(), self.values.len(), "same parameters");
        std::mem::swap(&mut *self.values, values);
    }

    /// Shape of a matrix in files: biases are vectors there.
    pub(crate) fn file_shape(&self, id: ParameterId) -> Vec<usize> {
        let Entry { shape, vector, .. } = self.entry(id);
        shape[usize::from(*vector)..].to_vec()
    }

    /// Where a matrix stands among [`values`](Self::values).
    pub(crate) fn range(&self, id: ParameterId) -> Range<usize> {
        self.entry(id).range.clone()
    }

    pub(super) fn slice(&self, id: ParameterId) -> &[f32] {
        &self.values[self.range(id)]
    }

    /// What `make` makes of a matrix, `len` numbers: once, until any number changes.
    pub(super) fn made_once(
        &self,
        (id, form): (ParameterId, Form),
        len: usize,
        make: impl FnOnce(&[f32], &mut [f32]),
    ) -> Arc<Vec<f32>> {
        let make = |to: &mut [f32]| make(self.slice(id), to);
        self.values.made_once((id.index, form), len, make)
    }
}
