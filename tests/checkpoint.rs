//! Checkpoints: the same bits after a stop, and no file that can do harm.

use std::path::PathBuf;

use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Network, Parameters, TimeEmbedding};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Result, Rng, Schedule};

/// A file of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!(
            "diffusion-intuition-{}-{name}.safetensors",
            std::process::id()
        );
        Self(std::env::temp_dir().join(name))
    }
    fn with(name: &str, bytes: &[u8]) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.0, bytes).unwrap();
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn schedule() -> Schedule {
    Schedule::linear(200, 1e-4, 0.02).unwrap()
}

fn small(seed: u64) -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 16,
        blocks: 2,
        time: TimeEmbedding::new(16).unwrap(),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(1, &config, &mut Rng::new(seed)).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig {
        batch: 32,
        seed: 9,
        ..TrainConfig::default()
    }
}

fn bits(parameters: &Parameters) -> Vec<u32> {
    parameters.values().iter().map(|x| x.to_bits()).collect()
}

fn is_refused<T>(result: Result<T>, part: &str) {
    match result.err() {
        Some(Error::File { reason, .. }) => assert!(reason.contains(part), "{reason}"),
        other => panic!("{part}: {other:?}"),
    }
}

#[test]
fn resuming_gives_the_same_bits_as_never_stopping() {
    let data = Mixture::bimodal;
    let mut straight = small(0);
    let mut trainer = Trainer::new(&straight, data(), &schedule(), config()).unwrap();
    trainer.run(&mut straight, 30, |_| ()).unwrap();

    let scratch = Scratch::new("resume");
    let mut stopped = small(0);
    let mut first = Trainer::new(&stopped, data(), &schedule(), config()).unwrap();
    first.run(&mut stopped, 13, |_| ()).unwrap();
    first.save(&stopped, &scratch.0).unwrap();
    // Another start: everything must come from the file.
    let mut resumed = small(77);
    let mut second =
        Trainer::resume(&scratch.0, &mut resumed, data(), &schedule(), config()).unwrap();
    assert_eq!(second.step(), 13);
    assert_eq!(bits(resumed.parameters()), bits(stopped.parameters()));
    second.run(&mut resumed, 17, |_| ()).unwrap();
    assert_eq!(bits(resumed.parameters()), bits(straight.parameters()));
    assert_eq!(bits(second.ema().unwrap()), bits(trainer.ema().unwrap()));
    assert_eq!(second.losses(), &trainer.losses()[13..]);
}

#[test]
fn parameters_alone_go_and_come_back() {
    let scratch = Scratch::new("parameters");
    let (network, mut other) = (small(0), small(1));
    network.parameters().save(&scratch.0).unwrap();
    other.parameters_mut().load(&scratch.0).unwrap();
    assert_eq!(bits(other.parameters()), bits(network.parameters()));
    // PyTorch's names and shapes: a bias is a vector.
    let file = TensorFile::open(&scratch.0).unwrap();
    let names: Vec<_> = file.names().collect();
    assert_eq!(
        names[..3],
        ["input.weight", "input.bias", "blocks.0.linear.weight"]
    );
    assert_eq!(file.shape("blocks.0.film.weight"), Some(&[32, 16][..]));
    assert_eq!(file.shape("blocks.0.film.bias"), Some(&[32][..]));
    // Written over an old file, whole; no temporary file is left.
    network.parameters().save(&scratch.0).unwrap();
    let folder = std::fs::read_dir(scratch.0.parent().unwrap()).unwrap();
    let start = scratch.0.file_name().unwrap().to_str().unwrap().to_owned();
    let left = folder.filter(|f| {
        f.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with(&start)
    });
    assert_eq!(left.count(), 1);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let scratch = Scratch::new("other");
    let mut network = small(0);
    let before = bits(network.parameters());
    FilmMlp::new(1, &mut Rng::new(0))
        .unwrap()
        .parameters()
        .save(&scratch.0)
        .unwrap();
    is_refused(network.parameters_mut().load(&scratch.0), "shape");
    let resume = |network: &mut FilmMlp, config| {
        Trainer::resume(&scratch.0, network, Mixture::bimodal(), &schedule(), config)
    };
    is_refused(resume(&mut network, config()), "format");
    let trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config()).unwrap();
    trainer.save(&network, &scratch.0).unwrap();
    is_refused(
        resume(
            &mut network,
            TrainConfig {
                seed: 8,
                ..config()
            },
        ),
        "seed",
    );
    let mut larger = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    is_refused(resume(&mut larger, config()), "shape");
    let without = TrainConfig {
        ema: None,
        ..config()
    };
    let trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), without).unwrap();
    trainer.save(&network, &scratch.0).unwrap();
    is_refused(resume(&mut network, config()), "ema.");
    assert_eq!(bits(network.parameters()), before);
    let nowhere = scratch.0.join("no/such/folder");
    assert!(network.parameters().save(&nowhere).is_err());
    assert!(network.parameters_mut().load(&nowhere).is_err());
}

