//! One notebook of the book: as it was read, as it was executed, and back into its file.

use crate::files::{self, Fingerprint};
use crate::kernel::key;
use crate::machine::clone::Clone;
use crate::machine::toolchain::Toolchain;
use crate::machine::ui;
use crate::run::{cells, execute};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The packages that execute and press.
const PACKAGES: &str = include_str!("../../requirements.txt");

/// One notebook of the book on its way through the press.
pub struct Chapter {
    /// The notebook's file.
    pub path: PathBuf,
    /// What it held when the run began.
    pub notebook: Value,
    /// Where its executed form is kept; the name changes with everything that the outputs depend on.
    pub executed: PathBuf,
}

impl Chapter {
    /// Reads a notebook; its executed form is kept in `store`.
    pub fn read(path: PathBuf, folder: &Path, environment: &str, store: &Path) -> Result<Chapter> {
        let notebook = cells::read(&path)?;
        let mut fingerprint = Fingerprint::default();
        fingerprint
            .add("environment", environment)
            .add("folder", folder.as_os_str().as_encoded_bytes());
        for cell in cells::of(&notebook)
            .iter()
            .filter(|cell| cells::is_code(cell))
        {
            fingerprint
                .add("source", cells::source(cell))
                .add("tags", cell["metadata"]["tags"].to_string());
        }
        let name = format!("{}-{}.ipynb", files::stem(&path), fingerprint.finish());
        Ok(Chapter {
            path,
            notebook,
            executed: store.join(name),
        })
    }

    /// The notebook as it is now with the outputs of its execution, which may have been under other prose. Fails if the
    /// executed form is not whole, as a full disk or a cut of power may leave it.
    pub fn merged(&self) -> Result<Value> {
        cells::read(&self.executed)
            .and_then(|executed| with_outputs(&self.notebook, &executed))
            .with_context(|| {
                format!(
                    "{} was changed while it was executed, or its executed form was damaged: run the command again",
                    self.path.display()
                )
            })
    }

    /// Writes the outputs into the notebook itself, unless somebody has changed it since it was read.
    pub fn write_back(&self, notebook: &Value) -> Result<()> {
        if cells::read(&self.path).ok().as_ref() != Some(&self.notebook) {
            bail!(
                "{} was changed while it was executed, so its outputs are not written into it: run `cargo book --write` \
                 again",
                self.path.display()
            );
        }
        files::write_for_user(&self.path, &cells::text_of(notebook)?)?;
        ui::say(&format!(
            "{}: outputs written into {}",
            files::stem(&self.path),
            self.path.display()
        ));
        Ok(())
    }

    /// Removes executed forms of earlier states of a notebook.
    pub fn forget_older(&self) -> Result<()> {
        let Some(folder) = self.executed.parent() else {
            return Ok(());
        };
        let name = files::stem(&self.path);
        for file in files::list(folder)? {
            let stem = files::stem(&file);
            // The hash at the end has no hyphen.
            if files::has_ending(&file, "ipynb")
                && stem
                    .rsplit_once('-')
                    .is_some_and(|(found, _)| found == name)
            {
                files::remove(&file)?;
            }
        }
        Ok(())
    }
}

/// Stands for everything but the notebook that its outputs depend on.
pub fn environment(clone: &Clone, toolchain: &Toolchain) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    let files = [clone.library_files()?, clone.tables()?].concat();
    fingerprint.add_files(clone.root(), &files)?;
    key::add_compilers(&mut fingerprint, toolchain);
    fingerprint.add("python", PACKAGES);
    for (name, text) in execute::SCRIPTS {
        fingerprint.add(name, text);
    }
    Ok(fingerprint.finish())
}

fn with_outputs(notebook: &Value, executed: &Value) -> Result<Value> {
    let mut notebook = notebook.clone();
    let mut outputs = cells::of(executed)
        .iter()
        .filter(|cell| cells::is_code(cell));
    for cell in notebook["cells"].as_array_mut().into_iter().flatten() {
        cell["source"] = cells::lines(&cells::source(cell));
        if cells::is_code(cell) {
            let from = outputs
                .next()
                .filter(|from| {
                    cells::source(from) == cells::source(cell) && from["outputs"].is_array()
                })
                .context("an executed notebook lacks a cell")?;
            cell["outputs"] = from["outputs"].clone();
            cell["execution_count"] = from["execution_count"].clone();
        }
    }
    for key in ["kernelspec", "language_info"] {
        if !executed["metadata"][key].is_object() {
            bail!("an executed notebook lacks its {key}");
        }
        notebook["metadata"][key] = executed["metadata"][key].clone();
    }
    Ok(notebook)
}

#[cfg(test)]
mod tests {
    use super::{Chapter, with_outputs};
    use crate::files::Scratch;
    use crate::run::cells;
    use serde_json::{Value, json};
    use std::fs;

    fn executed(sources: &[&str]) -> Value {
        let mut notebook = cells::notebook(&[]);
        for source in sources {
            let mut cell = cells::code(source);
            cell["outputs"] =
                json!([{ "output_type": "stream", "name": "stdout", "text": "done" }]);
            notebook["cells"].as_array_mut().unwrap().push(cell);
        }
        notebook["metadata"] =
            json!({ "kernelspec": { "name": "k" }, "language_info": { "name": "rust" } });
        notebook
    }

    #[test]
    fn an_executed_notebook_that_is_not_whole_is_not_used() {
        let scratch = Scratch::new("executed");
        let chapter = Chapter {
            path: scratch.path().join("a.ipynb"),
            notebook: cells::notebook(&[cells::code("1"), cells::code("2")]),
            executed: scratch.path().join("a-hash.ipynb"),
        };
        assert!(chapter.merged().is_err());
        let whole = executed(&["1", "2"]);
        fs::write(&chapter.executed, whole.to_string()).unwrap();
        let page = chapter.merged().unwrap();
        assert_eq!(page["cells"][1]["outputs"][0]["text"], "done");
        let text = whole.to_string();
        for length in (0..text.len()).step_by(9) {
            fs::write(&chapter.executed, &text[..length]).unwrap();
            assert!(chapter.merged().is_err(), "cut after {length} bytes");
        }
        fs::write(&chapter.executed, vec![0; text.len()]).unwrap();
        assert!(chapter.merged().is_err());
        for broken in [
            json!({}),
            json!([]),
            executed(&["1"]),
            executed(&["1", "other"]),
        ] {
            assert!(
                with_outputs(&chapter.notebook, &broken).is_err(),
                "{broken}"
            );
        }
        let mut broken = whole;
        broken["cells"][0]["outputs"] = Value::Null;
        assert!(with_outputs(&chapter.notebook, &broken).is_err());
    }

    #[test]
    fn a_notebook_that_was_changed_meanwhile_is_not_written_over() {
        let scratch = Scratch::new("write-back");
        let mut chapter = Chapter {
            path: scratch.path().join("a.ipynb"),
            notebook: cells::notebook(&[cells::code("1")]),
            executed: scratch.path().join("a-hash.ipynb"),
        };
        let page = executed(&["1"]);
        fs::write(&chapter.path, chapter.notebook.to_string()).unwrap();
        chapter.write_back(&page).unwrap();
        assert_eq!(cells::read(&chapter.path).unwrap(), page);
        chapter.notebook = page.clone();
        let theirs = executed(&["1", "an hour's work"]).to_string();
        fs::write(&chapter.path, &theirs).unwrap();
        let error = chapter.write_back(&page).unwrap_err().to_string();
        assert!(error.contains("was changed"), "{error}");
        assert_eq!(fs::read_to_string(&chapter.path).unwrap(), theirs);
    }
}
