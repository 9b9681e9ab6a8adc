//! The safetensors file format (Hugging Face): named tensors that PyTorch, JAX and NumPy read as well.
//!
//! Eight bytes with the length of the header (little endian), the header in JSON (name → type, shape and
//! place of each tensor), then all numbers. Only f32 tensors are read and written here.
//!
//! In Python: `from safetensors.torch import load_file; network.load_state_dict(load_file("network.safetensors"))`.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::json::{Json, quoted};
use crate::error::{Error, Result};
use crate::file::write_atomically;
use crate::network::Parameters;

/// Longest header that is read: 16 MB name more than 100 000 tensors.
const HEADER: u64 = 16 << 20;

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

#[derive(Debug)]
struct Place {
    name: String,
    kind: String,
    shape: Vec<usize>,
    start: u64,
    end: u64,
}

impl TensorFile {
    /// Opens a file and checks its header. No tensor is read yet, and nothing is allocated for them.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if the file cannot be read, is cut short or longer than its header says, or its
    /// header is not valid.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_path(path.as_ref())
    }

    fn open_path(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let refuse = |reason: String| failure(&name, reason);
        let io = |error: std::io::Error| failure(&name, error.to_string());
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
    /// [`Error::Checkpoint`] if there is none of that name, or not of f32, or the file cannot be read.
    pub fn read(&mut self, name: &str) -> Result<Vec<f32>> {
        let Some(place) = self.place(name) else {
            return Err(failure(&self.name, format!("it has no tensor \"{name}\"")));
        };
        // Bounded by the length of the file: see `open`.
        let mut values = vec![0.0; ((place.end - place.start) / 4) as usize];
        let shape = place.shape.clone();
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
        let mut bytes = vec![0; 4 * out.len()];
        let mut read = || {
            self.file.seek(SeekFrom::Start(start))?;
            self.file.read_exact(&mut bytes)
        };
        if let Err(error) = read() {
            return Err(failure(&self.name, error.to_string()));
        }
        for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        Ok(())
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
    /// [`Error::Checkpoint`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), &[], &self.tensors(""))
    }

    /// Reads all parameters from a safetensors file, which must have each of them in its shape; further
    /// tensors are ignored. On an error nothing is changed.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if the file cannot be read or a parameter is missing or of another shape.
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
            if let Some(value) = values.iter().find(|x| !x.is_finite()) {
                return Err(file.refuse(format!("tensor \"{name}\" holds {value}")));
            }
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

/// Writes a file, atomically.
pub(super) fn write(path: &Path, metadata: &[(&str, String)], tensors: &[Tensor]) -> Result<()> {
    let mut members = Vec::new();
    if !metadata.is_empty() {
        let pairs = metadata
            .iter()
            .map(|(k, v)| format!("{}:{}", quoted(k), quoted(v)));
        let pairs: Vec<_> = pairs.collect();
        members.push(format!("\"__metadata__\":{{{}}}", pairs.join(",")));
    }
    let mut start = 0;
    for (name, shape, values) in tensors {
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
    write_atomically(path, &bytes)
        .map_err(|error| failure(&path.display().to_string(), error.to_string()))
}

fn failure(file: &str, reason: String) -> Error {
    let file = file.to_owned();
    Error::Checkpoint { file, reason }
}

/// Tensors and metadata of a header, each tensor as long as its type and shape say.
type Header = (Vec<Place>, Vec<(String, String)>);

fn read_header(text: &str) -> std::result::Result<Header, String> {
    let Json::Object(members) = Json::parse(text)? else {
        return Err("the header is not an object".to_owned());
    };
    let (mut tensors, mut metadata) = (Vec::new(), Vec::new());
    for (name, value) in members {
        let Json::Object(members) = value else {
            return Err(format!("\"{name}\" is not an object"));
        };
        if name == "__metadata__" {
            for (key, value) in members {
                let Json::Text(value) = value else {
                    return Err(format!("metadata \"{key}\" is not a text"));
                };
                metadata.push((key, value));
            }
            continue;
        }
        let place = read_place(name, members);
        tensors.push(place?);
    }
    Ok((tensors, metadata))
}

fn read_place(name: String, members: Vec<(String, Json)>) -> std::result::Result<Place, String> {
    let (mut kind, mut shape, mut offsets) = (None, None, None);
    for (key, value) in members {
        match (key.as_str(), value) {
            ("dtype", Json::Text(text)) => kind = Some(text),
            ("shape", Json::List(list)) => shape = numbers(&list),
            ("data_offsets", Json::List(list)) => offsets = numbers(&list),
            _ => return Err(format!("tensor \"{name}\" has an unexpected \"{key}\"")),
        }
    }
    let (Some(kind), Some(shape), Some([start, end])) = (kind, shape, offsets.as_deref()) else {
        return Err(format!(
            "tensor \"{name}\" lacks dtype, shape or data_offsets"
        ));
    };
    let width = match kind.as_str() {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "BOOL" | "I8" | "U8" => 1,
        _ => {
            return Err(format!(
                "tensor \"{name}\" is of the unknown type \"{kind}\""
            ));
        }
    };
    let size = shape
        .iter()
        .try_fold(width, |size: u64, n| size.checked_mul(*n));
    if end.checked_sub(*start) != size || size.is_none() {
        let (from, to) = (start, end);
        return Err(format!(
            "tensor \"{name}\" of {kind} and shape {shape:?} does not lie at bytes {from}..{to}"
        ));
    }
    Ok(Place {
        name,
        kind,
        shape: shape.iter().map(|n| *n as usize).collect(),
        start: *start,
        end: *end,
    })
}

fn numbers(list: &[Json]) -> Option<Vec<u64>> {
    let number = |value: &Json| match value {
        Json::Number(number) => Some(*number),
        _ => None,
    };
    list.iter().map(number).collect()
}
