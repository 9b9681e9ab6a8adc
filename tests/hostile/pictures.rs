//! Pictures: sets of them, what is known of them exactly, what is measured of them, and who judges them.

use std::sync::OnceLock;

use diffusion_intuition::data::{PictureSplit, Pictures};
use diffusion_intuition::judge::{Exam, Judge};
use diffusion_intuition::metrics::{self, Pca};
use diffusion_intuition::network::{Network, UNet, UNetConfig};
use diffusion_intuition::train::{Augment, TrainConfig, Trainer};
use diffusion_intuition::{Denoiser, EmpiricalDenoiser, Mixture, Prediction, Rng};
use ndarray::Array2;

use crate::core::{any_mixture, timestep, valid_schedule};
use crate::draw::{Draw, no_nan, no_nan_f32};
use crate::harness::{self, Entry};
use crate::train::{is_finite, schedule};

#[test]
fn hostile_input() {
    harness::run("pictures::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("sets", sets),
    ("fitted mixtures", fitted),
    ("known by heart", by_heart),
    ("measures", measures),
    ("scales", scales),
    ("judge", judge),
    ("told runs", told),
];

fn sets(draw: &Draw) -> Result<(), String> {
    let size = [(); 3].map(|()| match draw.rarely(8) {
        true => draw.size(),
        false => draw.one(&[1, 1, 2, 3]),
    });
    let pixels = size.iter().map(|side| (*side).min(50)).product::<usize>();
    let pixels = pixels.min(50);
    let n = draw.small();
    let classes = draw.one(&[0, 1, 2, 2, 3, usize::MAX]);
    let rows = match draw.rarely(20) {
        true => Array2::zeros(draw.one(&[(0, 1 << 60), (isize::MAX as usize, 0)])),
        false => draw.rows(n, pixels),
    };
    let labels: Vec<usize> = (0..if draw.rarely(8) { draw.small() } else { n })
        .map(|_| draw.one(&[0, 0, 0, 1, 1, draw.size()]) % draw.one(&[1, 2, 2, usize::MAX]))
        .collect();
    let Ok(set) = Pictures::new(rows, labels, size, classes) else {
        return Ok(());
    };
    let label = draw.size();
    if set.of_class(label).is_ok() && label >= classes {
        return Err(format!("class {label} of {classes}"));
    }
    let of_classes = (0..classes.min(1000)).map(|class| set.of_class(class));
    let found: Result<Vec<_>, _> = of_classes.collect();
    let found = found.map_err(|error| error.to_string())?;
    match classes > 1000 || found.iter().map(Array2::nrows).sum::<usize>() == set.len() {
        true => Ok(()),
        false => Err("not every picture is of one class".to_owned()),
    }
}

/// Few rows of many columns, rarely.
fn any_rows(draw: &Draw, d: usize) -> Array2<f32> {
    match draw.rarely(30) {
        true => Array2::zeros((draw.one(&[1, 2, 3]), 1_000_000)),
        false => draw.rows(draw.small(), d),
    }
}

fn fitted(draw: &Draw) -> Result<(), String> {
    let d = draw.one(&[0, 1, 2, 3, 8]);
    let rows = any_rows(draw, d);
    let components = draw.one(&[0, 1, 2, 2, 3, 5, usize::MAX]);
    let ridge = if draw.rarely(2) { draw.f64() } else { 1e-3 };
    let mut parts: Vec<Mixture> = any_mixture(draw, d).into_iter().collect();
    parts.extend(Mixture::fit(&rows, components, ridge, &mut draw.rng()));
    let weights = draw.list(draw.one(&[parts.len(), parts.len(), 1]));
    let weights: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
    parts.extend(Mixture::of_mixtures(&weights, &parts));
    for law in &parts {
        if let Ok(samples) = law.sample(draw.small(), &mut draw.rng()) {
            no_nan_f32("samples", &samples)?;
        }
        if let Ok(densities) = law.log_density(&rows) {
            no_nan("densities", &densities)?;
        }
    }
    Ok(())
}

fn by_heart(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let schedule = valid_schedule(draw);
    let kind = draw.one(&[Prediction::Eps, Prediction::X0, Prediction::V]);
    let rows = draw.rows(draw.small(), d);
    let Ok(copies) = EmpiricalDenoiser::new(&rows, &schedule, kind) else {
        return Ok(());
    };
    let x_t = draw.rows(draw.small(), draw.one(&[d, d, d, 2]));
    if let Ok(answer) = copies.denoise(&x_t, timestep(draw, &schedule)) {
        no_nan_f32("a prediction", &answer)?;
    }
    let ts = timestep(draw, &schedule)..timestep(draw, &schedule).saturating_add(1);
    match copies.loss_floor(ts, draw.size(), &mut draw.rng()) {
        Ok(floor) => no_nan("floor", &[floor.mean, floor.standard_error]),
        Err(_) => Ok(()),
    }
}

fn measures(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let a = any_rows(draw, d);
    let b = draw.rows(draw.small(), draw.one(&[a.ncols(), d, 2]).min(100));
    no_nan("distance", &metrics::frechet_distance(&a, &b))?;
    no_nan("distance", &metrics::frechet_distance(&a, &a))?;
    no_nan("distance", &metrics::mean_distance(&b))?;
    no_nan("median", &metrics::median(&draw.list(draw.small())))?;
    for (found, count) in [
        (metrics::nearest(&a, &b), b.nrows()),
        (metrics::nearest_other(&b), b.nrows()),
    ] {
        for (i, distance) in found.into_iter().flatten() {
            no_nan("distance", &[distance])?;
            if i >= count {
                return Err(format!("row {i} of {count}"));
            }
        }
    }
    let Ok(pca) = Pca::fit(&a, draw.one(&[0, 1, 2, d, usize::MAX])) else {
        return Ok(());
    };
    no_nan("axes", pca.axes())?;
    no_nan("variances", pca.variances())?;
    let is_finite = b.iter().all(|x| x.is_finite());
    match pca.coordinates(&b) {
        Ok(coordinates) if is_finite => no_nan_f32("coordinates", &coordinates),
        _ => Ok(()),
    }
}

/// In units 2^k times as small all numbers are 2^k times as large, exactly.
fn scales(draw: &Draw) -> Result<(), String> {
    let (n, d) = (draw.one(&[2, 3, 8]), draw.one(&[1, 2, 2, 3, 5, 5, 5, 40]));
    // With two factors, two variances are large.
    let factors = draw.one(&[2, d]);
    let rows = |n| {
        let of = Array2::from_shape_simple_fn((n, factors), || draw.ordinary() as f32);
        Array2::from_shape_fn((n, d), |(i, j)| of[[i, j % factors]])
    };
    let (a, b) = (rows(n), rows(n + 1));
    let k: i32 = draw.one(&[-100, -60, -1, 60, 100, 126, 126]);
    let unit = 2.0_f32.powi(k);
    let (large_a, large_b) = (a.mapv(|x| x * unit), b.mapv(|x| x * unit));
    let measures = |a, b| -> diffusion_intuition::Result<[f64; 4]> {
        let pca = Pca::fit(a, 1)?;
        Ok([
            metrics::frechet_distance(a, b)?.sqrt(),
            pca.variances()[0].sqrt(),
            metrics::mean_distance(a)?,
            metrics::nearest(a, b)?[0].1,
        ])
    };
    let expected = measures(&a, &b).map_err(|error| error.to_string())?;
    let found = measures(&large_a, &large_b).map_err(|error| error.to_string())?;
    for (i, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        let found = found / f64::from(unit);
        // Exact where nothing is rounded otherwise; the root of a difference near 0 is good to 1e-7.
        let off = (found - expected).abs();
        if off.is_nan() || off > 1e-6 * (1.0 + expected) {
            return Err(format!("measure {i} at 2^{k}: {found}, not {expected}"));
        }
    }
    Ok(())
}

/// Trained once a process, on pictures of 2 by 2.
fn exam() -> &'static Exam {
    static EXAM: OnceLock<Exam> = OnceLock::new();
    EXAM.get_or_init(|| {
        let part = |seed| {
            let mut rows = Rng::new(seed).standard_normal(6, 4).expect("small");
            let labels: Vec<usize> = (0..6).map(|i| i % 2).collect();
            rows.column_mut(0)
                .assign(&ndarray::arr1(&[-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]));
            Pictures::new(rows, labels, [2, 2, 1], 2).expect("valid")
        };
        let [train, held_out, judge] = [0, 1, 2].map(part);
        let split = PictureSplit {
            train,
            held_out,
            judge,
        };
        Exam::new(&split, &mut Rng::new(3)).expect("valid")
    })
}

