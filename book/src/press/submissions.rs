//! Notebooks of others, a class's for example: each is executed for itself, and a report says what became of it.

use crate::files;
use crate::machine::ui;
use crate::press::compare;
use crate::run::execute::{self, Job};
use crate::run::session::Session;
use crate::run::{cells, warm};
use anyhow::{Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Executes every notebook below a folder, whatever becomes of the others, and writes the report; fails if one does.
///
/// Their kernels work in the clone's folder of notebooks, so that the book's paths hold wherever the notebooks lie.
pub fn check(session: &Session, folder: &Path, cell_timeout: u64, report: &Path) -> Result<()> {
    let paths = below(folder)?;
    if paths.is_empty() {
        bail!("no notebook below {}", folder.display());
    }
    let place = session.clone.notebooks();
    let mut table = "notebook,result,detail\n".to_owned();
    files::write_atomically(report, &table)?;
    let key = warm::ensure_all(session)?;
    let executed = session.work.join("executed/submission.part");
    let mut failed = 0;
    for path in &paths {
        let name = path.strip_prefix(folder)?.display().to_string();
        files::make_folder(&session.work.join("executed"))?;
        let job = Job {
            notebook: path,
            executed: &executed,
            folder: &place,
            cell_timeout,
        };
        let run = cells::read(path).and_then(|notebook| {
            execute::run(session, &job, &key)?;
            Ok(verdict(&notebook, &cells::read(&executed)?))
        });
        let (result, detail) = run.unwrap_or_else(|failure| {
            failed += 1;
            let said = format!("{failure:#}");
            let place = format!("{}: ", path.display());
            (
                "fails",
                said.strip_prefix(&place).unwrap_or(&said).to_owned(),
            )
        });
        ui::say(&format!("{name}: {result}"));
        table += &[&name, result, &detail].map(field).join(",");
        table.push('\n');
        // What was done stands there if this run is ended.
        files::write_atomically(report, &table)?;
    }
    files::remove(&executed)?;
    let (all, report) = (paths.len(), report.display());
    ui::say(&format!(
        "{} of {all} notebooks run; {report} says more",
        all - failed
    ));
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {all} notebooks fail"),
    }
}

/// What to say of a notebook that runs to its end.
fn verdict(handed_in: &Value, executed: &Value) -> (&'static str, String) {
    let has_outputs = |cell: &Value| {
        cell["outputs"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    };
    if !cells::of(handed_in).iter().any(has_outputs) {
        return ("runs", "was handed in without outputs".to_owned());
    }
    match compare::differences(handed_in, executed) {
        none if none.is_empty() => ("runs", "the outputs are those handed in".to_owned()),
        some => ("runs, with other outputs", some.join("\n")),
    }
}

/// All notebooks below a folder, those of hidden folders (old states that Jupyter keeps) left out.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = files::list(folder)?;
    paths.retain(|path| {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        let hidden = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with('.');
        files::has_ending(path, "ipynb") && !inside.iter().any(hidden)
    });
    Ok(paths)
}

/// A field of a table of commas, which may have lines and quotes in it; none is taken for a formula.
fn field(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let formula = text.starts_with(['=', '+', '-', '@']);
    let front = if formula { "'" } else { "" };
    format!("\"{front}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{below, field, verdict};
    use crate::files::Scratch;
    use serde_json::json;
    use std::fs;

    #[test]
    fn notebooks_of_all_students_are_found_and_old_states_are_not() {
        let scratch = Scratch::new("submissions");
        for file in [
            "b/01.ipynb",
            "a/01.ipynb",
            "a/notes.txt",
            "a/.ipynb_checkpoints/01-checkpoint.ipynb",
        ] {
            let file = scratch.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let found = below(scratch.path()).unwrap();
        let wanted = ["a/01.ipynb", "b/01.ipynb"].map(|name| scratch.path().join(name));
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_verdict_says_what_the_outputs_are() {
        let printed = |text: &str| {
            let output = json!({ "output_type": "stream", "name": "stdout", "text": text });
            json!({ "cells": [{ "cell_type": "code", "metadata": {}, "source": "f()", "outputs": [output] }] })
        };
        let cleared = json!({ "cells": [{ "cell_type": "code", "metadata": {}, "source": "f()", "outputs": [] }] });
        assert!(
            verdict(&cleared, &printed("1"))
                .1
                .contains("without outputs")
        );
        assert_eq!(verdict(&printed("1.0"), &printed("1.0")).0, "runs");
        assert_eq!(
            verdict(&printed("1.0"), &printed("2.0")).0,
            "runs, with other outputs"
        );
    }

    #[test]
    fn fields_keep_lines_and_quotes_and_are_no_formulas() {
        assert_eq!(field("cell 3:\n\"a\""), "\"cell 3:\n\"\"a\"\"\"");
        assert_eq!(field("=1+1"), "\"'=1+1\"");
    }
}
