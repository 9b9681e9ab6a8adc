//! The press: executes what changed, then builds the site.

use crate::cli::PressOptions;
use crate::execute::{self, Job};
use crate::files::{self, Fingerprint};
use crate::locks::Lock;
use crate::python::Packages;
use crate::session::Session;
use crate::{cells, compare, fingerprint, site, swap, ui, warm};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One notebook of the book on its way through the press.
struct Chapter {
    path: PathBuf,
    notebook: Value,
    /// Where its executed form is kept; the name changes with everything that the outputs depend on.
    executed: PathBuf,
}

/// Presses the book.
pub fn run(options: &PressOptions) -> Result<()> {
    let session = Session::open(Packages::Book)?;
    let _lock = Lock::wait(&session.work.join("lock"), "pressing this clone's book")?;
    let folder = options
        .notebooks
        .clone()
        .unwrap_or_else(|| session.clone.notebooks());
    let folder = folder
        .canonicalize()
        .with_context(|| format!("no folder {}", folder.display()))?;
    let out = match &options.out {
        Some(out) => std::path::absolute(out)?,
        None => session.clone.target().join("book"),
    };
    swap::restore(&out)?;
    let (chapters, others) = find(&session, &folder, &options.only)?;
    execute_all(&session, &folder, &chapters, options)?;
    let executed: Vec<(String, Value)> = chapters
        .iter()
        .map(|chapter| Ok((execute::name(&chapter.path), merged(chapter)?)))
        .collect::<Result<_>>()?;
    if options.check {
        return check(&chapters, &executed);
    }
    if options.write {
        for (chapter, (name, notebook)) in chapters.iter().zip(&executed) {
            files::write_atomically(&chapter.path, text_of(notebook)?.as_bytes())?;
            ui::say(&format!(
                "{name}: outputs written into {}",
                chapter.path.display()
            ));
        }
    }
    // Chapters that were not asked for stay in the book, as they were last executed or committed.
    let mut pages = executed;
    for chapter in &others {
        let notebook = match chapter.executed.exists() {
            true => merged(chapter)?,
            false => chapter.notebook.clone(),
        };
        pages.push((execute::name(&chapter.path), notebook));
    }
    pages.sort_by(|(a, _), (b, _)| a.cmp(b));
    site::press(&session, &folder, &pages, &out, !options.no_solutions)?;
    ui::say(&format!(
        "The book lies in {}",
        out.join("index.html").display()
    ));
    Ok(())
}

/// Finds the notebooks to execute and the others, each in the order of their names.
fn find(session: &Session, folder: &Path, only: &[String]) -> Result<(Vec<Chapter>, Vec<Chapter>)> {
    let environment = fingerprint::environment(&session.clone, &session.toolchain)?;
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = execute::name(&path);
        if path.extension().is_some_and(|ending| ending == "ipynb") && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    for name in only {
        if !paths.iter().any(|path| execute::name(path) == *name) {
            bail!("no notebook {name} in {}", folder.display());
        }
    }
    if paths.is_empty() {
        bail!("no notebook in {}", folder.display());
    }
    let chapter = |path: PathBuf| -> Result<Chapter> {
        let notebook = cells::read(&path)?;
        let mut fingerprint = Fingerprint::default();
        fingerprint
            .add("environment", &environment)
            .add("folder", folder.as_os_str().as_encoded_bytes());
        for cell in cells::of(&notebook)
            .iter()
            .filter(|cell| cells::is_code(cell))
        {
            fingerprint
                .add("source", cells::source(cell))
                .add("tags", cell["metadata"]["tags"].to_string());
        }
        let name = format!("{}-{}.ipynb", execute::name(&path), fingerprint.finish());
        Ok(Chapter {
            path,
            notebook,
            executed: session.work.join("executed").join(name),
        })
    };
    let chapters: Vec<Chapter> = paths.into_iter().map(chapter).collect::<Result<_>>()?;
    let asked = |chapter: &Chapter| only.is_empty() || only.contains(&execute::name(&chapter.path));
    Ok(chapters.into_iter().partition(asked))
}

/// Executes the notebooks whose executed form is missing or not wanted; fails if any cell fails.
fn execute_all(
    session: &Session,
    folder: &Path,
    chapters: &[Chapter],
    options: &PressOptions,
) -> Result<()> {
    let afresh = options.fresh || options.check;
    let todo: Vec<_> = chapters
        .iter()
        .filter(|chapter| afresh || !chapter.executed.exists())
        .collect();
    let mut key = String::new();
    if !todo.is_empty() {
        let dependencies: BTreeSet<_> = chapters
            .iter()
            .filter_map(|chapter| cells::dependencies(&chapter.notebook))
            .collect();
        key = warm::ensure(session, folder, &dependencies)?;
    }
    std::fs::create_dir_all(session.work.join("executed"))?;
    let mut failures = Vec::new();
    for chapter in todo {
        files::remove(&chapter.executed)?;
        let part = chapter.executed.with_extension("part");
        let job = Job {
            notebook: &chapter.path,
            executed: &part,
            folder,
            cell_timeout: options.cell_timeout,
        };
        match execute::run(session, &job, &key) {
            Ok(()) => {
                forget_older(chapter)?;
                std::fs::rename(&part, &chapter.executed)
                    .map_err(|error| files::explain(error, &chapter.executed))?;
            }
            Err(failure) => failures.push(format!("{failure:#}")),
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n\nerror: "));
    }
    Ok(())
}

/// Removes executed forms of earlier states of a notebook.
fn forget_older(chapter: &Chapter) -> Result<()> {
    let Some(folder) = chapter.executed.parent() else {
        return Ok(());
    };
    let name = execute::name(&chapter.path);
    for file in files::list(folder)? {
        let stem = execute::name(&file);
        // The hash at the end has no hyphen.
        if file.extension().is_some_and(|ending| ending == "ipynb")
            && stem
                .rsplit_once('-')
                .is_some_and(|(found, _)| found == name)
        {
            files::remove(&file)?;
        }
    }
    Ok(())
}

/// The notebook as it is now with the outputs of its execution, which may have been under other prose.
fn merged(chapter: &Chapter) -> Result<Value> {
    let executed = cells::read(&chapter.executed)?;
    let mut notebook = chapter.notebook.clone();
    let mut outputs = cells::of(&executed)
        .iter()
        .filter(|cell| cells::is_code(cell));
    for cell in notebook["cells"].as_array_mut().into_iter().flatten() {
        cell["source"] = cells::lines(&cells::source(cell));
        if cells::is_code(cell) {
            let from = outputs
                .next()
                .context("an executed notebook lacks a cell")?;
            cell["outputs"] = from["outputs"].clone();
            cell["execution_count"] = from["execution_count"].clone();
        }
    }
    for key in ["kernelspec", "language_info"] {
        notebook["metadata"][key] = executed["metadata"][key].clone();
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

/// Compares every execution with the committed outputs.
fn check(chapters: &[Chapter], executed: &[(String, Value)]) -> Result<()> {
    let mut found = Vec::new();
    for (chapter, (name, fresh)) in chapters.iter().zip(executed) {
        let differences = compare::differences(&chapter.notebook, fresh);
        if differences.is_empty() {
            ui::say(&format!("{name}: the outputs are the committed ones"));
        }
        found.extend(
            differences
                .into_iter()
                .map(|difference| format!("{name}, {difference}")),
        );
    }
    if !found.is_empty() {
        bail!(
            "outputs differ from the committed ones (`cargo book --write` commits new ones):\n{}",
            found.join("\n")
        );
    }
    Ok(())
}