fn judge(draw: &Draw) -> Result<(), String> {
    let mut set = Pictures::new(draw_finite(draw, 3), vec![0, 1, 0], [2, 2, 1], 2).unwrap();
    match draw.one(&[0, 1, 2, 3, 4]) {
        0 => set.classes = draw.one(&[0, 1, usize::MAX]),
        1 => set.labels[1] = draw.one(&[2, usize::MAX]),
        2 => set.height = draw.one(&[0, 3, usize::MAX, 1 << 60]),
        3 => set.rows[[1, 1]] = draw.one(&[f32::NAN, f32::INFINITY, 3e38]),
        _ => (set.rows, set.labels) = (Array2::zeros((0, 4)), Vec::new()),
    }
    // A pixel of 3e38 is a number: it may be learned from, if every loss stays one.
    let large = set.rows.iter().any(|x| *x == 3e38);
    if draw.rarely(4) {
        match Judge::train(&set, &mut draw.rng()) {
            Ok(_) if !large => return Err(format!("trained on {set:?}")),
            Ok(judge) => no_nan_f32("features", &judge.features(&draw_finite(draw, 2)).unwrap())?,
            Err(_) => {}
        }
    }
    let exam = exam();
    let n = draw.one(&[0, 1, 2, 3, 5, 300]);
    let rows = draw.rows(n, if draw.rarely(9) { draw.small() } else { 4 });
    let labels: Vec<usize> = (0..if draw.rarely(9) { draw.small() } else { n })
        .map(|_| draw.one(&[0, 1, 0, 1, 0, 1, if draw.rarely(30) { 2 } else { 0 }]))
        .collect();
    let small = rows.iter().all(|x| x.abs() < 1e8);
    if let (Ok(features), true) = (exam.judge().features(&rows), small) {
        no_nan_f32("features", &features)?;
    }
    let found = exam.judge().labels(&rows).unwrap_or_default();
    if found.iter().any(|label| *label > 1) {
        return Err(format!("labels {found:?}"));
    }
    // Each takes the eigenvalues of 64 by 64 matrices: milliseconds.
    if !draw.rarely(12) {
        return Ok(());
    }
    let seeds = draw.one(&[0, 1])..draw.one(&[0, 1, 3]);
    let scores = match draw.one(&[0, 1, 2, 3]) {
        0 => exam.floor(seeds, draw.one(&[0, 1, 2, 3, 4, usize::MAX])),
        1 => exam.over_seeds(seeds, |_| Ok((rows.clone(), labels.clone()))),
        2 => exam.over_seeds(0..u64::MAX, |_| Ok((Array2::zeros((0, 4)), Vec::new()))),
        _ => match exam.score(&rows, &labels) {
            Ok(score) => {
                let numbers = [score.accuracy, score.frechet, score.frechet_pca];
                no_nan("score", &numbers)?;
                return no_nan("score", &[score.nearest, score.diversity]);
            }
            Err(_) => return Ok(()),
        },
    };
    match scores {
        Ok(score) => no_nan("scores", &[score.frechet.mean, score.nearest.mean]),
        Err(_) => Ok(()),
    }
}

