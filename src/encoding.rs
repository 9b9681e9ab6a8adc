//! From bytes to text: encodings, and line ends.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// What is wrong, and in which line, counted from 1, if it is about one.
pub(crate) type Trouble = (Option<usize>, String);

/// Bytes that are read at most.
const LARGEST: u64 = 1 << 30;

/// What a file is read as, and so what to do with one that is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Sentences,
}

/// The text of a file of at most 1 GiB.
pub(crate) fn read_file(path: &Path, kind: Kind) -> Result<String> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| failure(&name, (None, error.to_string())))?;
    match file.metadata() {
        Ok(about) if about.is_file() && about.len() > LARGEST => {
            Err(failure(&name, too_large(&about.len().to_string(), kind)))
        }
        _ => read(&name, file, kind),
    }
}

/// [`read_file`] of anything that can be read, called `name`, to its end.
pub(crate) fn read(name: &str, reader: impl Read, kind: Kind) -> Result<String> {
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| failure(name, (None, error.to_string())))?;
    if bytes.len() as u64 > LARGEST {
        let least = format!("at least {}", LARGEST + 1);
        return Err(failure(name, too_large(&least, kind)));
    }
    let text = decode(&bytes, kind).map(Cow::into_owned);
    text.map_err(|trouble| failure(name, trouble))
}

/// What is wrong with a file.
pub(crate) fn failure(file: &str, (line, reason): Trouble) -> Error {
    let file = file.to_owned();
    Error::File { file, line, reason }
}

fn too_large(bytes: &str, kind: Kind) -> Trouble {
    let parts = match kind {
        Kind::Table => "rows",
        Kind::Sentences => "lines",
    };
    let reason = format!(
        "it has {bytes} bytes, and at most {LARGEST} (1 GiB) are read: take some of its {parts}"
    );
    (None, reason)
}

/// The text of a file in UTF-8 or UTF-16, with or without a byte order mark; its lines end in LF.
fn decode(bytes: &[u8], kind: Kind) -> Result<Cow<'_, str>, Trouble> {
    if let Some(what) = no_text(bytes, kind) {
        return Err((None, format!("it is {what}")));
    }
    let (bytes, unit) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, Some(u16::from_le_bytes as Unit)),
        [0xfe, 0xff, rest @ ..] => (rest, Some(u16::from_be_bytes as Unit)),
        _ => (bytes, utf16_by_zeros(bytes)),
    };
    match unit {
        Some(unit) => Ok(Cow::Owned(plain_ends(&utf16(bytes, unit)?).into_owned())),
        None => utf8(bytes, kind).map(plain_ends),
    }
}

/// What a file holds that is called a table or sentences and is none, by how it begins.
fn no_text(bytes: &[u8], kind: Kind) -> Option<&'static str> {
    let is_table = kind == Kind::Table;
    Some(match bytes {
        [b'P', b'K', 3, 4, ..] if is_table => {
            "a ZIP archive, such as an Excel workbook: save the sheet as CSV"
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] if is_table => "an old Excel workbook: save the sheet as CSV",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive, such as a Word document: save it as plain text",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Word document: save it as plain text",
        [b'%', b'P', b'D', b'F', b'-', ..] => "a PDF: save its text",
        [b'{', b'\\', b'r', b't', b'f', ..] => "rich text (RTF): save it as plain text",
        [0x1f, 0x8b, ..] => "compressed by gzip: unpack it first",
        [b'B', b'Z', b'h', ..] => "compressed by bzip2: unpack it first",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "compressed by xz: unpack it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "compressed by Zstandard: unpack it first",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "an array of NumPy: write it by savetxt",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file: write it as CSV",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file: write it as CSV",
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "text in UTF-32: save it as UTF-8",
        _ => return None,
    })
}

/// From two bytes to a number: their order.
type Unit = fn([u8; 2]) -> u16;

/// The order of bytes of UTF-16 without a mark: in a table, nearly every other byte of it is 0.
fn utf16_by_zeros(bytes: &[u8]) -> Option<Unit> {
    let start = &bytes[..bytes.len().min(4096)];
    let zeros = |from| {
        let bytes = start.iter().skip(from).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = |zeros: usize, others: usize| 4 * zeros > start.len() && 10 * others < zeros;
    match (many(odd, even), many(even, odd)) {
        (true, _) => Some(u16::from_le_bytes),
        (_, true) => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn utf8(bytes: &[u8], kind: Kind) -> Result<&str, Trouble> {
    let line = |at: usize| Some(last_line(&String::from_utf8_lossy(&bytes[..at])));
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err((line(at), "it holds a NUL byte: it is no text".to_owned()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let by = match kind {
            Kind::Table => " (\"CSV UTF-8\" in Excel)",
            Kind::Sentences => "",
        };
        let reason = format!(
            "it is not text in UTF-8: byte 0x{:02x}; save it as UTF-8{by}",
            bytes[at]
        );
        (line(at), reason)
    })
}

fn utf16(bytes: &[u8], unit: Unit) -> Result<String, Trouble> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut trouble =
        (!rest.is_empty()).then_some("it is text in UTF-16 and ends in half a character");
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) if c != '\0' => text.push(c),
            _ => {
                trouble = Some("it is not text in UTF-16, as it seemed; save it as UTF-8");
                break;
            }
        }
    }
    match trouble {
        None => Ok(text),
        Some(reason) => Err((Some(last_line(&text)), reason.to_owned())),
    }
}

/// The number, counted from 1, of the line in which a text ends.
fn last_line(text: &str) -> usize {
    1 + plain_ends(text).matches('\n').count()
}

/// LF where a line ends: for LF, CR LF (or more CR before one LF), and CR alone.
fn plain_ends(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.trim_end_matches('\r'), "\n"),
            None => (line, ""),
        };
        plain += &line.replace('\r', "\n");
        plain += end;
    }
    Cow::Owned(plain)
}
