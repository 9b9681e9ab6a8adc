//! Which Python of those on a machine the book runs on.

use crate::machine::environment;
use crate::machine::programs::{output, which_all};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 11);
/// The newest Python that the pinned packages have compiled files for.
const NEWEST: (u32, u32) = (3, 14);
/// What to do where an environment cannot be made.
pub const NO_VENV: &str = "python3 cannot make a virtual environment: install its venv module (for example: sudo \
                           apt-get install python3-venv) and run `cargo book` again";
/// Prints which Python this is, then what it is made of.
const PROBE: &str = "\
import sys, sysconfig
print('%d.%d.%d' % sys.version_info[:3], sys.platform, sys.base_prefix)
try:
    import ensurepip, venv
except ImportError:
    print('no venv')
# The compiled files of packages are made for one implementation.
if sys.implementation.name != 'cpython' or sysconfig.get_config_var('Py_GIL_DISABLED'):
    print('unusual')
";

/// How a Python fits.
#[derive(Debug, PartialEq)]
enum Fit {
    Good,
    Old,
    New,
    Unusual,
    NoVenv,
}

/// The first Python on the `PATH` that fits, and which one it is.
pub fn find() -> Result<(PathBuf, String)> {
    let mut names = vec!["python3".to_owned()];
    names.extend(
        (OLDEST.1..=NEWEST.1)
            .rev()
            .map(|minor| format!("python3.{minor}")),
    );
    let mut misfits = Vec::new();
    let mut seen = BTreeSet::new();
    for python in names.iter().flat_map(|name| which_all(name)) {
        if !seen.insert(python.canonicalize().unwrap_or_else(|_| python.clone()))
            && !is_shim(&python)
        {
            continue;
        }
        let mut command = Command::new(&python);
        environment::undisturbed_python(&mut command);
        let Ok(said) = output(command.args(["-I", "-c", PROBE])) else {
            continue;
        };
        // The same Python can be reached by several paths; its own installation names it.
        let version = said.lines().next().unwrap_or_default().trim().to_owned();
        match fit(&said) {
            Fit::Good => return Ok((python, version)),
            misfit => misfits.push((misfit, version)),
        }
    }
    bail!("{}", sentence(&misfits))
}

/// Whether this is a program that stands for several Pythons and looks at the name it is called by.
fn is_shim(python: &std::path::Path) -> bool {
    python
        .parent()
        .is_some_and(|folder| folder.ends_with("shims"))
}

fn fit(said: &str) -> Fit {
    let mut numbers = said
        .split(['.', ' '])
        .map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let says = |word| said.lines().skip(1).any(|line| line.trim() == word);
    match found {
        _ if found < OLDEST => Fit::Old,
        _ if found > NEWEST => Fit::New,
        _ if says("unusual") => Fit::Unusual,
        _ if says("no venv") => Fit::NoVenv,
        _ => Fit::Good,
    }
}

/// What to do where no Python fits: about the one that comes closest, else about the first.
fn sentence(misfits: &[(Fit, String)]) -> String {
    let wanted = format!("{}.{} to {}.{}", OLDEST.0, OLDEST.1, NEWEST.0, NEWEST.1);
    if misfits.iter().any(|(misfit, _)| *misfit == Fit::NoVenv) {
        return NO_VENV.to_owned();
    }
    let Some((misfit, version)) = misfits.first() else {
        return format!(
            "no python3 found: install Python {wanted} (with venv) and run `cargo book` again"
        );
    };
    let version = version.split(' ').next().unwrap_or_default();
    match misfit {
        Fit::New => format!(
            "the Python found is {version}, but the pinned packages are made for Python {wanted}: install one of \
             these beside it (as python{}.{}, say) and run `cargo book` again",
            NEWEST.0, NEWEST.1
        ),
        Fit::Unusual => format!(
            "the Python found is {version}, but not the usual build of CPython, for which the pinned packages are \
             made: install Python {wanted} beside it and run `cargo book` again"
        ),
        _ => format!(
            "the Python found is {version}, but the book needs {wanted}: install a newer one as python3"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_fits_by_its_version_and_make() {
        for (said, wanted) in [
            ("3.8.0 linux /usr", Fit::Old),
            ("3.10.14 linux /usr\n", Fit::Old),
            ("3.11.2 linux /usr\n", Fit::Good),
            ("3.14.0 darwin /opt\n", Fit::Good),
            ("3.15.0 linux /usr\n", Fit::New),
            ("3.13.1 linux /usr\nunusual\n", Fit::Unusual),
            ("3.12.0 linux /usr\nno venv\n", Fit::NoVenv),
        ] {
            assert_eq!(fit(said), wanted, "{said}");
        }
    }

    #[test]
    fn the_sentence_is_about_what_is_there() {
        assert!(sentence(&[]).contains("no python3 found"));
        let new = [(Fit::New, "3.15.0 linux /usr".to_owned())];
        assert!(
            sentence(&new)
                .contains("3.15.0, but the pinned packages are made for Python 3.11 to 3.14")
        );
    }
}
