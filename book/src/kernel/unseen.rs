//! Packages that no cell sees: the rust-analyzer in a kernel does not read them.
//!
//! It keeps every package that cargo names in memory, a third of it for two that only the library itself calls.

use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// What the book's `:dep` lines name. With any other package in a notebook all are read.
const OF_THE_BOOK: [&str; 2] = ["diffusion-intuition", "ndarray"];
/// Packages below these of which no type or trait is seen from outside.
const UNSEEN: [&str; 16] = [
    "crossbeam-deque",
    "crossbeam-epoch",
    "crossbeam-utils",
    "either",
    "fearless_simd",
    "itoa",
    "libc",
    "matrixmultiply",
    "memchr",
    "plotters",
    "plotters-backend",
    "plotters-svg",
    "rayon",
    "rayon-core",
    "serde_json",
    "zmij",
];

/// Whether these are the arguments with which the rust-analyzer asks cargo for all packages.
pub fn is_of_analyzer(arguments: &[OsString]) -> bool {
    let has = |word: &str| arguments.iter().any(|found| found == word);
    has("--filter-platform") && !has("--no-deps")
}

/// What cargo said, without the packages that no cell sees; nothing if it is not as expected.
pub fn without(answer: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    let root = answer["resolve"]["root"].as_str()?.to_owned();
    let named = |package: &Value, names: &[&str]| {
        let name = package["name"].as_str().unwrap_or_default();
        names.contains(&name)
    };
    let packages = answer["packages"].as_array_mut()?;
    let own = packages
        .iter()
        .find(|package| package["id"] == root.as_str())?;
    let mut asked = own["dependencies"].as_array()?.iter();
    if !asked.all(|package| named(package, &OF_THE_BOOK)) {
        return None;
    }
    let unseen = packages.iter().filter(|package| named(package, &UNSEEN));
    let gone: BTreeSet<String> = unseen
        .filter_map(|package| Some(package["id"].as_str()?.to_owned()))
        .collect();
    let stays = |id: &Value| id.as_str().is_some_and(|id| !gone.contains(id));
    packages.retain(|package| stays(&package["id"]));
    let nodes = answer["resolve"]["nodes"].as_array_mut()?;
    nodes.retain(|node| stays(&node["id"]));
    for node in nodes {
        node["dependencies"].as_array_mut()?.retain(stays);
        node["deps"]
            .as_array_mut()?
            .retain(|dependency| stays(&dependency["pkg"]));
    }
    serde_json::to_vec(&answer).ok()
}

#[cfg(test)]
mod tests {
    use super::without;
    use serde_json::{Value, json};

    fn answer(dependencies: &[&str]) -> Value {
        let names: Vec<_> = dependencies
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        json!({
            "packages": [
                { "id": "ctx", "name": "ctx", "dependencies": names },
                { "id": "a", "name": "ndarray", "dependencies": [] },
                { "id": "b", "name": "libc", "dependencies": [] },
            ],
            "resolve": { "root": "ctx", "nodes": [
                { "id": "ctx", "dependencies": ["a"], "deps": [{ "pkg": "a" }] },
                { "id": "a", "dependencies": ["b"], "deps": [{ "pkg": "b" }] },
                { "id": "b", "dependencies": [], "deps": [] },
            ]},
        })
    }

    #[test]
    fn what_no_cell_sees_is_left_out_unless_a_notebook_names_more() {
        let said = answer(&["ndarray"]).to_string();
        let kept: Value = serde_json::from_slice(&without(said.as_bytes()).unwrap()).unwrap();
        assert_eq!(kept["packages"].as_array().unwrap().len(), 2);
        assert_eq!(kept["resolve"]["nodes"][1]["deps"], json!([]));
        let more = answer(&["ndarray", "rayon"]).to_string();
        assert!(without(more.as_bytes()).is_none());
    }
}
