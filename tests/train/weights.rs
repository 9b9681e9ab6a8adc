//! Parameters in files: all bits in F32, the nearest numbers in F16, and what others wrote in BF16.
#![expect(
    clippy::unusual_byte_groupings,
    reason = "sign, exponent and mantissa stand apart"
)]

use diffusion_intuition::network::{Network, Parameters};
use diffusion_intuition::train::safetensors::TensorFile;

use crate::support::{Scratch, bits, file, is_refused, network};

#[test]
fn parameters_alone_go_and_come_back() {
    let scratch = Scratch::new("parameters");
    let (network, mut other) = (network(1, 16, 2, 0), network(1, 16, 2, 1));
    network.parameters().save(&scratch.0).unwrap();
    other.parameters_mut().load(&scratch.0).unwrap();
    assert_eq!(bits(other.parameters()), bits(network.parameters()));
    // PyTorch's names and shapes: a bias is a vector.
    let file = TensorFile::open(&scratch.0).unwrap();
    assert_eq!(
        file.names()[..3],
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

/// A file with one tensor of 16-bit numbers.
fn halves(name: &str, kind: &str, numbers: &[u16]) -> Scratch {
    let (n, bytes) = (numbers.len(), 2 * numbers.len());
    let tensor = format!("\"dtype\":\"{kind}\",\"shape\":[1,{n}],\"data_offsets\":[0,{bytes}]");
    let mut file = file(&format!("{{\"a\":{{{tensor}}}}}"), 0);
    file.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    Scratch::with(name, &file)
}

/// Bits by hand: sign, 5 of exponent with bias 15, 10 of mantissa.
#[test]
fn half_precision_is_read_exactly() {
    let cases: [(u16, f32); 12] = [
        (0b0_00000_0000000000, 0.0),
        (0b0_01111_0000000000, 1.0),
        (0b1_01111_1000000000, -1.5),
        (0b0_10000_0000000001, 2.001_953_1),  // 2 (1 + 2⁻¹⁰)
        (0b0_01101_0101010101, 0.333_251_95), // ¼ (1 + 341/1024)
        (0b0_11110_1111111111, 65504.0),      // 2¹⁵ (2 − 2⁻¹⁰), the largest
        (0b1_11110_1111111111, -65504.0),
        (0b0_00001_0000000000, 6.103_515_6e-5), // 2⁻¹⁴, the smallest of full precision
        (0b0_00000_1111111111, 6.097_555e-5),   // 1023·2⁻²⁴
        (0b0_00000_0000000001, 5.960_464_5e-8), // 2⁻²⁴, the smallest
        (0b1_00000_0000000011, -1.788_139_3e-7),
        (0b0_11111_0000000000, f32::INFINITY),
    ];
    let scratch = halves("f16", "F16", &cases.map(|(bits, _)| bits));
    let read = TensorFile::open(&scratch.0).unwrap().read("a").unwrap();
    assert_eq!(read, cases.map(|(_, value)| value));
    let scratch = halves("odd", "F16", &[0x8000, 0x7e00]);
    let read = TensorFile::open(&scratch.0).unwrap().read("a").unwrap();
    assert!(read[0] == 0.0 && read[0].is_sign_negative() && read[1].is_nan());
}

/// The upper half of an f32: sign, 8 bits of exponent with bias 127, 7 of mantissa.
#[test]
fn bf16_is_read_exactly() {
    let cases: [(u16, f32); 6] = [
        (0b0_01111111_0000000, 1.0),
        (0b1_10000000_1001001, -3.140_625), // −2 (1 + 73/128)
        (0b0_01111101_0101011, 0.333_984_38),
        (0b0_11111110_1111111, 3.389_531_4e38),
        (0b0_00000001_0000000, f32::MIN_POSITIVE),
        (0b0_00000000_0000001, 9.183_55e-41), // 2⁻¹³³
    ];
    let scratch = halves("bf16", "BF16", &cases.map(|(bits, _)| bits));
    let read = TensorFile::open(&scratch.0).unwrap().read("a").unwrap();
    assert_eq!(read, cases.map(|(_, value)| value));
    // Into parameters too, if all are numbers.
    let mut parameters = Parameters::new();
    let id = parameters.zeros("a", [1, 6]).unwrap();
    parameters.load(&scratch.0).unwrap();
    assert_eq!(
        parameters.get(id).as_slice().unwrap(),
        cases.map(|(_, value)| value)
    );
    let infinite = halves("bf16-infinite", "BF16", &[0x7f80; 6]);
    is_refused(parameters.load(&infinite.0), "holds inf");
}

/// A file of one row with these numbers in half precision, and its bits.
fn written(name: &str, values: &[f32]) -> Vec<u16> {
    let mut parameters = Parameters::new();
    let id = parameters.zeros("a", [1, values.len()]).unwrap();
    parameters
        .get_mut(id)
        .iter_mut()
        .zip(values)
        .for_each(|(p, x)| *p = *x);
    let scratch = Scratch::new(name);
    parameters.save_f16(&scratch.0).unwrap();
    let bytes = std::fs::read(&scratch.0).unwrap();
    let numbers = &bytes[bytes.len() - 2 * values.len()..];
    numbers
        .as_chunks()
        .0
        .iter()
        .map(|x| u16::from_le_bytes(*x))
        .collect()
}

#[test]
fn half_precision_is_rounded_to_the_nearest() {
    let cases: [(f32, u16); 16] = [
        (0.0, 0),
        (-0.0, 0x8000),
        (1.0, 0x3c00),
        (-2.5, 0xc100),
        (1.0 / 3.0, 0x3555),
        (65504.0, 0x7bff),
        (65519.996, 0x7bff),
        // Half way: to the even mantissa, down and up.
        (1.0 + 1.0 / 2048.0, 0x3c00),
        (1.0 + 3.0 / 2048.0, 0x3c02),
        (1.0 + 1.0 / 2048.0 + f32::EPSILON, 0x3c01),
        (2047.5 / 1024.0 * 0.5, 0x3c00), // up into the next power of two
        (6.103_515_6e-5, 0x0400),
        (6.1e-5, 0x03ff), // 1023.4·2⁻²⁴
        (2.0_f32.powi(-24), 0x0001),
        (2.0_f32.powi(-25), 0x0000), // half way to 0, which is even
        (1.5 * 2.0_f32.powi(-24), 0x0002),
    ];
    assert_eq!(
        written("rounded", &cases.map(|(x, _)| x)),
        cases.map(|(_, bits)| bits)
    );
    // Every number of half precision comes back with its own bits: both directions are exact there.
    let all: Vec<u16> = (0..0x7c00).chain(0x8000..0xfc00).collect();
    let scratch = halves("all", "F16", &all);
    let values = TensorFile::open(&scratch.0).unwrap().read("a").unwrap();
    assert_eq!(written("again", &values), all);
}

/// Rounding keeps 11 digits of a binary number: it is off by at most half of the last, 2⁻¹¹ of a number of full
/// precision (from 2⁻¹⁴ on), and 2⁻²⁵ below.
#[test]
fn half_the_size_costs_half_a_digit() {
    let (whole, half) = (Scratch::new("whole-size"), Scratch::new("half-size"));
    let (exact, mut rounded) = (network(1, 16, 2, 0), network(1, 16, 2, 1));
    exact.parameters().save(&whole.0).unwrap();
    exact.parameters().save_f16(&half.0).unwrap();
    rounded.parameters_mut().load(&half.0).unwrap();
    let pairs = exact
        .parameters()
        .values()
        .iter()
        .zip(rounded.parameters().values());
    for (x, y) in pairs {
        let bound = (x.abs() * 2.0_f32.powi(-11)).max(2.0_f32.powi(-25));
        assert!((x - y).abs() <= bound, "{x} {y}");
    }
    let size = |file: &Scratch| std::fs::metadata(&file.0).unwrap().len() as usize;
    let spared = size(&whole) - size(&half);
    // Half of the numbers' bytes, and some of the header's digits.
    assert!(
        (2 * exact.parameters().count()..2 * exact.parameters().count() + 64).contains(&spared)
    );
    // Beyond its range there is no nearest one.
    let mut large = exact.clone();
    large.parameters_mut().values_mut()[2] = 65520.0;
    is_refused(
        large.parameters().save_f16(&half.0),
        "holds 65520, no number of F16",
    );
    large.parameters().save(&whole.0).unwrap();
}

/// Whatever order the crates' maps have: a file says the same with the same bytes.
#[test]
fn the_same_parameters_are_the_same_bytes() {
    let written = |_| {
        let scratch = Scratch::new("bytes");
        network(1, 16, 2, 0).parameters().save(&scratch.0).unwrap();
        std::fs::read(&scratch.0).unwrap()
    };
    let files: Vec<_> = (0..5).map(written).collect();
    assert!(files.iter().all(|file| *file == files[0]));
}

/// Bytes that were read already give the same parameters as their file, and what is not whole is refused.
#[test]
fn parameters_load_from_memory() {
    let scratch = Scratch::new("memory");
    let (saved, mut loaded) = (network(1, 16, 2, 0), network(1, 16, 2, 1));
    saved.parameters().save(&scratch.0).unwrap();
    let bytes = std::fs::read(&scratch.0).unwrap();
    let before = bits(loaded.parameters());
    for len in [0, 7, 8, bytes.len() / 2, bytes.len() - 1] {
        let cut = loaded
            .parameters_mut()
            .load_bytes("cut", bytes[..len].to_vec());
        assert!(cut.unwrap_err().to_string().contains("cut"), "{len} bytes");
        assert_eq!(bits(loaded.parameters()), before);
    }
    loaded.parameters_mut().load_bytes("whole", bytes).unwrap();
    assert_eq!(bits(loaded.parameters()), bits(saved.parameters()));
}