/// A file with that header (its length put before it) and that much data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(vec![0; data]);
    bytes
}

#[test]
fn hostile_files_are_typed_errors() {
    let tensor = |rest: &str| format!("{{\"a\":{{\"dtype\":\"F32\",{rest}}}}}");
    let good = tensor("\"shape\":[2,3],\"data_offsets\":[0,24]");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "too few"),
        (vec![1, 2, 3], "too few"),
        (u64::MAX.to_le_bytes().to_vec(), "does not fit"),
        (file(&good, 24)[..40].to_vec(), "does not fit"),
        (file(&good, 23), "bytes of tensors"),
        (file(&good, 25), "bytes of tensors"),
        (file("[1]", 0), "not an object"),
        (file("{\"a\":3}", 0), "not an object"),
        (file("not json", 0), "expected"),
        (file(&tensor("\"shape\":[2,3]"), 24), "lacks"),
        (
            file(&tensor("\"shape\":[2,3],\"data_offsets\":[0,20]"), 20),
            "does not lie",
        ),
        (
            file(&tensor("\"shape\":[2,3],\"data_offsets\":[24,0]"), 24),
            "does not lie",
        ),
        (
            file(&tensor("\"shape\":[2,3],\"data_offsets\":[8,32]"), 32),
            "does not follow",
        ),
        // 2⁶² numbers and products that wrap around to a small size.
        (
            file(
                &tensor("\"shape\":[4611686018427387904],\"data_offsets\":[0,24]"),
                24,
            ),
            "does not lie",
        ),
        (
            file(
                &tensor("\"shape\":[4294967296,4294967296,6],\"data_offsets\":[0,24]"),
                24,
            ),
            "does not lie",
        ),
        (
            file(
                &tensor("\"shape\":[18446744073709551616],\"data_offsets\":[0,24]"),
                24,
            ),
            "below 2^64",
        ),
        (
            file(&tensor("\"shape\":[-1],\"data_offsets\":[0,24]"), 24),
            "a value",
        ),
        (
            file(
                "{\"a\":{\"dtype\":\"X9\",\"shape\":[1],\"data_offsets\":[1,0]}}",
                0,
            ),
            "does not lie",
        ),
        (
            file(
                "{\"a\":{\"dtype\":\"X9\",\"shape\":[1],\"data_offsets\":[0,9]}}",
                8,
            ),
            "bytes of tensors",
        ),
        (
            file(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\
                 \"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
                2,
            ),
            "twice",
        ),
        // A header longer than the file, by one byte and by all there is.
        ([&3_u64.to_le_bytes()[..], b"{}"].concat(), "does not fit"),
        (
            [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
            "does not fit",
        ),
        (file("{\"__metadata__\":[]}", 0), "not an object"),
        (file("{\"a\\ud800\":null}", 0), "surrogates"),
        (file(&"[".repeat(1 << 20), 0), "nesting"),
        (
            file(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\
                 \"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
                6,
            ),
            "does not follow",
        ),
    ];
    for (i, (bytes, part)) in cases.iter().enumerate() {
        let scratch = Scratch::with(&format!("hostile-{i}"), bytes);
        is_refused(TensorFile::open(&scratch.0), part);
    }
    let mut invalid = file(&good, 24);
    invalid[9] = 0xff;
    is_refused(
        TensorFile::open(&Scratch::with("utf8", &invalid).0),
        "UTF-8",
    );
    let fine = Scratch::with("fine", &file(&good, 24));
    assert_eq!(
        TensorFile::open(&fine.0).unwrap().read("a").unwrap(),
        [0.0; 6]
    );
    is_refused(TensorFile::open(&fine.0).unwrap().read("b"), "no tensor");
    is_refused(TensorFile::open(std::env::temp_dir()), "");
}

