//! Where the project lies in the world, as the one place that says so has it: the library's manifest.

use crate::machine::clone::Clone;
use crate::machine::programs::output;
use crate::machine::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsString;
use std::process::Command;

/// The settings of the pages that addresses of the manifest decide; none where it names none.
pub fn settings(clone: &Clone, toolchain: &Toolchain) -> Result<Vec<(&'static str, OsString)>> {
    let cargo = toolchain.bin().join("cargo");
    let cargo = if cargo.exists() {
        cargo
    } else {
        "cargo".into()
    };
    let text = output(
        Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(clone.root()),
    )
    .context("the manifest cannot be read")?;
    of_packages(&serde_json::from_str(&text)?)
}

fn of_packages(metadata: &Value) -> Result<Vec<(&'static str, OsString)>> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let library = packages
        .into_iter()
        .find(|package| package["name"] == "diffusion-intuition")
        .context("the manifest has no package diffusion-intuition")?;
    let mut settings = Vec::new();
    for (key, setting) in [
        ("homepage", "html_baseurl"),
        ("repository", "book_repository"),
    ] {
        let Some(address) = library[key].as_str() else {
            continue;
        };
        let after = ["https://", "http://"].map(|scheme| address.strip_prefix(scheme));
        let whole = after.into_iter().flatten().next();
        if whole.is_none_or(|rest| rest.is_empty() || rest.contains(['?', '#', '"', ' '])) {
            bail!(
                "{key} in Cargo.toml is {address:?}: an address is wanted, such as https://example.org/book/, or no \
                 such line"
            );
        }
        settings.push((
            setting,
            format!("{}/", address.trim_end_matches('/')).into(),
        ));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::of_packages;
    use serde_json::{Value, json};

    fn metadata(homepage: Value, repository: Value) -> Value {
        json!({ "packages": [
            { "name": "book", "homepage": "https://other.example" },
            { "name": "diffusion-intuition", "homepage": homepage, "repository": repository },
        ] })
    }

    #[test]
    fn pages_know_the_addresses_of_the_manifest() {
        let none = of_packages(&metadata(Value::Null, Value::Null)).unwrap();
        assert!(none.is_empty());
        let both = metadata(
            json!("https://a.example/book"),
            json!("https://b.example/c/"),
        );
        let both = of_packages(&both).unwrap();
        assert_eq!(
            both,
            [
                ("html_baseurl", "https://a.example/book/".into()),
                ("book_repository", "https://b.example/c/".into())
            ]
        );
        for wrong in ["", "a.example/book", "https://", "https://a.example/?page"] {
            let error = of_packages(&metadata(json!(wrong), Value::Null)).unwrap_err();
            assert!(error.to_string().contains("homepage"), "{error}");
        }
    }
}
