//! What a batch of labelled pictures holds: the stated share of labels is dropped, and pictures are changed as said.

use std::collections::BTreeMap;
use std::sync::Mutex;

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{Network, Parameters};
use diffusion_intuition::train::{Augment, TrainConfig, Trainer};
use diffusion_intuition::{Result, Schedule};
use ndarray::{Array2, array};

use crate::network_given::CLASSES;
use crate::train_labels::labelled;
use crate::train_support::{Fragile, fragile, schedule, with};

/// Keeps the rows that it is asked about, and how many labels it was told.
struct Spy(Fragile, Mutex<(Vec<f32>, [usize; 2])>);

fn spy() -> Spy {
    Spy(fragile(), Mutex::default())
}

impl Network for Spy {
    fn parameters(&self) -> &Parameters {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        self.0.parameters_mut()
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, _: &[usize]) -> Result<Var> {
        self.1.lock().unwrap().0.extend(tape.slice(x_t));
        Ok(x_t)
    }
    fn classes(&self) -> usize {
        CLASSES
    }
    fn forward_given(
        &self,
        tape: &mut Tape,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let told = labels.iter().flatten().count();
        let mut seen = self.1.lock().unwrap();
        seen.1[0] += told;
        seen.1[1] += labels.len() - told;
        drop(seen);
        self.forward(tape, x_t, ts)
    }
}

#[test]
fn the_stated_share_of_labels_is_dropped() {
    for share in [0.0, 0.1, 1.0] {
        let n = 10_000;
        let mut spy = spy();
        let config = with(|config| (config.batch, config.label_dropout) = (n, share));
        let mut trainer = Trainer::new(&spy, labelled(), &schedule(), config).unwrap();
        let _ = trainer.run(&mut spy, 1, |_| ());
        let (_, [told, dropped]) = spy.1.into_inner().unwrap();
        // Two batches: that of the step, and the one that its parameters are tried on. Five standard deviations.
        let (all, expected) = (told + dropped, share * (told + dropped) as f64);
        assert!(all == 2 * n || all == n, "{all}");
        let bound = 5.0 * (expected * (1.0 - share)).sqrt();
        assert!(
            (dropped as f64 - expected).abs() <= bound,
            "{share}: {dropped}"
        );
    }
}

/// One picture of 2×3 pixels and two channels, with nearly no noise: every flip and shift of it comes up, as often as
/// the others, and nothing else.
#[test]
fn pictures_are_flipped_and_shifted_with_their_edges_repeated() {
    let pixel = |y: usize, x: usize| [10 * y + x, 100 + 10 * y + x];
    let picture = |flip: bool, down: isize, right: isize| -> Vec<i32> {
        let at = |to: usize, by: isize, size: isize| (to as isize - by).clamp(0, size - 1) as usize;
        let pixels = (0..2).flat_map(|y| (0..3).map(move |x| (y, x)));
        let pixels = pixels.flat_map(|(y, x)| {
            let x = if flip { 2 - x } else { x };
            pixel(at(y, down, 2), at(x, right, 3))
        });
        pixels.map(|value| value as i32).collect()
    };
    let mut expected = BTreeMap::new();
    for flip in [false, true] {
        for (down, right) in (-1..=1).flat_map(|y| (-1..=1).map(move |x| (y, x))) {
            *expected.entry(picture(flip, down, right)).or_insert(0) += 1;
        }
    }
    let row = picture(false, 0, 0).into_iter().map(|value| value as f32);
    let row = Array2::from_shape_vec((1, 12), row.collect()).unwrap();
    let n = 1800;
    let config = TrainConfig {
        batch: n,
        augment: Some(Augment {
            height: 2,
            width: 3,
            flip: true,
            shift: 1,
        }),
        ..TrainConfig::default()
    };
    let schedule = Schedule::from_betas(array![1e-8, 1e-8]).unwrap();
    let mut spy = spy();
    let mut trainer = Trainer::new(&spy, row, &schedule, config).unwrap();
    let _ = trainer.run(&mut spy, 1, |_| ());
    let (seen, _) = spy.1.into_inner().unwrap();
    let mut found = BTreeMap::new();
    for row in seen[..n * 12].chunks(12) {
        let row: Vec<i32> = row.iter().map(|value| value.round() as i32).collect();
        *found.entry(row).or_insert(0) += 1;
    }
    assert!(found.keys().eq(expected.keys()));
    for (picture, ways) in expected {
        // 1800 draws of 18 ways: 100 each, ±10; five standard deviations.
        let (mean, count) = (100.0 * f64::from(ways), f64::from(found[&picture]));
        assert!(
            (count - mean).abs() < 5.0 * mean.sqrt(),
            "{picture:?}: {count}"
        );
    }
}
