//! The module of the pages: the library, compiled for the browser, as a script that pages opened from disk can load.
//!
//! It is built where the toolchain can, and else taken as it is committed.

use crate::files::{self, Fingerprint};
use crate::machine::clone::Clone;
use crate::machine::programs::{output, which};
use crate::machine::ui;
use crate::run::session::Session;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// What is compiled: the instruments that are in it, the script that it becomes, and the variable in that.
#[derive(Clone, Copy)]
struct Kind {
    features: &'static str,
    file: &'static str,
    variable: &'static str,
}

const MAIN: Kind = Kind {
    features: "plane",
    file: "live.wasm.js",
    variable: "diModule",
};
/// Modules for what some pages show, which are not committed.
const OTHERS: [Kind; 3] = [
    Kind {
        features: "words",
        file: "live-words.wasm.js",
        variable: "diWords",
    },
    Kind {
        features: "pictures",
        file: "live-pictures.wasm.js",
        variable: "diPictures",
    },
    Kind {
        features: "prompts",
        file: "live-prompts.wasm.js",
        variable: "diPrompts",
    },
];
/// Weights that come when a reader asks for what needs them.
const WEIGHTS: [&str; 3] = ["aligned", "digits", "prompts"];
/// Where it is committed.
pub const COMMITTED: &str = "live/live.wasm.js";
/// Compresses it and makes a script of it.
const PACK: &str = include_str!("../../python/pack.py");

/// The script with the module, made from the sources as they are, if that can be.
pub fn script(session: &Session) -> Result<String> {
    let hash = hash_of_sources(&session.clone)?;
    kept(session, &hash, MAIN).or_else(|reason| {
        let reason = format!("{reason:#}");
        committed(&session.clone, &hash, &reason)
    })
}

/// All scripts that instruments load, by the names of their files: the module, those of the others that can be made
/// here, and weights.
pub fn scripts(session: &Session) -> Result<Vec<(String, String)>> {
    let hash = hash_of_sources(&session.clone)?;
    let mut scripts = vec![(MAIN.file.to_owned(), script(session)?)];
    for kind in OTHERS {
        let made = kept(session, &hash, kind).ok();
        scripts.extend(made.map(|script| (kind.file.to_owned(), script)));
    }
    for name in WEIGHTS {
        scripts.push((format!("weights-{name}.js"), weights(session, name)?));
    }
    Ok(scripts)
}

/// Makes the scripts that can be made here, ahead.
pub fn prepare(session: &Session) {
    if let Ok(hash) = hash_of_sources(&session.clone) {
        for kind in std::iter::once(MAIN).chain(OTHERS) {
            kept(session, &hash, kind).ok();
        }
    }
}

/// A script as it was kept, or made now.
fn kept(session: &Session, hash: &str, kind: Kind) -> Result<String> {
    let folder = session.work.join("live");
    let kept = folder.join(format!("{hash}-{}.js", kind.variable));
    if let Ok(script) = fs::read_to_string(&kept) {
        return Ok(script);
    }
    let spinner = ui::spinner("compiling the library for the browser");
    let built = build(session, hash, kind);
    spinner.finish_and_clear();
    let script = built?;
    let mut older = files::list(&folder).unwrap_or_default();
    older.retain(|file| !files::stem(file).starts_with(hash));
    older.iter().try_for_each(|file| files::remove(file))?;
    files::write_atomically(&kept, &script)?;
    Ok(script)
}

/// Writes the script to where it is committed.
pub fn write(session: &Session) -> Result<()> {
    let hash = hash_of_sources(&session.clone)?;
    let script = script(session)?;
    if hash_in(&script) != Some(&hash) {
        bail!("the module cannot be compiled here (see above), so {COMMITTED} stays as it was");
    }
    let path = session.clone.join(COMMITTED);
    files::write_if_new(&path, &script)?;
    ui::say(&format!("the module is written into {}", path.display()));
    Ok(())
}

/// Fails unless the committed script was made from the sources as they are, and they can be compiled here; returns
/// where it is.
pub fn check(session: &Session) -> Result<PathBuf> {
    let (hash, path) = (
        hash_of_sources(&session.clone)?,
        session.clone.join(COMMITTED),
    );
    let committed =
        fs::read_to_string(&path).with_context(|| format!("there is no {COMMITTED}"))?;
    if hash_in(&committed) != Some(&hash) {
        bail!("{COMMITTED} was made from other sources: `cargo book --write` renews it");
    }
    let built = script(session)?;
    ui::say(match built == committed {
        true => "the committed module is the one that is compiled here, to the byte",
        false => {
            "the committed module has other bytes than the one that is compiled here: its answers are compared next"
        }
    });
    Ok(path)
}

/// The committed script, with a word if it is not of these sources.
fn committed(clone: &Clone, hash: &str, reason: &str) -> Result<String> {
    let script = fs::read_to_string(clone.join(COMMITTED)).with_context(|| {
        format!(
            "the module of the pages cannot be compiled ({reason}), and there is no {COMMITTED}"
        )
    })?;
    if hash_in(&script) != Some(hash) {
        ui::say(&format!(
            "The instruments run an earlier state of the library: {COMMITTED} was made from other sources, and the \
             library cannot be compiled for the browser here ({reason})"
        ));
    }
    Ok(script)
}

/// The hash of the sources that a script was made from.
pub fn hash_in(script: &str) -> Option<&str> {
    let rest = script.split_once("window.diSources=\"")?.1;
    Some(rest.split_once('"')?.0)
}

