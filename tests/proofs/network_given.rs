//! Networks that are told labels: one for all rows or one a row, and guidance of them.

use diffusion_intuition::autograd::{Rows, Tape, Var};
use diffusion_intuition::network::{FilmMlp, Network, ParameterId, Parameters};
use diffusion_intuition::sampler::Guidance;
use diffusion_intuition::{Denoiser, Error, Result, Rng};
use ndarray::Array2;

/// A learned row for each class, and one more for the label that says nothing, added to x_t.
struct PerClass {
    parameters: Parameters,
    rows: ParameterId,
}

pub const CLASSES: usize = 3;

impl PerClass {
    fn new() -> Self {
        let mut parameters = Parameters::new();
        let rows = parameters.uniform("rows", [CLASSES + 1, 2], 1.0, &mut Rng::new(0));
        let rows = rows.unwrap();
        Self { parameters, rows }
    }

    fn row(&self, label: Option<usize>) -> ndarray::ArrayView1<'_, f32> {
        let row = label.unwrap_or(CLASSES);
        self.parameters
            .get(self.rows)
            .index_axis_move(ndarray::Axis(0), row)
    }
}

/// x + table[label], the table's last row for no label.
pub fn add_row_of_label(
    tape: &mut Tape,
    x: Var,
    table: ParameterId,
    labels: &[Option<usize>],
) -> Result<Var> {
    let index: Vec<usize> = labels.iter().map(|c| c.unwrap_or(CLASSES)).collect();
    let table = tape.parameter(table);
    let rows = tape.gather(table, &Rows::new(&index, CLASSES + 1)?)?;
    tape.add(x, rows)
}

impl Network for PerClass {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, ts: &[usize]) -> Result<Var> {
        self.forward_given(tape, x_t, ts, &vec![None; ts.len()])
    }
    fn classes(&self) -> usize {
        CLASSES
    }
    fn forward_given(
        &self,
        tape: &mut Tape,
        x_t: Var,
        _: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        add_row_of_label(tape, x_t, self.rows, labels)
    }
}

#[test]
fn a_conditional_network_is_told_one_label_or_one_a_row() {
    let network = PerClass::new();
    let n = 1000; // more than one piece
    let x = Rng::new(1).standard_normal(n, 2).unwrap();
    let told = |label| &x + &network.row(label);
    for label in [None, Some(0), Some(2)] {
        assert_eq!(network.given(label).denoise(&x, 5).unwrap(), told(label));
    }
    assert_eq!(network.predict_at(&x, 5).unwrap(), told(None));
    let labels: Vec<_> = (0..n).map(|i| (i % 7 < CLASSES).then_some(i % 7)).collect();
    let answers = network.given_each(&labels).denoise(&x, 5).unwrap();
    for (i, label) in labels.iter().enumerate() {
        assert_eq!(answers.row(i), &x.row(i) + &network.row(*label), "row {i}");
    }
    let ts = vec![5; n];
    assert_eq!(network.predict_given(&x, &ts, &labels).unwrap(), answers);
    assert_eq!(
        network
            .given_each(&labels)
            .nothing()
            .denoise(&x, 5)
            .unwrap(),
        told(None)
    );
}

/// In two calls or in one: unconditional + (1 + w) (conditional − unconditional).
#[test]
fn guidance_of_a_conditional_network_is_one_call() {
    let network = PerClass::new();
    let x = Rng::new(2).standard_normal(4, 2).unwrap();
    let (given, nothing) = (network.given(Some(1)), network.given(None));
    let w = 0.5;
    let two = Guidance::new(&given, &nothing, 1.0 + w).unwrap();
    let two = two.denoise(&x, 0).unwrap();
    let one = Guidance::towards(given, 1.0 + w).unwrap();
    assert_eq!(one.denoise(&x, 0).unwrap(), two);
    let row =
        |i: usize| network.row(None)[i] + 1.5 * (network.row(Some(1))[i] - network.row(None)[i]);
    for (found, x) in two.rows().into_iter().zip(x.rows()) {
        // Numbers below 4, four roundings.
        assert!((0..2).all(|i| (found[i] - x[i] - row(i)).abs() < 2e-6));
    }
    let labels = [Some(1); 4];
    let each = Guidance::towards(network.given_each(&labels), 1.0 + w).unwrap();
    assert_eq!(each.denoise(&x, 0).unwrap(), two);
    assert!(Guidance::towards(given, f64::NAN).is_err());
}

#[test]
fn labels_outside_the_classes_are_errors() {
    let x = Array2::zeros((2, 2));
    let refused = |network: &dyn Denoiser| network.denoise(&x, 0).unwrap_err();
    let network = PerClass::new();
    let label = CLASSES;
    let error = refused(&network.given(Some(label)));
    assert_eq!(
        error,
        Error::Label {
            label,
            classes: CLASSES
        }
    );
    assert_eq!(
        error.to_string(),
        "label 3 for a network of 3 classes: labels count from 0"
    );
    let error = refused(&network.given_each(&[Some(0), Some(7)]));
    assert_eq!(
        error,
        Error::Label {
            label: 7,
            classes: CLASSES
        }
    );
    let error = refused(&network.given_each(&[Some(0)]));
    assert!(
        matches!(error, Error::Shape { what: "labels", .. }),
        "{error}"
    );
    let without = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let error = refused(&without.given(Some(0)));
    assert_eq!(
        error,
        Error::Label {
            label: 0,
            classes: 0
        }
    );
    assert_eq!(
        error.to_string(),
        "label 0 for a network without classes, which takes none"
    );
    let said_nothing = without.given(None).denoise(&x, 0).unwrap();
    assert_eq!(said_nothing, without.predict_at(&x, 0).unwrap());
    let error = without.forward_given(
        &mut Tape::new(without.parameters()),
        Tape::new(without.parameters()).input(&x),
        &[0, 0],
        &[None, Some(1)],
    );
    assert_eq!(
        error,
        Err(Error::Label {
            label: 1,
            classes: 0
        })
    );
}
