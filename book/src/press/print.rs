//! `cargo book print`: the book as one file, for e-readers (ePub) and for paper (PDF).
//!
//! The ePub is Sphinx's own builder's. The PDF is the same pages, joined and printed by Chromium, which sets formulas and
//! figures as the pages in a browser have them; by way of LaTeX tables and folded parts, which are HTML, would be lost.

use crate::files;
use crate::files::locks::Lock;
use crate::machine::programs::{browser, output};
use crate::machine::ui;
use crate::press::swap::{self, Claim};
use crate::press::{addresses, book, place, site};
use crate::python::packages::Packages;
use crate::run::session::Session;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The name of the file, as the configuration has it.
const NAME: &str = "diffusion-models-intuition";
/// Joins the pages of the ePub to one.
const JOIN: &str = include_str!("../../python/paper.py");

/// Makes the ePub and, where it can be printed, the PDF.
pub fn run(out: Option<&Path>) -> Result<()> {
    let session = Session::open(Packages::Book)?;
    let _lock = Lock::wait(&session.work.join("lock"), "pressing this clone's book")?;
    let out = place::find(out, place::PRINTED, &session.clone, &session.home)?;
    let _claim = Claim::new(&out)?;
    let work = session.work.join("print");
    files::remove(&work)?;
    let new = swap::aside(&out);
    files::make_folder(&new)?;
    let spinner = ui::spinner("making the ePub");
    make_epub(&session, &work)?;
    let epub = format!("{NAME}.epub");
    copy(&work.join("pages").join(&epub), &new.join(&epub))?;
    let pdf = format!("{NAME}.pdf");
    let browser = browser();
    if let Some(browser) = &browser {
        spinner.set_message("printing the PDF");
        print(&session, &work, browser, &new.join(&pdf))?;
    }
    files::remove(&work)?;
    swap::replace(&out)?;
    spinner.finish_and_clear();
    ui::say(&format!("The ePub is {}", out.join(epub).display()));
    ui::say(&match browser {
        Some(_) => format!("The PDF is {}", out.join(pdf).display()),
        None => {
            "There is no PDF: it is printed by Chromium, which is not installed here".to_owned()
        }
    });
    Ok(())
}

/// Sphinx makes the ePub of all notebooks and of the pages around them, in the forms that some have for print.
fn make_epub(session: &Session, work: &Path) -> Result<()> {
    let folder = session.clone.notebooks().canonicalize()?;
    let [source, trees, pages] = ["source", "trees", "pages"].map(|name| work.join(name));
    site::gather(session, &folder, &source)?;
    for page in files::list(&source.join("_print"))? {
        if files::has_ending(&page, "md") {
            files::rename(&page, &source.join(page.file_name().unwrap_or_default()))?;
        }
    }
    let notebooks = book::kept(session, &folder)?;
    site::write_pages(&session.clone, &source, &notebooks)?;
    let settings = addresses::settings(&session.clone, &session.toolchain)?;
    site::sphinx(
        session,
        &["epub", "-t", "print"],
        [&source, &trees, &pages],
        &settings,
    )
}

/// Chromium prints the joined pages.
fn print(session: &Session, work: &Path, browser: &Path, pdf: &Path) -> Result<()> {
    let document = work.join("paper.html");
    output(
        session
            .python
            .command()
            .args(["-c", JOIN])
            .arg(work.join("pages"))
            .arg(work.join("source/_print/paper.css"))
            .arg(env!("CARGO_PKG_VERSION"))
            .arg(&document),
    )
    .context("the pages cannot be joined")?;
    let mut profile = OsString::from("--user-data-dir=");
    profile.push(work.join("browser"));
    let mut to = OsString::from("--print-to-pdf=");
    to.push(pdf);
    // Chromium refuses its sandbox to root; what it opens here is this book.
    let root = rustix::process::geteuid().is_root();
    output(
        Command::new(browser)
            .args(["--headless", "--disable-gpu", "--no-first-run"])
            .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
            .args(root.then_some("--no-sandbox"))
            .args([profile, to])
            .arg(&document),
    )
    .context("Chromium cannot print the book")?;
    if !pdf.exists() {
        bail!("Chromium printed nothing");
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| files::explain(error, to))
}
