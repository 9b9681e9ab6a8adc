//! The files that training leaves and reads.

use std::sync::OnceLock;

use diffusion_intuition::network::{FilmMlp, Network, Parameters};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Rng};
use rand::RngExt;

use crate::draw::Draw;
use crate::harness::{self, Entry};
use crate::train::{file, is_finite, network, schedule};

#[test]
fn hostile_input() {
    harness::run("files::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("header", header),
    ("checkpoint", checkpoint),
    ("names", names),
];

/// A header put together from what headers consist of, and whatever length before it.
fn header(draw: &Draw) -> Result<(), String> {
    const PARTS: [&str; 30] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "null",
        "true",
        "0",
        "4",
        "-1",
        "1e9",
        "18446744073709551615",
        "18446744073709551616",
        "\"a\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\\u+1\"",
        "\"__metadata__\":",
        "\"dtype\":\"F32\"",
        "\"dtype\":\"F8\"",
        "\"dtype\":",
        "\"shape\":[1]",
        "\"shape\":[4294967296,4294967296]",
        "\"data_offsets\":[0,4]",
        "\"data_offsets\":[4,0]",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        "\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]}",
    ];
    let mut header = String::new();
    for _ in 0..draw.small() {
        header.push_str(draw.one(&PARTS));
        if draw.rarely(2) {
            header.push(',');
        }
    }
    if draw.rarely(2) {
        header = format!("{{{}}}", header.trim_matches(','));
    }
    let len = match draw.rarely(4) {
        true => draw.size() as u64,
        false => header.len() as u64,
    };
    let mut bytes = len.to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(vec![0; draw.one(&[0, 4, 12, 13])]);
    let path = file("header");
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    let mut file = match TensorFile::open(&path) {
        Ok(file) => file,
        Err(Error::File { .. }) => return Ok(()),
        Err(other) => return Err(other.to_string()),
    };
    for name in &file.names() {
        let len: usize = file.shape(name).expect("it is named").iter().product();
        if file.read(name).is_ok_and(|values| values.len() != len) {
            return Err(format!("{name}: not as long as its shape"));
        }
    }
    Ok(())
}

/// A good checkpoint with something changed: refused, and nothing changed by it; or read, and good.
fn checkpoint(draw: &Draw) -> Result<(), String> {
    let path = file("checkpoint");
    let open = |network: &mut FilmMlp| {
        let config = TrainConfig {
            batch: 4,
            ..TrainConfig::default()
        };
        Trainer::open(&path, 2, network, Mixture::bimodal(), &schedule(), config)
    };
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    let mut bytes = GOOD
        .get_or_init(|| {
            let _ = std::fs::remove_file(&path);
            let mut first = network();
            let mut run = open(&mut first).expect("a new file");
            run.run_to(&mut first, 2, |_| ()).expect("two steps");
            std::fs::read(&path).expect("it was written")
        })
        .clone();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight")) as usize;
    for _ in 0..draw.one(&[1, 1, 3]) {
        let end = if draw.rarely(3) { bytes.len() } else { header };
        let at = draw.rng().random_range(0..end);
        bytes[at] = draw.one(&[0, 1, b'"', b'9', b'-', b' ', 0x7f, 0xff]);
    }
    if draw.rarely(5) {
        let end = draw.rng().random_range(0..bytes.len());
        bytes.truncate(end);
    }
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    let mut fresh = network();
    match open(&mut fresh) {
        Ok(run) => {
            is_finite("network", fresh.parameters())?;
            is_finite("average", run.ema().expect("the default"))?;
            match run.losses().len() as u64 == run.step() {
                true => Ok(()),
                false => Err("not as many losses as steps".to_owned()),
            }
        }
        Err(Error::File { .. }) if fresh == network() => Ok(()),
        Err(error) => Err(format!("{error}; the same network: {}", fresh == network())),
    }
}

/// Whatever parameters are called, a file that was written can be read.
fn names(draw: &Draw) -> Result<(), String> {
    let mut parameters = Parameters::new();
    for _ in 0..3 {
        let letters = draw.small();
        let letter = |_| {
            draw.one(&[
                'a', '"', '\\', '\n', '\u{0}', '/', 'é', '😀', '\u{2028}', '_',
            ])
        };
        let name: String = (0..letters).map(letter).collect();
        let name = draw.one(&[name, "__metadata__".to_owned()]);
        let _ = parameters.uniform(&name, [1, 2], 1.0, &mut Rng::new(0));
    }
    if draw.rarely(4) && !parameters.is_empty() {
        parameters.values_mut()[0] = draw.f32();
    }
    let path = file("names");
    let mut read = parameters.clone();
    if parameters.save_f16(&path).is_ok() {
        read.load(&path).map_err(|error| error.to_string())?;
    }
    if parameters.save(&path).is_err() {
        return Ok(());
    }
    read.values_mut().fill(0.0);
    read.load(&path).map_err(|error| error.to_string())?;
    let bits = |p: &Parameters| p.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    match bits(&read) == bits(&parameters) {
        true => Ok(()),
        false => Err("other numbers".to_owned()),
    }
}
