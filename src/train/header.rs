//! The header of a safetensors file: what the crate `safetensors` reads and writes, and the checks around it.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::{Map, Value};

/// What is wrong with a file, before its name is put to it.
pub(super) type Reason = Box<dyn Error>;

/// Names the texts beside the tensors.
pub(super) const METADATA: &str = "__metadata__";

/// Texts and tensors of a file; every tensor is as long as its type and shape say, and follows the one before.
#[derive(Debug)]
pub(super) struct Header {
    pub metadata: Metadata,
    /// Types that came after the crate's, by tensor.
    later: HashMap<String, String>,
}

impl Header {
    /// Parses a header. A hostile text costs no more than its own length: nesting is bounded, and nothing is
    /// allocated for tensors.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let header: Distinct<Option<Distinct<Value>>> = serde_json::from_str(text)?;
        let (mut texts, mut tensors, mut later) = (Vec::new(), Vec::new(), HashMap::new());
        for (name, members) in header.0 {
            let members = members.map_or_else(Vec::new, |members| members.0); // it may be null
            if name == METADATA {
                // A value that is no text is nothing that could be asked for.
                let text = |(key, value): (_, Value)| Some((key, value.as_str()?.to_owned()));
                texts.extend(members.into_iter().filter_map(text));
                continue;
            }
            let mut members = members.into_iter().collect();
            if let Some(kind) = counted_as_bytes(&mut members) {
                later.insert(name.clone(), kind);
            }
            let info = serde_json::from_value(members.into());
            let info = info.map_err(|error| format!("tensor \"{name}\": {error}"))?;
            check_size(&name, &info)?;
            tensors.push((name, info));
        }
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let metadata = Metadata::new(Some(texts.into_iter().collect()), tensors)?;
        Ok(Self { metadata, later })
    }

    /// Type of a tensor, as the file calls it.
    pub fn kind(&self, name: &str, info: &TensorInfo) -> String {
        let later = self.later.get(name);
        later.map_or_else(|| info.dtype.to_string(), String::clone)
    }
}

/// The type of a tensor, if the crate does not know it: nobody can ask for its numbers here, its place is all that
/// matters.
fn counted_as_bytes(members: &mut Map<String, Value>) -> Option<String> {
    let kind = members.get("dtype")?.as_str()?.to_owned();
    let known = serde_json::from_value::<Dtype>(kind.clone().into());
    let place = members.get("data_offsets").filter(|_| known.is_err())?;
    let bytes = place
        .get(1)?
        .as_u64()?
        .checked_sub(place.get(0)?.as_u64()?)?;
    members.insert("dtype".to_owned(), "U8".into());
    members.insert("shape".to_owned(), vec![bytes].into());
    Some(kind)
}

/// The crate checks this too, but does not say which tensor it is.
fn check_size(name: &str, info: &TensorInfo) -> Result<(), Reason> {
    let TensorInfo { dtype, shape, .. } = info;
    let (start, end) = info.data_offsets;
    let multiplied = |bits: usize, n: &usize| bits.checked_mul(*n);
    let bits = shape.iter().try_fold(dtype.bitsize(), multiplied);
    let found = end.checked_sub(start).and_then(|n| n.checked_mul(8));
    if bits.is_some() && bits == found {
        return Ok(());
    }
    let place = format!("does not lie at bytes {start}..{end}");
    Err(format!("tensor \"{name}\" of {dtype} and shape {shape:?} {place}").into())
}

/// The members of a JSON object, none of which is named twice: of two, the crates would take the last.
struct Distinct<T>(Vec<(String, T)>);

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Distinct<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(Distinct<T>);
        impl<'de, T: serde::Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Distinct<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                mut self,
                mut map: A,
            ) -> Result<Distinct<T>, A::Error> {
                let mut seen = HashSet::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if !seen.insert(key.clone()) {
                        let twice = format!("\"{key}\" is named twice");
                        return Err(serde::de::Error::custom(twice));
                    }
                    self.0.0.push((key, value));
                }
                Ok(self.0)
            }
        }
        deserializer.deserialize_map(Visitor(Self(Vec::new())))
    }
}
