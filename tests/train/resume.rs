//! A stop changes no bit, and what is no such run is refused.

use diffusion_intuition::network::{FilmMlp, Network};
use diffusion_intuition::train::{LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Result, Rng, Schedule};
use ndarray::array;

use crate::support::{Scratch, bits, is_refused, network, schedule};

fn small(seed: u64) -> FilmMlp {
    network(1, 16, 2, seed)
}

fn config() -> TrainConfig {
    TrainConfig {
        batch: 32,
        seed: 9,
        ..TrainConfig::default()
    }
}

fn open(scratch: &Scratch, network: &mut FilmMlp, config: TrainConfig) -> Result<Trainer> {
    let data = Mixture::bimodal();
    Trainer::open(&scratch.0, 100, network, data, &schedule(), config)
}

#[test]
fn going_on_gives_the_same_bits_as_never_stopping() {
    let mut straight = small(0);
    let mut trainer = Trainer::new(&straight, Mixture::bimodal(), &schedule(), config()).unwrap();
    trainer.run(&mut straight, 30, |_| ()).unwrap();

    let scratch = Scratch::new("resume");
    let mut stopped = small(0);
    let mut first = open(&scratch, &mut stopped, config()).unwrap();
    first.run(&mut stopped, 13, |_| ()).unwrap();
    // Another start: everything must come from the file.
    let mut resumed = small(77);
    let mut second = open(&scratch, &mut resumed, config()).unwrap();
    assert_eq!(second.step(), 13);
    assert_eq!(bits(resumed.parameters()), bits(stopped.parameters()));
    second.run(&mut resumed, 17, |_| ()).unwrap();
    assert_eq!(bits(resumed.parameters()), bits(straight.parameters()));
    assert_eq!(bits(second.ema().unwrap()), bits(trainer.ema().unwrap()));
    assert_eq!(second.losses(), trainer.losses());
}

/// Two runs that write the same file write the same bytes.
#[test]
fn a_run_has_one_file() {
    let written = |name| {
        let (scratch, mut network) = (Scratch::new(name), small(0));
        let mut trainer = open(&scratch, &mut network, config()).unwrap();
        trainer.run(&mut network, 3, |_| ()).unwrap();
        std::fs::read(&scratch.0).unwrap()
    };
    assert_eq!(written("one"), written("other"));
}

/// Written when the header was put together by hand.
#[test]
fn a_file_of_an_earlier_version_goes_on() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/checkpoint.safetensors"
    );
    let scratch = Scratch::with("earlier", &std::fs::read(golden).unwrap());
    let rows = array![[-1.0_f32], [0.5], [2.0]];
    let schedule = Schedule::linear(10, 1e-4, 0.02).unwrap();
    let config = TrainConfig {
        batch: 4,
        clip_grad_norm: Some(0.5),
        seed: 3,
        learning_rate: LearningRate::cosine(1e-3, 20).warm_up(2),
        ..TrainConfig::default()
    };
    let mut straight = network(1, 4, 1, 0);
    let mut whole = Trainer::new(&straight, rows.clone(), &schedule, config.clone()).unwrap();
    whole.run(&mut straight, 8, |_| ()).unwrap();
    let mut resumed = network(1, 4, 1, 1);
    let mut trainer = Trainer::open(&scratch.0, 4, &mut resumed, rows, &schedule, config).unwrap();
    let said = [
        1.275_336_9,
        0.800_238_3,
        0.769_784_03,
        0.562_277_7,
        0.391_636_3,
        0.810_731_6,
    ];
    assert_eq!((trainer.step(), trainer.losses()), (6, &said[..]));
    trainer.run_to(&mut resumed, 8, |_| ()).unwrap();
    // Processors that multiply and add in one instruction round otherwise.
    let (ours, theirs) = (
        resumed.parameters().values(),
        straight.parameters().values(),
    );
    assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let scratch = Scratch::new("other");
    let mut network = small(0);
    let before = bits(network.parameters());
    let mut larger = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    larger.parameters().save(&scratch.0).unwrap();
    is_refused(network.parameters_mut().load(&scratch.0), "shape");
    is_refused(open(&scratch, &mut network, config()), "does not say");
    std::fs::remove_file(&scratch.0).unwrap();
    open(&scratch, &mut network, config()).unwrap();
    let other = TrainConfig {
        seed: 8,
        ..config()
    };
    is_refused(open(&scratch, &mut network, other), "another seed");
    is_refused(open(&scratch, &mut larger, config()), "another network");
    let without = TrainConfig {
        ema: None,
        ..config()
    };
    is_refused(open(&scratch, &mut network, without), "other settings (ema");
    assert_eq!(bits(network.parameters()), before);
    let nowhere = scratch.0.join("no/such/folder");
    assert!(network.parameters().save(&nowhere).is_err());
    assert!(network.parameters_mut().load(&nowhere).is_err());
}

#[test]
fn a_checkpoint_cut_or_changed_anywhere_never_panics() {
    let scratch = Scratch::new("whole");
    let mut network = small(0);
    let mut trainer = open(&scratch, &mut network, config()).unwrap();
    trainer.run(&mut network, 2, |_| ()).unwrap();
    let bytes = std::fs::read(&scratch.0).unwrap();
    let resume = |bytes: &[u8]| {
        let damaged = Scratch::with("damaged", bytes);
        open(&damaged, &mut small(0), config())
    };
    for cut in (0..bytes.len()).step_by(997) {
        assert!(
            matches!(resume(&bytes[..cut]), Err(Error::File { .. })),
            "cut at {cut}"
        );
    }
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for at in (0..header).step_by(13) {
        for byte in [0, b'"', b'9', 0xff] {
            let mut changed = bytes.clone();
            changed[at] = byte;
            // A space in place of another is valid; all else must be an error, not a panic.
            if let Err(error) = resume(&changed) {
                assert!(matches!(error, Error::File { .. }), "{error}");
            }
        }
    }
    // Numbers that training cannot have made.
    let mut changed = bytes.clone();
    changed[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    is_refused(resume(&changed), "NaN");
}

#[test]
fn what_could_not_go_on_is_not_saved() {
    let scratch = Scratch::new("bad-values");
    let mut network = small(0);
    let mut trainer = open(&scratch, &mut network, config()).unwrap();
    trainer.run(&mut network, 2, |_| ()).unwrap();
    let before = std::fs::read(&scratch.0).unwrap();
    let mut broken = network.clone();
    broken.parameters_mut().values_mut()[3] = f32::NAN;
    is_refused(trainer.run(&mut broken, 1, |_| ()), "not those");
    is_refused(broken.parameters().save(&scratch.0), "NaN");
    // Another network: its parameters are not those of the moments.
    let mut wider = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    is_refused(trainer.run(&mut wider, 1, |_| ()), "not those");
    assert_eq!(std::fs::read(&scratch.0).unwrap(), before);
}
