//! The static site: prepares the executed notebooks for Sphinx, and lets Sphinx make the pages.

use crate::files::{self, disk};
use crate::machine::clone::Clone;
use crate::machine::ui;
use crate::press::references::References;
use crate::press::{addresses, documentation, instruments, module, page, swap};
use crate::run::cells;
use crate::run::session::Session;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

/// Makes ahead what pages of this book need, takes long, and depends on sources alone. What cannot be made is told when
/// it is needed.
pub fn prepare(session: &Session) {
    module::prepare(session);
    documentation::prepare(session);
}

/// Builds the pages of the executed notebooks and puts them in place.
pub fn press(
    session: &Session,
    folder: &Path,
    executed: &[(String, Value)],
    out: &Path,
) -> Result<()> {
    let start = Instant::now();
    let spinner = ui::spinner("pressing the pages");
    let source = session.work.join("source");
    files::remove(&source)?;
    gather(session, folder, &source)?;
    if write_pages(&session.clone, &source, executed)? {
        for (file, script) in module::scripts(session)? {
            files::write_atomically(&source.join("_static").join(file), script)?;
        }
    }
    let new = swap::aside(out);
    let doctrees = swap::around(out).join("doctrees");
    let mut settings = Vec::new();
    if folder == session.clone.notebooks().canonicalize()? {
        settings = addresses::settings(&session.clone, &session.toolchain)?;
        let folder = documentation::folder(session);
        settings.extend(folder.map(|folder| ("library_documentation", folder.into_os_string())));
    }
    sphinx(session, &["html"], [&source, &doctrees, &new], &settings)?;
    for (name, notebook) in executed {
        // What readers download is the notebook itself, not the form made for the page.
        let path = new.join("_sources").join(format!("{name}.ipynb"));
        let text = cells::text_of(notebook)?;
        files::write_atomically(&path, &text)?;
        // Pages opened from disk may not read files, but scripts.
        let script = format!("window.diNotebook={};\n", serde_json::to_string(&text)?);
        files::write_atomically(&path.with_extension("ipynb.js"), script)?;
    }
    for left in [".buildinfo", "objects.inv"] {
        files::remove(&new.join(left))?;
    }
    swap::replace(out)?;
    spinner.finish_and_clear();
    ui::say(&format!(
        "pressed {} pages in {}",
        executed.len() + 1,
        ui::seconds(start.elapsed())
    ));
    Ok(())
}

/// Puts the configuration, the static files and the pages that are not notebooks together.
pub fn gather(session: &Session, folder: &Path, source: &Path) -> Result<()> {
    let site = session.clone.join("book/site");
    files::copy_tree(&site, source, &[])?;
    let own_book = folder == session.clone.notebooks();
    if !own_book {
        for of_this_book in ["laboratory.md", "terms.md"] {
            files::remove(&source.join(of_this_book))?;
        }
    }
    let index = folder.join("index.md");
    if index.exists() {
        fs::copy(&index, source.join("index.md"))?;
    } else if !own_book {
        let text = "# Book\n\n```{toctree}\n:glob:\n\n*\n```\n";
        files::write_atomically(&source.join("index.md"), text)?;
    }
    Ok(())
}

/// Writes the notebooks in the form that Sphinx sees, and links all references in them and in the other pages; says
/// whether any of them has an instrument.
pub fn write_pages(clone: &Clone, source: &Path, executed: &[(String, Value)]) -> Result<bool> {
    let mut live = false;
    let mut placed = |text: String| -> Result<String> {
        let placed = instruments::placed(clone, &text)?;
        live |= placed.is_some();
        Ok(placed.unwrap_or(text))
    };
    let bibliography = source.join("references.bib");
    let bibliography = fs::read_to_string(&bibliography)
        .with_context(|| format!("cannot read {}", bibliography.display()))?;
    let mut references = References::new(&bibliography)?;
    let mut pages = Vec::new();
    for (name, notebook) in executed {
        let page = page::prepared(notebook, |title| references.figure(name, title));
        for cell in cells::of(&page).iter().filter(|cell| is_prose(cell)) {
            references.collect(name, &cells::source(cell))?;
        }
        pages.push((name, page));
    }
    for (name, mut page) in pages {
        for cell in page["cells"].as_array_mut().into_iter().flatten() {
            if is_prose(cell) {
                let text = placed(cells::source(cell))?;
                cell["source"] = Value::String(references.linked(name, &text)?);
            }
        }
        let path = source.join(format!("{name}.ipynb"));
        files::write_atomically(&path, page.to_string())?;
    }
    for path in files::list(source)? {
        if files::has_ending(&path, "md") {
            let text = placed(fs::read_to_string(&path)?)?;
            let linked = references.linked(&files::stem(&path), &text)?;
            files::write_atomically(&path, linked)?;
        }
    }
    Ok(live)
}

fn is_prose(cell: &Value) -> bool {
    cell["cell_type"] == "markdown"
}

/// Lets a builder of Sphinx, named with what its configuration asks for, make of the source new files.
pub fn sphinx(
    session: &Session,
    builder: &[&str],
    [source, doctrees, new]: [&Path; 3],
    settings: &[(&str, OsString)],
) -> Result<()> {
    let mut command: Command = session.python.command();
    command.args(["-c", include_str!("../../python/pages.py")]);
    for (name, value) in settings {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        command.arg("-D").arg(setting);
    }
    let child = command
        .args(["-D", concat!("version=", env!("CARGO_PKG_VERSION"))])
        .arg("-b")
        .args(builder)
        .args(["-q", "-E", "-W", "--keep-going", "-d"])
        .arg(doctrees)
        .arg(source)
        .arg(new)
        .env("SOURCE_DATE_EPOCH", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start Sphinx")?;
    let output = wait(child)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = text.replace(&format!("{}/", source.display()), "");
        disk::need_space(new.parent().unwrap_or(new))?;
        bail!("pressing the pages failed:\n{}", text.trim_end());
    }
    Ok(())
}

/// Waits for Sphinx; its standard input stays open meanwhile, by which it knows that this process lives.
fn wait(mut child: Child) -> Result<Output> {
    let lifeline = child.stdin.take();
    let output = child.wait_with_output().context("Sphinx ended strangely")?;
    drop(lifeline);
    Ok(output)
}
