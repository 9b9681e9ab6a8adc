//! The safetensors file format (Hugging Face): named tensors that PyTorch, JAX and NumPy read as well.
//!
//! Eight bytes with the length of the header (little endian), the header in JSON (name → type, shape and
//! place of each tensor), then all numbers. Only f32 tensors are read and written here; others, of types that are
//! not known here too, may stand beside them.
//!
//! In Python: `from safetensors.torch import load_file; network.load_state_dict(load_file("network.safetensors"))`.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::header::{METADATA, Place, read_header};
use super::json::quoted;
use crate::error::{Error, Result};
use crate::file::{create_atomically, write_atomically};
use crate::network::Parameters;

/// Longest header that is read: 16 MB name more than 100 000 tensors.
const HEADER: u64 = 16 << 20;

/// Bytes of a tensor that are read at a time.
const PIECE: usize = 1 << 16;

/// A tensor to be written: name, shape, numbers row by row.
pub(super) type Tensor<'a> = (String, Vec<usize>, &'a [f32]);

/// An open file whose header was checked: every tensor lies within the file, none overlap.
#[derive(Debug)]
pub struct TensorFile {
    name: String,
    file: BufReader<File>,
    data: u64,
    tensors: Vec<Place>,
    metadata: Vec<(String, String)>,
}

impl TensorFile {
    /// Opens a file and checks its header. No tensor is read yet, and nothing is allocated for them.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, is cut short or longer than its header says, or its
    /// header is not valid.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_path(path.as_ref())
    }

    fn open_path(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let refuse = |reason: String| failure(&name, reason);
        let io = |error: std::io::Error| failure(&name, error.to_string());
        // To open a pipe would wait for a writer.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(refuse("it is not a file".to_owned()));
        }
        let file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let mut file = BufReader::new(file);
        if len < 8 {
            return Err(refuse(format!("{len} bytes are too few for a header")));
        }
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(io)?;
        let size = u64::from_le_bytes(size);
        if size > (len - 8).min(HEADER) {
            let reason = format!("a header of {size} bytes does not fit a file of {len} bytes");
            return Err(refuse(reason));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(io)?;
        let header = String::from_utf8(header);
        let header = header.map_err(|_| refuse("the header is not UTF-8".to_owned()))?;
        let (mut tensors, metadata) = read_header(&header).map_err(&refuse)?;
        tensors.sort_by_key(|place| (place.start, place.end));
        let mut end = 0;
        for place in &tensors {
            if place.start != end {
                let reason = format!("tensor \"{}\" does not follow the one before", place.name);
                return Err(refuse(reason));
            }
            end = place.end;
        }
        if end != len - 8 - size {
            let found = len - 8 - size;
            return Err(refuse(format!(
                "{found} bytes of tensors, the header names {end}"
            )));
        }
        Ok(Self {
            name,
            file,
            data: 8 + size,
            tensors,
            metadata,
        })
    }

    /// Names of all tensors, in the order of their data.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|place| place.name.as_str())
    }

    /// Shape of a tensor, if there is one of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.place(name).map(|place| place.shape.as_slice())
    }

    /// A text that the file carries beside its tensors.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let entry = self.metadata.iter().find(|(k, _)| k == key);
        entry.map(|(_, value)| value.as_str())
    }

    /// Reads an f32 tensor, row by row.
    ///
    /// # Errors
    /// [`Error::File`] if there is none of that name, or not of f32, or larger than memory, or the file cannot
    /// be read.
    pub fn read(&mut self, name: &str) -> Result<Vec<f32>> {
        let Some(place) = self.place(name) else {
            return Err(failure(&self.name, format!("it has no tensor \"{name}\"")));
        };
        let (bytes, shape) = (place.end - place.start, place.shape.clone());
        // Bounded by the length of the file (see `open`), which may have holes and be larger than any memory.
        let len = usize::try_from(bytes / 4).unwrap_or(usize::MAX);
        let mut values = Vec::new();
        if values.try_reserve_exact(len).is_err() {
            let reason =
                format!("tensor \"{name}\" takes {bytes} bytes, more than there is memory");
            return Err(self.refuse(reason));
        }
        values.resize(len, 0.0);
        self.read_into(name, &shape, &mut values)?;
        Ok(values)
    }

    /// Reads an f32 tensor of a known shape into `out`, which is as long.
    pub(super) fn read_into(&mut self, name: &str, shape: &[usize], out: &mut [f32]) -> Result<()> {
        let refuse = |reason| Err(failure(&self.name, reason));
        let Some(place) = self.place(name) else {
            return refuse(format!("it has no tensor \"{name}\""));
        };
        if place.shape != shape {
            let found = &place.shape;
            return refuse(format!(
                "tensor \"{name}\" has shape {found:?}, expected {shape:?}"
            ));
        }
        if place.kind != "F32" {
            return refuse(format!(
                "tensor \"{name}\" is of {}, expected F32",
                place.kind
            ));
        }
        let start = self.data + place.start;
        let mut read = || {
            self.file.seek(SeekFrom::Start(start))?;
            let mut bytes = [0; PIECE];
            for out in out.chunks_mut(PIECE / 4) {
                let bytes = &mut bytes[..4 * out.len()];
                self.file.read_exact(bytes)?;
                for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Ok(())
        };
        read().map_err(|error: std::io::Error| failure(&self.name, error.to_string()))
    }

    fn place(&self, name: &str) -> Option<&Place> {
        self.tensors.iter().find(|place| place.name == name)
    }

    pub(super) fn refuse(&self, reason: String) -> Error {
        failure(&self.name, reason)
    }
}