/// Stands for everything that the module is compiled from.
pub fn hash_of_sources(clone: &Clone) -> Result<String> {
    let mut all = clone.library_files()?;
    all.retain(|file| !file.starts_with(clone.join("src/plot")));
    let mut own = files::list(&clone.join("live"))?;
    own.retain(|file| files::has_ending(file, "rs") || files::has_ending(file, "toml"));
    all.append(&mut own);
    all.append(&mut files::list(&clone.join("data"))?);
    all.sort();
    Ok(Fingerprint::default()
        .add_files(clone.root(), &all)?
        .finish())
}

fn build(session: &Session, hash: &str, kind: Kind) -> Result<String> {
    let clone = &session.clone;
    let from_sources = need_target(session)?;
    let paths = paths(session)?;
    let cargo = session.toolchain.bin().join("cargo");
    let cargo = if cargo.exists() {
        cargo
    } else {
        PathBuf::from("cargo")
    };
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--locked", "--package", "live"])
        .args(["--no-default-features", "--features", kind.features])
        .args(["--profile", "live", "--target", TARGET, "--target-dir"])
        .arg(clone.target())
        .current_dir(clone.root())
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&paths));
    if from_sources {
        // Cargo calls this unstable; the variable lets a stable Rust do it.
        command
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    output(&mut command)?;
    let module = clone.target().join(TARGET).join("live/live.wasm");
    if let Some(path) = told(&fs::read(&module)?, &paths) {
        bail!(
            "the compiled module names {}, a path of this machine",
            path.display()
        );
    }
    let mut pack = session.python.command();
    output(
        pack.args(["-c", PACK])
            .arg(module)
            .args([kind.variable, hash]),
    )
}

/// The weights of this name as a script.
fn weights(session: &Session, name: &str) -> Result<String> {
    let path = session
        .clone
        .join("weights")
        .join(format!("{name}.safetensors"));
    let mut pack = session.python.command();
    output(pack.args(["-c", PACK]).arg(path).arg("diWeights"))
}

/// Vector instructions, and no path of this machine in the module.
fn flags(paths: &[(PathBuf, &str)]) -> OsString {
    let mut flags = OsString::from("-Ctarget-feature=+simd128");
    for (from, to) in paths {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

/// Where what is compiled lies on this machine, and what the module calls it: the clone, the sources of crates, and
/// those of Rust's own library, if they are here.
fn paths(session: &Session) -> Result<Vec<(PathBuf, &'static str)>> {
    let mut paths = vec![
        (session.clone.root().to_owned(), "book"),
        (rustlib(session)?.join("src/rust"), "rust"),
    ];
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = home.map(|home| home.join("registry/src"));
    for registry in registries
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
    {
        paths.push((registry?.path(), "crates"));
    }
    Ok(paths)
}

/// The first of these paths that stands in a module.
fn told<'a>(module: &[u8], paths: &'a [(PathBuf, &str)]) -> Option<&'a Path> {
    let stands = |path: &Path| {
        let path = path.as_os_str().as_encoded_bytes();
        module.windows(path.len()).any(|bytes| bytes == path)
    };
    let mut paths = paths.iter().map(|(path, _)| path.as_path());
    paths.find(|path| stands(path))
}

/// The folder of the toolchain's libraries for all targets.
fn rustlib(session: &Session) -> Result<PathBuf> {
    let libraries = session.toolchain.libraries();
    let rustlib = libraries.parent().and_then(Path::parent);
    Ok(rustlib.context("this Rust has no libraries")?.to_owned())
}

/// Sees to the target's standard library: there, or asked of rustup, or, if this says true, to be compiled from its
/// sources, which distributions ship.
fn need_target(session: &Session) -> Result<bool> {
    let rustlib = rustlib(session)?;
    let there = || rustlib.join(TARGET).join("lib").is_dir();
    if there() {
        return Ok(false);
    }
    let asked = ask_rustup(session);
    if asked.is_ok() && there() {
        return Ok(false);
    }
    if rustlib.join("src/rust/library/Cargo.lock").exists() {
        return Ok(true);
    }
    asked?;
    bail!(
        "rustup added {TARGET} to another Rust than this one, which has no sources of its own library"
    );
}

/// Asks rustup for the target.
fn ask_rustup(session: &Session) -> Result<()> {
    let rustup = which("rustup").with_context(|| {
        format!(
            "this Rust has no {TARGET} and no sources of its own library, and there is no rustup to ask for them"
        )
    })?;
    output(
        Command::new(rustup)
            .args(["target", "add", TARGET])
            .current_dir(session.clone.root()),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{COMMITTED, hash_in, hash_of_sources, told};
    use crate::machine::clone::Clone;
    use std::path::Path;

    #[test]
    fn a_path_in_a_module_is_found() {
        let paths = ["/a/clone", "/home/rust"].map(|path| (path.into(), "x"));
        assert_eq!(told(b"\0at book/src/lib.rs\0", &paths), None);
        let found = told(b"\0at /home/rust/core.rs\0", &paths);
        assert_eq!(found, Some(Path::new("/home/rust")));
    }

    #[test]
    fn a_script_says_what_it_was_made_from() {
        let script = "/* About. */\nwindow.diSources=\"a1\";\nwindow.diModule=\"b2\";\n";
        assert_eq!(hash_in(script), Some("a1"));
        assert_eq!(hash_in("window.diModule=\"b2\";"), None);
    }

    #[test]
    fn the_hash_is_of_the_sources_alone() {
        let clone = Clone::here().unwrap();
        let hash = hash_of_sources(&clone).unwrap();
        assert_eq!(hash, hash_of_sources(&clone).unwrap());
        assert_ne!(hash, "");
        let committed = std::fs::read_to_string(clone.join(COMMITTED)).unwrap();
        assert!(hash_in(&committed).is_some_and(|found| found.len() == hash.len()));
    }
}
