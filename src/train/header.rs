//! The header of a safetensors file: JSON that names type, shape and place of each tensor.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// What is wrong with a file, before its name is put to it.
pub(super) type Reason = Box<dyn Error>;

/// Names the texts beside the tensors.
pub(super) const METADATA: &str = "__metadata__";

/// Texts and tensors of a file; every tensor is as long as its type and shape say, and follows the one before.
#[derive(Debug)]
pub(super) struct Header {
    pub texts: BTreeMap<String, String>,
    pub tensors: BTreeMap<String, Info>,
    /// Names of the tensors in the order of their data.
    pub order: Vec<String>,
    /// Bytes of all tensors.
    pub len: usize,
}

/// What the header says of a tensor.
#[derive(Debug)]
pub(super) struct Info {
    pub dtype: String,
    /// The number of bytes alone, for a type that is not read here: nobody can ask for its numbers.
    pub shape: Vec<usize>,
    /// Where its bytes begin and end, counted from the end of the header.
    pub place: [usize; 2],
}

/// A type whose numbers are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Dtype {
    F32,
    F16,
    BF16,
}

impl Dtype {
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::F32, Self::F16, Self::BF16];
        all.into_iter().find(|dtype| format!("{dtype:?}") == name)
    }

    /// Bytes of a number.
    pub fn width(self) -> usize {
        if self == Self::F32 { 4 } else { 2 }
    }
}

impl Header {
    /// Parses a header. A hostile text costs no more than its own length: nesting is bounded, and nothing is
    /// allocated for tensors.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let header: Distinct<Option<Distinct<Value>>> = serde_json::from_str(text)?;
        let (mut texts, mut tensors) = (BTreeMap::new(), BTreeMap::new());
        for (name, members) in header.0 {
            let members = members.map_or_else(BTreeMap::new, |members| members.0); // it may be null
            if name == METADATA {
                // A value that is no text is nothing that could be asked for.
                let text = |(key, value): (_, Value)| Some((key, value.as_str()?.to_owned()));
                texts.extend(members.into_iter().filter_map(text));
                continue;
            }
            let info = Info::of(&members).map_err(|why| format!("tensor \"{name}\" {why}"))?;
            tensors.insert(name, info);
        }
        let mut order: Vec<_> = tensors.keys().cloned().collect();
        order.sort_by_key(|name| tensors[name].place);
        let mut len = 0;
        for name in &order {
            let [start, end] = tensors[name].place;
            if start != len {
                let why = format!("begins at byte {start}, expected {len}");
                return Err(format!("tensor \"{name}\" {why}").into());
            }
            len = end;
        }
        Ok(Self {
            texts,
            tensors,
            order,
            len,
        })
    }
}

impl Info {
    fn of(members: &BTreeMap<String, Value>) -> Result<Self, String> {
        let member = |key| members.get(key).ok_or_else(|| format!("has no {key}"));
        let sizes = |key| {
            let value = member(key)?;
            let size = |size: &Value| usize::try_from(size.as_u64()?).ok();
            let list = value.as_array().map(|list| list.iter().map(size));
            list.and_then(Iterator::collect::<Option<Vec<_>>>)
                .ok_or_else(|| format!("has the {key} {:.99}, expected sizes", value.to_string()))
        };
        let dtype = member("dtype")?.as_str();
        let dtype = dtype.ok_or("has a dtype that is no text")?;
        let (shape, place) = (sizes("shape")?, sizes("data_offsets")?);
        let misplaced =
            || format!("of {dtype} and shape {shape:?} does not lie at bytes {place:?}");
        let place = <[usize; 2]>::try_from(&place[..]).map_err(|_| misplaced())?;
        let bytes = place[1].checked_sub(place[0]).ok_or_else(misplaced)?;
        let shape = match Dtype::of(dtype) {
            None => vec![bytes],
            Some(kind) => {
                let needed = shape
                    .iter()
                    .try_fold(kind.width(), |n, x| n.checked_mul(*x));
                needed.filter(|n| *n == bytes).ok_or_else(misplaced)?;
                shape
            }
        };
        let dtype = dtype.to_owned();
        Ok(Self {
            dtype,
            shape,
            place,
        })
    }
}

/// The members of a JSON object, none of which is named twice: of two, the crate would take the last.
struct Distinct<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Distinct<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(BTreeMap::new()))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Distinct<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((key, value)) = map.next_entry()? {
            if self.0.contains_key(&key) {
                return Err(A::Error::custom(format!("\"{key}\" is named twice")));
            }
            self.0.insert(key, value);
        }
        Ok(self)
    }
}
