//! Compares the outputs of a fresh execution with the committed ones.

use crate::press::numbers;
use crate::run::cells;
use serde_json::Value;

/// How far numbers may differ unless a cell's metadata say otherwise (`"tolerance": 0.1`).
const TOLERANCE: f64 = 0.02;

/// Every difference between two executions of a notebook, as sentences.
pub fn differences(committed: &Value, fresh: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let pairs = cells::of(committed).iter().zip(cells::of(fresh));
    for (index, (old, new)) in pairs.enumerate() {
        if !cells::is_code(old) || cells::has_tag(old, "timing") {
            continue;
        }
        for difference in cell_differences(old, new) {
            found.push(format!("cell {}: {difference}", index + 1));
        }
    }
    found
}

fn cell_differences(old: &Value, new: &Value) -> Vec<String> {
    let tolerance = old["metadata"]["tolerance"].as_f64().unwrap_or(TOLERANCE);
    let (old, new) = (outputs(old), outputs(new));
    let (were, are) = (kinds(old), kinds(new));
    if were != are {
        return vec![format!("its outputs were {were} and are {are}")];
    }
    let texts = old.iter().zip(new);
    texts
        .filter_map(|(old, new)| numbers::difference(&printed(old), &printed(new), tolerance))
        .collect()
}

fn outputs(cell: &Value) -> &[Value] {
    cell["outputs"].as_array().map_or(&[], Vec::as_slice)
}

fn kinds(outputs: &[Value]) -> String {
    match outputs {
        [] => "none".to_owned(),
        _ => outputs.iter().map(kind).collect::<Vec<_>>().join(", "),
    }
}

/// What kind of output it is, with all its representations.
fn kind(output: &Value) -> String {
    let kind = output["output_type"].as_str().unwrap_or("unknown");
    match output["data"].as_object() {
        Some(data) => {
            let types: Vec<_> = data.keys().map(String::as_str).collect();
            format!("{kind} ({})", types.join(" + "))
        }
        None => match output["name"].as_str() {
            Some(name) => format!("{kind} {name}"),
            None => kind.to_owned(),
        },
    }
}

/// The text of an output that is compared.
fn printed(output: &Value) -> String {
    match &output["data"]["text/plain"] {
        Value::Null => cells::text(&output["text"]) + output["ename"].as_str().unwrap_or_default(),
        plain => cells::text(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::{Value, json};

    fn notebook(metadata: Value, outputs: Value) -> Value {
        json!({ "cells": [
            { "cell_type": "markdown", "metadata": {}, "source": "text" },
            { "cell_type": "code", "metadata": metadata, "source": "f()", "outputs": outputs },
        ]})
    }

    fn printed(text: &str) -> Value {
        json!([{ "output_type": "stream", "name": "stdout", "text": [text] }])
    }

    #[test]
    fn a_tolerance_and_a_tag_are_heeded() {
        let cases = [
            (json!({}), 1),
            (json!({ "tolerance": 0.5 }), 0),
            (json!({ "tags": ["timing"] }), 0),
            (json!({ "tolerance": 0.01 }), 1),
        ];
        for (metadata, count) in cases {
            let old = notebook(metadata.clone(), printed("loss 1.00"));
            let new = notebook(metadata, printed("loss 1.10"));
            assert_eq!(differences(&old, &new).len(), count);
        }
    }

    #[test]
    fn a_lost_representation_is_a_difference() {
        let full = json!([{ "output_type": "execute_result", "data": { "text/plain": "a", "image/svg+xml": "b" } }]);
        let poor = json!([{ "output_type": "execute_result", "data": { "text/plain": "a" } }]);
        for (fresh, count) in [(poor, 1), (json!([]), 1), (full.clone(), 0)] {
            let old = notebook(json!({}), full.clone());
            let new = notebook(json!({}), fresh);
            assert_eq!(differences(&old, &new).len(), count);
        }
    }
}