impl Parameters {
    /// Writes all parameters to a safetensors file, under their names; atomically.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written, or a parameter is NaN or infinite: it could not be
    /// [loaded](Self::load).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), &[], &self.tensors(""))
    }

    /// Reads all parameters from a safetensors file, which must have each of them in its shape; further
    /// tensors are ignored. On an error nothing is changed.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read or a parameter is missing or of another shape.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let read = self.read(&mut TensorFile::open(path)?, "")?;
        *self = read;
        Ok(())
    }

    /// A copy with the numbers that `file` has under `prefix`.
    pub(super) fn read(&self, file: &mut TensorFile, prefix: &str) -> Result<Self> {
        let mut read = self.clone();
        for id in self.ids() {
            let name = format!("{prefix}{}", self.name(id));
            let range = self.range(id);
            let values = &mut read.values_mut()[range];
            file.read_into(&name, &self.file_shape(id), values)?;
            check_finite(&name, values).map_err(|reason| file.refuse(reason))?;
        }
        Ok(read)
    }

    /// All matrices under `prefix`, to be written.
    pub(super) fn tensors(&self, prefix: &str) -> Vec<Tensor<'_>> {
        self.tensors_of(prefix, self.values())
    }

    /// Other numbers in the layout of these parameters, to be written.
    pub(super) fn tensors_of<'a>(&self, prefix: &str, values: &'a [f32]) -> Vec<Tensor<'a>> {
        let one = |id| {
            let name = format!("{prefix}{}", self.name(id));
            (name, self.file_shape(id), &values[self.range(id)])
        };
        self.ids().map(one).collect()
    }
}

/// Writes a file, atomically. Numbers that could not be read again are refused, and the old file stays.
pub(super) fn write(path: &Path, metadata: &[(&str, String)], tensors: &[Tensor]) -> Result<()> {
    let refuse = |reason| failure(&path.display().to_string(), reason);
    let bytes = bytes_of(metadata, tensors).map_err(refuse)?;
    write_atomically(path, &bytes).map_err(|error| refuse(error.to_string()))
}

/// [`write`], but whether there was no such file: one that is there stays.
pub(super) fn create(path: &Path, metadata: &[(&str, String)], tensors: &[Tensor]) -> Result<bool> {
    let refuse = |reason| failure(&path.display().to_string(), reason);
    let bytes = bytes_of(metadata, tensors).map_err(refuse)?;
    match create_atomically(path, &bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(refuse(error.to_string())),
    }
}

fn check_finite(name: &str, values: &[f32]) -> std::result::Result<(), String> {
    match values.iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(value) => Err(format!("tensor \"{name}\" holds {value}")),
    }
}

/// A file as bytes.
fn bytes_of(
    metadata: &[(&str, String)],
    tensors: &[Tensor],
) -> std::result::Result<Vec<u8>, String> {
    let mut members = Vec::new();
    if !metadata.is_empty() {
        let pairs = metadata
            .iter()
            .map(|(k, v)| format!("{}:{}", quoted(k), quoted(v)));
        let pairs: Vec<_> = pairs.collect();
        members.push(format!("\"{METADATA}\":{{{}}}", pairs.join(",")));
    }
    let mut start = 0;
    for (name, shape, values) in tensors {
        check_finite(name, values)?;
        if name == METADATA {
            return Err(format!(
                "a tensor cannot be named \"{name}\": the format has the word for texts"
            ));
        }
        let end = start + 4 * values.len();
        let name = quoted(name);
        // `{:?}` of a list of whole numbers is JSON.
        members.push(format!(
            "{name}:{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}"
        ));
        start = end;
    }
    let mut header = format!("{{{}}}", members.join(","));
    // Spaces up to a multiple of 8, so that the numbers are aligned.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut bytes = Vec::with_capacity(8 + header.len() + start);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.bytes());
    for (_, _, values) in tensors {
        bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    }
    Ok(bytes)
}

fn failure(file: &str, reason: String) -> Error {
    let file = file.to_owned();
    Error::File {
        file,
        line: None,
        reason,
    }
}
