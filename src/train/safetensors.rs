//! The safetensors file format (Hugging Face): named tensors that PyTorch, JAX and NumPy read as well.
//!
//! Eight bytes with the length of the header (little endian), the header in JSON (name → type, shape and
//! place of each tensor), then all numbers. Tensors of F32, F16 and BF16 are read here, as f32; others of any type
//! may stand beside them.
//!
//! In Python: `from safetensors.torch import load_file; network.load_state_dict(load_file("network.safetensors"))`.

use std::fmt::Debug;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Map, json};

use super::half::{from_bf16, from_f16, to_f16};
use super::header::{Dtype, Header, Info, METADATA, Reason};
use crate::error::{Error, Result};

/// Longest header that is read: 16 MB name more than 100 000 tensors.
const LONGEST_HEADER: u64 = 16 << 20;

/// Bytes of a tensor that are read at a time.
const PIECE: usize = 1 << 16;

/// The bytes of a file: on a disk, or in memory.
trait Bytes: Read + Seek + Debug + Send + Sync {}

impl<T: Read + Seek + Debug + Send + Sync> Bytes for T {}

/// An open file whose header was checked: every tensor lies within the file, none overlap.
#[derive(Debug)]
pub struct TensorFile {
    name: String,
    file: Box<dyn Bytes>,
    /// Where the numbers begin.
    start: u64,
    header: Header,
}

impl TensorFile {
    /// Opens a file and checks its header. No tensor is read yet, and nothing is allocated for them.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, is cut short or longer than its header says, or its
    /// header is not valid.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let opened = on_disk(path).and_then(|(file, len)| Self::of(path, Box::new(file), len));
        opened.map_err(|reason| failure(path, reason))
    }

    /// A file that was read already, under this name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self> {
        let (path, len) = (Path::new(name), bytes.len() as u64);
        let opened = Self::of(path, Box::new(Cursor::new(bytes)), len);
        opened.map_err(|reason| failure(path, reason))
    }

    fn of(path: &Path, mut file: Box<dyn Bytes>, len: u64) -> std::result::Result<Self, Reason> {
        let (start, header) = header(&mut file, len)?;
        Ok(Self {
            name: path.display().to_string(),
            file,
            start,
            header,
        })
    }

    /// Names of all tensors, in the order of their data.
    pub fn names(&self) -> Vec<String> {
        self.header.order.clone()
    }

    /// Shape of a tensor, if there is one of that name; the number of bytes for a type that is not read here.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        let info = self.header.tensors.get(name);
        info.map(|info| info.shape.as_slice())
    }

    /// A text that the file carries beside its tensors.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.header.texts.get(key).map(String::as_str)
    }

    /// Reads a tensor of F32, F16 or BF16, row by row.
    ///
    /// # Errors
    /// [`Error::File`] if there is none of that name, or of another type, or larger than memory, or the file
    /// cannot be read.
    pub fn read(&mut self, name: &str) -> Result<Vec<f32>> {
        let shape = self.info(name)?.1.shape.clone();
        let len = shape.iter().product();
        let mut values = Vec::new();
        // Bounded by the length of the file (see `open`), which may have holes and be larger than any memory.
        if values.try_reserve_exact(len).is_err() {
            let reason = format!("tensor \"{name}\" has {len} numbers, more than there is memory");
            return Err(self.refuse(reason));
        }
        values.resize(len, 0.0);
        self.read_into(name, &shape, &mut values)?;
        Ok(values)
    }

    /// Reads a tensor of a known shape into `out`, which is as long.
    pub(super) fn read_into(&mut self, name: &str, shape: &[usize], out: &mut [f32]) -> Result<()> {
        let (dtype, info) = self.info(name)?;
        if info.shape != shape {
            let found = &info.shape;
            return Err(self.refuse(format!(
                "tensor \"{name}\" has shape {found:?}, expected {shape:?}"
            )));
        }
        let (start, width) = (self.start + info.place[0] as u64, dtype.width());
        let mut read = || {
            self.file.seek(SeekFrom::Start(start))?;
            let mut bytes = [0; PIECE];
            for out in out.chunks_mut(PIECE / width) {
                let bytes = &mut bytes[..width * out.len()];
                self.file.read_exact(bytes)?;
                decode(dtype, bytes, out);
            }
            Ok(())
        };
        read().map_err(|error: std::io::Error| self.refuse(error))
    }

    /// A tensor whose numbers can be read.
    fn info(&self, name: &str) -> Result<(Dtype, &Info)> {
        let info = self.header.tensors.get(name);
        let info = info.ok_or_else(|| self.refuse(format!("it has no tensor \"{name}\"")))?;
        let dtype = Dtype::of(&info.dtype).ok_or_else(|| {
            let kind = &info.dtype;
            let valid = "expected F32, F16 or BF16";
            self.refuse(format!("tensor \"{name}\" is of {kind}, {valid}"))
        })?;
        Ok((dtype, info))
    }

    pub(super) fn refuse(&self, reason: impl Into<Reason>) -> Error {
        failure(Path::new(&self.name), reason.into())
    }
}

