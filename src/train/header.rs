//! What the header of a safetensors file says.

use super::json::Json;

/// Names the texts beside the tensors.
pub(super) const METADATA: &str = "__metadata__";

/// A tensor of a file, and where it stands among the numbers.
#[derive(Debug)]
pub(super) struct Place {
    pub name: String,
    /// Its type, as the file calls it.
    pub kind: String,
    pub shape: Vec<usize>,
    pub start: u64,
    pub end: u64,
}

/// Tensors and metadata of a header, each tensor as long as its type and shape say.
pub(super) type Header = (Vec<Place>, Vec<(String, String)>);

/// Parses a header.
pub(super) fn read_header(text: &str) -> std::result::Result<Header, String> {
    let Json::Object(members) = Json::parse(text)? else {
        return Err("the header is not an object".to_owned());
    };
    let (mut tensors, mut metadata) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match value {
            Json::Object(members) if name == METADATA => {
                let texts = members.into_iter().filter_map(|(key, value)| match value {
                    Json::Text(value) => Some((key, value)),
                    _ => None, // null, or nothing that could be asked for
                });
                metadata.extend(texts);
            }
            Json::Word if name == METADATA => {} // null
            Json::Object(members) => tensors.push(read_place(name, members)?),
            _ => return Err(format!("\"{name}\" is not an object")),
        }
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
            _ => {} // what others write beside them
        }
    }
    let (Some(kind), Some(shape), Some([start, end])) = (kind, shape, offsets.as_deref()) else {
        return Err(format!(
            "tensor \"{name}\" lacks dtype, shape or data_offsets"
        ));
    };
    let width = match kind.as_str() {
        "C64" | "F64" | "I64" | "U64" => Some(8),
        "F32" | "I32" | "U32" => Some(4),
        "F16" | "BF16" | "I16" | "U16" => Some(2),
        "BOOL" | "I8" | "U8" | "F8_E4M3" | "F8_E5M2" => Some(1),
        // One that came later: nobody can ask for it here, its place is all that matters.
        _ => None,
    };
    let found = end.checked_sub(*start);
    let size = match width {
        Some(width) => shape
            .iter()
            .try_fold(width, |size: u64, n| size.checked_mul(*n)),
        None => found,
    };
    if found != size || size.is_none() {
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