fn draw_finite(draw: &Draw, n: usize) -> Array2<f32> {
    Array2::from_shape_simple_fn((n, 4), || draw.ordinary() as f32)
}

fn told(draw: &Draw) -> Result<(), String> {
    let sizes = UNetConfig {
        height: 2,
        width: draw.one(&[2, 4]),
        channels: draw.one(&[1, 3]),
        levels: vec![4, 4],
        embedding: 4,
        groups: 2,
        heads: 2,
        classes: draw.one(&[0, 1, 2, 3]),
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&sizes, &mut Rng::new(0)).unwrap();
    let or = |usual: usize| if draw.rarely(12) { draw.size() } else { usual };
    let augment = Augment {
        height: or(sizes.height),
        width: or(sizes.width),
        flip: draw.rarely(2),
        shift: draw.one(&[0, 1, 1, 2, usize::MAX]),
    };
    let config = TrainConfig {
        batch: draw.one(&[1, 2, 3, 9, 0]),
        prediction: draw.one(&[Prediction::Eps, Prediction::V]),
        label_dropout: draw.one(&[0.0, 0.1, 1.0, draw.f64()]),
        augment: draw.rarely(2).then_some(augment),
        report_every: 1,
        ..TrainConfig::default()
    };
    let n = draw.one(&[0, 1, 2, 3, 5]);
    let pixels = sizes.height * sizes.width * sizes.channels;
    let rows = draw.rows(
        n,
        if draw.rarely(12) {
            draw.small()
        } else {
            pixels
        },
    );
    let labels: Vec<usize> = (0..if draw.rarely(9) { draw.small() } else { n })
        .map(|_| or(draw.one(&[0, 1])))
        .collect();
    let trainer = match draw.rarely(4) {
        true => Trainer::new(&network, rows, &schedule(), config),
        false => Trainer::new(&network, (rows, labels), &schedule(), config),
    };
    let Ok(mut trainer) = trainer else {
        return Ok(());
    };
    let _ = trainer.run(&mut network, 2, |_| ());
    is_finite("network", network.parameters())
}
