//! The press: executes what changed, then builds the site.

use crate::files;
use crate::files::locks::Lock;
use crate::machine::ui;
use crate::press::chapter::{self, Chapter};
use crate::press::options::PressOptions;
use crate::press::swap::Claim;
use crate::press::{compare, module, page, place, site, submissions};
use crate::python::packages::Packages;
use crate::run::execute::{self, Job};
use crate::run::session::Session;
use crate::run::{cells, warm};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Presses the book.
pub fn run(options: &PressOptions) -> Result<()> {
    let session = Session::open(Packages::Book)?;
    let _lock = Lock::wait(&session.work.join("lock"), "pressing this clone's book")?;
    let folder = folder(&session, options)?;
    if let Some(report) = &options.report {
        return submissions::check(&session, &folder, options.cell_timeout, report);
    }
    // Before anything is executed it is known that the pages will have a place.
    let out = match options.check {
        true => None,
        false => {
            let out = place::find(
                options.out.as_deref(),
                place::PAGES,
                &session.clone,
                &session.home,
            )?;
            let claim = Claim::new(&out)?;
            Some((out, claim))
        }
    };
    let (chapters, others) = find(&session, &folder, &options.only)?;
    execute_all(&session, &folder, &chapters, options)?;
    let executed: Vec<(String, Value)> = chapters
        .iter()
        .map(|chapter| Ok((files::stem(&chapter.path), chapter.merged()?)))
        .collect::<Result<_>>()?;
    let Some((out, _claim)) = out else {
        return check(&chapters, &executed);
    };
    if options.write {
        for (chapter, (_, notebook)) in chapters.iter().zip(&executed) {
            chapter.write_back(notebook)?;
        }
        if folder == session.clone.notebooks().canonicalize()? {
            module::write(&session)?;
        }
    }
    // Chapters that were not asked for stay in the book, as they were last executed or committed.
    let mut pages = executed;
    pages.extend(others.iter().map(as_last_executed));
    pages.sort_by(|(a, _), (b, _)| a.cmp(b));
    if options.no_solutions {
        for (_, page) in &mut pages {
            page::hide_solutions(page);
        }
    }
    site::press(&session, &folder, &pages, &out)?;
    ui::say(&format!(
        "The book lies in {}",
        out.join("index.html").display()
    ));
    Ok(())
}

/// All notebooks of the book with the outputs of the last press, or those that are committed.
pub fn kept(session: &Session, folder: &Path) -> Result<Vec<(String, Value)>> {
    let (chapters, _) = find(session, folder, &[])?;
    Ok(chapters.iter().map(as_last_executed).collect())
}

/// Name and outputs of a notebook that is not executed now.
fn as_last_executed(chapter: &Chapter) -> (String, Value) {
    let notebook = chapter
        .merged()
        .unwrap_or_else(|_| chapter.notebook.clone());
    (files::stem(&chapter.path), notebook)
}

/// The folder of the notebooks.
fn folder(session: &Session, options: &PressOptions) -> Result<PathBuf> {
    let asked = options.notebooks.clone();
    let folder = asked.unwrap_or_else(|| session.clone.notebooks());
    let folder = folder
        .canonicalize()
        .with_context(|| format!("no folder {}", folder.display()))?;
    if folder.starts_with(session.work.canonicalize()?) {
        bail!(
            "{} is a folder that `cargo book` itself works in",
            folder.display()
        );
    }
    Ok(folder)
}

/// Finds the notebooks to execute and the others, each in the order of their names.
fn find(session: &Session, folder: &Path, only: &[String]) -> Result<(Vec<Chapter>, Vec<Chapter>)> {
    let paths = cells::in_folder(folder)?;
    for name in only {
        if !paths.iter().any(|path| files::stem(path) == *name) {
            bail!("no notebook {name} in {}", folder.display());
        }
    }
    if paths.is_empty() {
        bail!("no notebook in {}", folder.display());
    }
    let environment = chapter::environment(&session.clone, &session.toolchain)?;
    let store = session.work.join("executed");
    let chapter = |path| Chapter::read(path, folder, &environment, &store);
    let chapters: Vec<Chapter> = paths.into_iter().map(chapter).collect::<Result<_>>()?;
    let asked = |chapter: &Chapter| only.is_empty() || only.contains(&files::stem(&chapter.path));
    Ok(chapters.into_iter().partition(asked))
}

/// Executes the notebooks whose executed form is missing or not wanted; fails if any cell fails.
fn execute_all(
    session: &Session,
    folder: &Path,
    chapters: &[Chapter],
    options: &PressOptions,
) -> Result<()> {
    let afresh = options.fresh || options.check && !options.kept;
    let todo: Vec<_> = chapters
        .iter()
        .filter(|chapter| afresh || chapter.merged().is_err())
        .collect();
    let store = session.work.join("executed");
    files::make_folder(&store)?;
    forget_parts(&store)?;
    if todo.is_empty() {
        return Ok(());
    }
    let pages = !options.check && folder == session.clone.notebooks().canonicalize()?;
    let key = compile(session, folder, chapters, pages)?;
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
                chapter.forget_older()?;
                File::open(&part)
                    .and_then(|file| file.sync_all())
                    .map_err(|error| files::explain(error, &part))?;
                files::rename(&part, &chapter.executed)?;
            }
            Err(failure) => failures.push(format!("{failure:#}")),
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n\nerror: "));
    }
    Ok(())
}

/// Compiles what kernels need, if they do; returns its key. The compiler works at the library with one thread for most of
/// the time: what pages need is made beside it, and not beside cells, which may take times.
fn compile(session: &Session, folder: &Path, chapters: &[Chapter], pages: bool) -> Result<String> {
    let notebooks = || chapters.iter().map(|chapter| &chapter.notebook);
    let both = pages && !warm::is_there(session, notebooks())?;
    std::thread::scope(|scope| {
        if both {
            scope.spawn(|| site::prepare(session));
        }
        warm::ensure(session, folder, notebooks())
    })
}

/// Removes what executions that were killed have left.
fn forget_parts(store: &Path) -> Result<()> {
    let mut parts = files::list(store)?;
    parts.retain(|file| files::has_ending(file, "part"));
    parts.iter().try_for_each(|file| files::remove(file))
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
