//! Notebooks as JSON: reading them, their cells, tags and sources.

use crate::files::{self, Fingerprint};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Reads a notebook.
pub fn read(path: &Path) -> Result<Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let notebook: Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a notebook", path.display()))?;
    if !notebook["cells"].is_array() || notebook["nbformat"] != 4 {
        bail!("{} is not a notebook of format 4", path.display());
    }
    Ok(notebook)
}

/// A notebook's text as Jupyter itself writes it, so that saving there changes nothing.
pub fn text_of(notebook: &Value) -> Result<String> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    serde::Serialize::serialize(notebook, &mut serializer)?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}

/// The notebooks in a folder, in the order of their names; hidden ones are none.
pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if files::has_ending(&path, "ipynb") && !files::stem(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The cells of a notebook.
pub fn of(notebook: &Value) -> &[Value] {
    notebook["cells"].as_array().map_or(&[], Vec::as_slice)
}

/// A text that the format allows to be a string or a list of lines.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// A text as a list of lines, which is how Jupyter writes it.
pub fn lines(text: &str) -> Value {
    text.split_inclusive('\n')
        .map(|line| Value::String(line.to_owned()))
        .collect()
}

/// The source of a cell.
pub fn source(cell: &Value) -> String {
    text(&cell["source"])
}

/// Whether a cell holds code.
pub fn is_code(cell: &Value) -> bool {
    cell["cell_type"] == "code"
}

/// Whether a cell carries a tag.
pub fn has_tag(cell: &Value, tag: &str) -> bool {
    cell["metadata"]["tags"]
        .as_array()
        .is_some_and(|tags| tags.iter().any(|found| found == tag))
}

/// The leading cell with `:dep` lines, if a notebook has one.
pub fn dependencies(notebook: &Value) -> Option<String> {
    let first = of(notebook).iter().find(|cell| is_code(cell))?;
    Some(source(first)).filter(|source| {
        source
            .lines()
            .any(|line| line.trim_start().starts_with(":dep"))
    })
}

/// A new code cell.
pub fn code(source: &str) -> Value {
    let id = Fingerprint::default().add("source", source).finish();
    json!({
        "cell_type": "code", "id": id, "metadata": {},
        "source": source, "outputs": [], "execution_count": null,
    })
}

/// A new notebook of these cells.
pub fn notebook(cells: &[Value]) -> Value {
    json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 })
}