#[test]
fn a_checkpoint_cut_or_changed_anywhere_never_panics() {
    let scratch = Scratch::new("whole");
    let mut network = small(0);
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config()).unwrap();
    trainer.run(&mut network, 2, |_| ()).unwrap();
    trainer.save(&network, &scratch.0).unwrap();
    let bytes = std::fs::read(&scratch.0).unwrap();
    let resume = |bytes: &[u8]| {
        let damaged = Scratch::with("damaged", bytes);
        let mut network = small(0);
        Trainer::resume(
            &damaged.0,
            &mut network,
            Mixture::bimodal(),
            &schedule(),
            config(),
        )
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
            // A changed step is valid; all else must be an error, not a panic.
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

/// What PyTorch and others write: null for metadata, escapes in names, tensors of all types, new ones too.
#[test]
fn tensors_that_nobody_asks_for_are_no_obstacle() {
    let entry = |name: &str, kind: &str, shape: &str, start: usize, end: usize| {
        format!(
            "\"{name}\":{{\"dtype\":\"{kind}\",\"shape\":{shape},\"data_offsets\":[{start},{end}]}}"
        )
    };
    let tensors = [
        entry("step", "I64", "[]", 0, 8),
        entry("w\\u00e9\\n\\ud83d\\ude00\\/", "F32", "[2]", 8, 16),
        entry("half", "BF16", "[2]", 16, 20),
        entry("mask", "BOOL", "[1,2]", 20, 22),
        entry("tiny", "F8_E4M3", "[2]", 22, 24),
        entry("later", "F4", "[8]", 24, 28),
        entry("none", "F32", "[0,7]", 28, 28),
        entry("complex", "C64", "[1]", 28, 36),
    ]
    .join(",");
    let mut data: Vec<u8> = 7_i64.to_le_bytes().to_vec();
    data.extend([1.5_f32, -0.25].iter().flat_map(|x| x.to_le_bytes()));
    data.extend([0; 20]);
    for (metadata, format) in [
        ("", None),
        ("\"__metadata__\":null,", None),
        ("\"__metadata__\":{},", None),
        (
            "\"__metadata__\":{\"format\":\"p\\u0074\",\"epoch\":null},",
            Some("pt"),
        ),
        (
            "\"__metadata__\":{\"n\":3,\"deep\":{\"a\":[true,{}]}},",
            None,
        ),
    ] {
        let header = format!("{{{metadata}{tensors}}}   ");
        let mut bytes = file(&header, 0);
        bytes.extend(&data);
        let scratch = Scratch::with("types", &bytes);
        let mut file = TensorFile::open(&scratch.0).unwrap();
        assert_eq!(file.metadata("format"), format);
        assert_eq!(file.metadata("epoch"), None);
        assert_eq!(file.names().count(), 8);
        assert_eq!(file.read("w\u{e9}\n\u{1f600}/").unwrap(), [1.5, -0.25]);
        assert_eq!(file.read("none").unwrap(), [0.0; 0]);
        for (name, kind) in [("step", "I64"), ("half", "BF16"), ("later", "F4")] {
            is_refused(file.read(name), &format!("is of {kind}, expected F32"));
        }
    }
}

/// A file with holes may be larger than any memory: 256 GiB here, of which nothing is on the disk.
#[cfg(target_os = "linux")]
#[test]
fn a_sparse_file_larger_than_memory_is_an_error() {
    use std::io::{Seek, SeekFrom, Write};
    let numbers = 1_u64 << 36;
    let header = format!(
        "{{\"model.a\":{{\"dtype\":\"F32\",\"shape\":[{numbers}],\"data_offsets\":[0,{}]}}}}",
        4 * numbers
    );
    let scratch = Scratch::with("sparse", &file(&header, 0));
    let mut sparse = std::fs::File::options()
        .write(true)
        .open(&scratch.0)
        .unwrap();
    if sparse
        .set_len(8 + header.len() as u64 + 4 * numbers)
        .is_err()
    {
        return; // a file system without holes
    }
    let mut open = TensorFile::open(&scratch.0).unwrap();
    assert_eq!(open.shape("model.a"), Some(&[1_usize << 36][..]));
    is_refused(open.read("model.a"), "memory");
    let mut network = small(0);
    is_refused(network.parameters_mut().load(&scratch.0), "no tensor");
    // All holes: a header of no length.
    sparse.seek(SeekFrom::Start(0)).unwrap();
    sparse.write_all(&[0; 8]).unwrap();
    is_refused(TensorFile::open(&scratch.0), "expected");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_no_file_and_is_not_waited_for() {
    let scratch = Scratch::new("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&scratch.0)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    is_refused(TensorFile::open(&scratch.0), "not a file");
}

#[test]
fn what_could_not_be_resumed_is_not_saved() {
    let scratch = Scratch::new("bad-values");
    let mut network = small(0);
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config()).unwrap();
    trainer.run(&mut network, 2, |_| ()).unwrap();
    trainer.save(&network, &scratch.0).unwrap();
    let before = std::fs::read(&scratch.0).unwrap();
    let mut broken = network.clone();
    broken.parameters_mut().values_mut()[3] = f32::NAN;
    is_refused(trainer.save(&broken, &scratch.0), "NaN");
    is_refused(broken.parameters().save(&scratch.0), "NaN");
    // Another network: its parameters are not those of the moments.
    let wider = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    let error = trainer.save(&wider, &scratch.0).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    assert_eq!(std::fs::read(&scratch.0).unwrap(), before);
}
