//! Files of tensors: what others write is read, and no file can do harm.

use diffusion_intuition::network::Network;
use diffusion_intuition::train::safetensors::TensorFile;

use crate::support::{Scratch, file, is_refused, network};

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
        (file("[1]", 0), "expected an object"),
        (file("{\"a\":3}", 0), "expected an object"),
        (file("not json", 0), "expected"),
        (
            file(&tensor("\"shape\":[2,3]"), 24),
            "tensor \"a\" has no data_offsets",
        ),
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
            "tensor \"a\" begins at byte 8, expected 0",
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
            "tensor \"a\" has the shape [1.8446744073709552e+19], expected sizes",
        ),
        (
            file(&tensor("\"shape\":[-1],\"data_offsets\":[0,24]"), 24),
            "tensor \"a\" has the shape [-1], expected sizes",
        ),
        (
            file(
                "{\"a\":{\"dtype\":\"X9\",\"shape\":[1],\"data_offsets\":[1,0]}}",
                0,
            ),
            "tensor \"a\" of X9 and shape [1] does not lie at bytes [1, 0]",
        ),
        (
            file(
                "{\"a\":{\"dtype\":9,\"shape\":[],\"data_offsets\":[0,0]}}",
                0,
            ),
            "tensor \"a\" has a dtype that is no text",
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
        (file("{\"__metadata__\":[]}", 0), "expected an object"),
        (file("{\"a\\ud800\":null}", 0), "hex escape"),
        (file(&"[".repeat(1 << 20), 0), "expected an object"),
        (
            file(
                &format!("{{\"__metadata__\":{{\"a\":{}", "[".repeat(1 << 20)),
                0,
            ),
            "recursion limit",
        ),
        (
            file(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\
                 \"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
                6,
            ),
            "tensor \"b\" begins at byte 2, expected 4",
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
        "utf-8",
    );
    let fine = Scratch::with("fine", &file(&good, 24));
    assert_eq!(
        TensorFile::open(&fine.0).unwrap().read("a").unwrap(),
        [0.0; 6]
    );
    is_refused(TensorFile::open(&fine.0).unwrap().read("b"), "no tensor");
    is_refused(TensorFile::open(std::env::temp_dir()), "");
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
        entry("latest", "P16", "[3,1]", 36, 42),
    ]
    .join(",");
    let mut data: Vec<u8> = 7_i64.to_le_bytes().to_vec();
    data.extend([1.5_f32, -0.25].iter().flat_map(|x| x.to_le_bytes()));
    data.extend([0; 26]);
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
        assert_eq!(file.names().len(), 9);
        assert_eq!(file.read("w\u{e9}\n\u{1f600}/").unwrap(), [1.5, -0.25]);
        assert_eq!(file.read("none").unwrap(), [0.0; 0]);
        for (name, kind) in [("step", "I64"), ("latest", "P16"), ("later", "F4")] {
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
    let mut network = network(1, 16, 2, 0);
    is_refused(network.parameters_mut().load(&scratch.0), "no tensor");
    // All holes: a header of no length.
    sparse.seek(SeekFrom::Start(0)).unwrap();
    sparse.write_all(&[0; 8]).unwrap();
    is_refused(TensorFile::open(&scratch.0), "EOF");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_no_file_and_is_not_waited_for() {
    let scratch = Scratch::new("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&scratch.0)
        .status();
    assert!(made.expect("every Unix has mkfifo").success());
    is_refused(TensorFile::open(&scratch.0), "not a file");
}