fn on_disk(path: &Path) -> std::result::Result<(BufReader<File>, u64), Reason> {
    // To open a pipe would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err("it is not a file".into());
    }
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok((BufReader::new(file), len))
}

/// Where the numbers of a file of so many bytes begin, and its header.
fn header(file: &mut dyn Bytes, len: u64) -> std::result::Result<(u64, Header), Reason> {
    if len < 8 {
        return Err(format!("{len} bytes are too few for a header").into());
    }
    let mut size = [0; 8];
    file.read_exact(&mut size)?;
    let size = u64::from_le_bytes(size);
    if size > (len - 8).min(LONGEST_HEADER) {
        let reason = format!("a header of {size} bytes does not fit a file of {len} bytes");
        return Err(reason.into());
    }
    let mut header = vec![0; size as usize];
    file.read_exact(&mut header)?;
    let header = Header::parse(str::from_utf8(&header)?)
        .map_err(|reason| format!("the header is not valid: {reason}"))?;
    let (found, named) = (len - 8 - size, header.len as u64);
    if found != named {
        return Err(format!("{found} bytes of tensors, the header names {named}").into());
    }
    Ok((8 + size, header))
}

/// The numbers of little-endian `bytes`.
fn decode(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    let short: fn(u16) -> f32 = match dtype {
        Dtype::F32 => {
            let words = bytes.as_chunks().0.iter();
            let pairs = out.iter_mut().zip(words);
            return pairs.for_each(|(x, word)| *x = f32::from_le_bytes(*word));
        }
        Dtype::F16 => from_f16,
        Dtype::BF16 => from_bf16,
    };
    let pairs = out.iter_mut().zip(bytes.as_chunks().0);
    pairs.for_each(|(x, word)| *x = short(u16::from_le_bytes(*word)));
}

/// A tensor to be written: name, shape, numbers row by row.
pub(super) type Tensor<'a> = (String, Vec<usize>, &'a [f32]);

/// A file as bytes, its numbers in F32 or F16, the same bytes whenever they are asked for. Numbers that could not be
/// read again are refused.
pub(super) fn bytes_of(
    texts: &[(&str, String)],
    tensors: &[Tensor],
    dtype: Dtype,
) -> std::result::Result<Vec<u8>, Reason> {
    let (mut header, mut numbers) = (Map::new(), Vec::new());
    if !texts.is_empty() {
        let texts = texts
            .iter()
            .map(|(key, text)| (key.to_string(), text.as_str()));
        header.insert(METADATA.to_owned(), texts.collect());
    }
    for (name, shape, values) in tensors {
        if name == METADATA {
            let reason = "the format has the word for texts";
            return Err(format!("a tensor cannot be named \"{name}\": {reason}").into());
        }
        check_values(name, values, dtype)?;
        let start = numbers.len();
        numbers.reserve(dtype.width() * values.len());
        match dtype {
            Dtype::F16 => numbers.extend(values.iter().flat_map(|x| to_f16(*x).to_le_bytes())),
            _ => numbers.extend(values.iter().flat_map(|x| x.to_le_bytes())),
        }
        let place = [start, numbers.len()];
        let info = json!({ "dtype": format!("{dtype:?}"), "shape": shape, "data_offsets": place });
        if header.insert(name.clone(), info).is_some() {
            return Err(format!("two tensors are named \"{name}\"").into());
        }
    }
    let mut header = serde_json::to_string(&header)?;
    // Spaces up to a multiple of 8, so that the numbers are aligned.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let size = (header.len() as u64).to_le_bytes();
    Ok([&size[..], header.as_bytes(), &numbers].concat())
}

/// Refuses numbers that a file of `dtype` would not hold as numbers.
pub(super) fn check_values(
    name: &str,
    values: &[f32],
    dtype: Dtype,
) -> std::result::Result<(), Reason> {
    let limit = if dtype == Dtype::F16 {
        65_520.0
    } else {
        f32::INFINITY
    };
    match values.iter().find(|x| x.is_nan() || x.abs() >= limit) {
        None => Ok(()),
        Some(value) => {
            Err(format!("tensor \"{name}\" holds {value}, no number of {dtype:?}").into())
        }
    }
}

/// What is wrong with the file `path`.
pub(super) fn failure(path: &Path, reason: impl Into<Reason>) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: reason.into().to_string(),
    }
}
