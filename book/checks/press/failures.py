"""Proves that every way in which a cell can fail fails the press, with notebook, cell, source and message.

Usage: python3 book/checks/press/failures.py [COMMAND …]   (the command is `cargo book` unless given)
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trial import Count, code, processes, text, write

GOOD = 'println!("fine");'
# name: (source of the failing cell, its tags, text that the message must hold, further arguments)
CASES = {
    "compile-error": ("let x: i32 = true;", [], "mismatched types", []),
    "panic": ('panic!("broken on purpose");', [], "broken on purpose", []),
    "index": (
        "let v: Vec<i32> = vec![]; let n: usize = v.len(); let x: i32 = v[n];",
        [],
        "out of bounds",
        [],
    ),
    "question-mark": ('"x".parse::<i32>()?; 1', [], "invalid digit", []),
    "assertion": ("assert_eq!(1 + 1, 3);", [], "assertion", []),
    "figure-as-text": ('"<svg></svg>"', [], "a figure came out as text", []),
    "stderr": ('eprintln!("a warning");', [], "a warning", []),
    "time-out": ("loop { std::hint::spin_loop() }", [], "longer than 5 s", ["--cell-timeout", "5"]),
    "out-of-memory": (
        "let huge: Vec<u8> = Vec::with_capacity(1 << 60);",
        [],
        "signal: 6",
        [],
    ),
    # What the system does to a process when its memory is all used up.
    "killed-cell": (
        'std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?;',
        [],
        "signal",
        [],
    ),
    "exit": ("std::process::exit(3);", [], "exit status: 3", []),
    "signal": ("std::process::abort();", [], "signal", []),
    "killed-kernel": (
        '{ let me = std::process::id(); let text = std::fs::read_to_string(format!("/proc/{me}/stat")).unwrap();'
        " let parent = text.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().to_owned();"
        ' std::process::Command::new("kill").args(["-9", &parent]).status().unwrap(); }',
        [],
        "died",
        [],
    ),
    "closed-output": (
        'unsafe extern "C" { fn close(file: i32) -> i32; } unsafe { close(1); }',
        [],
        "closed its standard output",
        [],
    ),
    "not-utf-8": (
        'std::io::Write::write_all(&mut std::io::stdout(), b"\\xff\\n")?; 1',
        [],
        "valid UTF-8",
        [],
    ),
    "endless-line": (
        'loop { print!("a line without an end, a line without an end, a line without an end"); }',
        [],
        "a line without an end",
        [],
    ),
    "long-result": ('"x".repeat(5_000_000)', [], "a page holds", []),
    "terminal": ('panic!("\\x1b[2J\\x07");', [], "␛[2J␇", []),
    "expected-error-missing": (GOOD, ["raises-exception"], "raises-exception", []),
}
# name: (source, text of the page, largest page in bytes, text that the press says, or nothing)
GOOD_CELLS = {
    "many-lines": (
        'for line in 0..200_000 { println!("line {line}"); }',
        "… and 199,000 more lines, left out here",
        100_000,
        "prints 199000 lines more",
    ),
    # Printed in one piece, which the kernel sends only after the cell's end.
    "long-line": ('println!("{}", "long".repeat(2_000_000));', "left out here", 300_000, ""),
    "control-characters": ('println!("a\\0b\\x07c\\x1b[2Jd");', "a␀b␇c␛[2Jd", 100_000, ""),
    # It outlives the cell with the cell's own pipes, but not the kernel.
    "child": ('std::process::Command::new("sleep").arg("4321").spawn()?; println!("left");', "left", 100_000, ""),
}
# The same in cells that may fail: the press succeeds.
ALLOWED = {
    "allowed-compile-error": "let x: i32 = true;",
    "allowed-panic": 'panic!("shown on purpose");',
}
# What the compiler takes, the pages show: identifiers of any script (ᾱ in one character and in two, which is the
# same name), labels, raw identifiers, every kind of literal.
UNUSUAL = [
    'let β: f64 = 0.5;\nlet ᾱ_t: f64 = 1.0 - β;\nprintln!("{ᾱ_t}")',
    'let x\u0304: f64 = β;\nprintln!("{}", x\u0304)',
    "struct Größe;\nfn σ<'λ>(δ: &'λ str) -> &'λ str { δ }\nmod мир { pub const É: i32 = 1; }",
    "let r#match: i32 = 'äußere: loop { break 'äußere 1; };\nprintln!(\"{}\", r#match + мир::É)",
    "let c: char = '\\u{1F_600}';\nlet raw: &std::ffi::CStr = cr#\"a \"b\"\"#;\nprintln!(\"{c} {raw:?} {}\", σ(\"½\"))",
]


def press(command, folder, name, cells, arguments=()):
    """Presses a book of one notebook; returns exit code, output and the place of its pages."""
    notebooks = write(folder / name, name, [text(f"# {name}"), *cells])
    out = folder / f"{name}-pages"
    done = subprocess.run(
        [*command, "--notebooks", notebooks, "--out", out, *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, out


def refusals(command, folder):
    """What must be refused before anything is executed or removed: yields what was tried, whether it was, and what was said."""
    own = folder / "own"
    theirs = {
        "notebooks": folder / "mine",
        "a thesis": folder / "thesis",
        "a list from elsewhere": folder / "copied",
        "a page that was changed": folder / "changed",
        "a file among pages": folder / "added",
    }
    ended, _, pages = press(command, folder, "own", [code(GOOD)])
    yield "pages of its own", ended == 0, ""
    for place in theirs.values():
        place.mkdir()
        (place / "thesis.tex").write_text("years of work", encoding="utf-8")
    (theirs["notebooks"] / "mine.ipynb").write_text((own / "own.ipynb").read_text(encoding="utf-8"), encoding="utf-8")
    shutil.copy(pages / ".cargo-book", theirs["a list from elsewhere"])
    for name in ("a page that was changed", "a file among pages"):
        shutil.copytree(pages, theirs[name], dirs_exist_ok=True)
    (theirs["a page that was changed"] / "thesis.tex").unlink()
    (theirs["a page that was changed"] / "index.html").write_text("years of work", encoding="utf-8")
    link, file = folder / "link", folder / "file"
    link.symlink_to(theirs["a thesis"])
    file.write_text("years of work", encoding="utf-8")
    tried = {
        **{f"--out holds {name}": ["--out", place] for name, place in theirs.items()},
        "--out is a link to a thesis": ["--out", link],
        "--out is a file": ["--out", file],
        "--out is below a file": ["--out", file / "pages"],
        "--out is the root": ["--out", "/"],
        "--out is the clone": ["--out", "."],
        "--out holds the clone": ["--out", ".."],
        "--out is the home folder": ["--out", Path.home()],
        "--out is the book's source": ["--out", "book/site/pages"],
        "--out is empty": ["--out="],
        "--cell-timeout is 0": ["--cell-timeout", "0"],
        "--cell-timeout is negative": ["--cell-timeout=-1"],
    }
    for name, given in tried.items():
        before = sorted((path, path.lstat().st_mtime_ns) for path in folder.rglob("*"))
        done = subprocess.run(
            [*command, "--notebooks", own, *given], capture_output=True, text=True, timeout=600, check=False
        )
        after = sorted((path, path.lstat().st_mtime_ns) for path in folder.rglob("*"))
        good = done.returncode != 0 and done.stderr.startswith("error: ") and before == after
        yield name, good, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def fill(folder, *names):
    """Puts files into a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("years of work", encoding="utf-8")


def left(folder):
    """The files in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def cleanings(command, folder):
    """What `clean` removes and what it leaves, outside any clone: yields what was tried, whether it was
    right, and what was said."""
    theirs = ["thesis.tex", "bin/mine", ".cargo/bin/cargo", "kernels/mine.lock", "kernels/mine/thesis.tex"]
    # What a version made that left no tag.
    ours = ["bin/book", ".cargo/config.toml", "clone.json", "python.lock", "kernels/1-2.lock", "kernels/1-2/file"]
    spec = folder / "jupyter/kernels/diffusion-intuition"
    fill(spec, "kernel.json", "logo.svg")
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(folder / "jupyter")}
    environment.pop("CARGO_MANIFEST_DIR", None)
    tried = {
        "a folder of the user's": (theirs, False, set(theirs)),
        "a folder of the user's that was used before": (theirs + ours, False, set(theirs + ours)),
        "a folder of an earlier version": (ours, False, set()),
        "a tag from elsewhere": (theirs, True, set(theirs) | {"CACHEDIR.TAG"}),
    }
    source = Path("book/src/files/owned.rs").read_text(encoding="utf-8")
    tag = source.split('const TEXT: &str = "\\\n')[1].split('";')[0]
    for number, (name, (files, tagged, stay)) in enumerate(tried.items()):
        home = folder / f"cache{number}"
        fill(home, *files)
        if tagged:
            (home / "CACHEDIR.TAG").write_text(tag, encoding="utf-8")
        environment["DIFFUSION_INTUITION_HOME"] = str(home)
        done = subprocess.run(
            [*command, "clean"], env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        good = left(home) == stay and left(spec) == {"kernel.json", "logo.svg"}
        if stay:
            refused = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=600, check=False
            )
            good = good and refused.returncode == 1 and "a folder of its own" in refused.stderr
            good = good and left(home) == stay
        yield f"clean meets {name}", good, f"left {left(home)}, exit code {done.returncode}\n{done.stdout}{done.stderr}"


def failing(command, folder):
    """Presses every cell that must fail: yields its name, whether all that helps to mend it is said, and what is."""
    for name, (source, tags, message, arguments) in CASES.items():
        ended, said, out = press(command, folder, name, [code(GOOD), code(source, tags), code(GOOD)], arguments)
        wanted = [f"{name}.ipynb", "cell 3", source.splitlines()[0], message]
        missing = [part for part in wanted if part not in said]
        good = ended != 0 and not missing and not out.exists()
        yield name, good, f"exit code {ended}, missing {missing}\n{said}"


def passing(command, folder):
    """Presses cells that must not fail: yields a name, whether they do not, and what was said."""
    cells = {name: [code(GOOD), code(source, ["raises-exception"]), code(GOOD)] for name, source in ALLOWED.items()}
    cells["unusual"] = [code(source) for source in UNUSUAL]
    for name, those in cells.items():
        ended, said, out = press(command, folder, name, those)
        yield name, ended == 0 and (out / "index.html").exists(), said
    for name, (source, shown, most, message) in GOOD_CELLS.items():
        start = time.monotonic()
        ended, said, out = press(command, folder, name, [code(GOOD), code(source), code(GOOD)])
        page = (out / f"{name}.html").read_text(encoding="utf-8") if ended == 0 else ""
        good = shown in page and len(page) < most and message in said
        took = f"{time.monotonic() - start:.0f} s"
        yield f"{name} ({took})", good, f"exit code {ended}, page of {len(page)} letters\n{said}"
    outlives = any(line.strip() == "sleep 4321" for _, _, _, line in processes())
    yield "a cell's child ends with its kernel", not outlives, ""


def main():
    """Runs all cases and ends with a line that counts them."""
    command = sys.argv[1:] or ["cargo", "book"]
    count = Count()
    with tempfile.TemporaryDirectory() as temporary:
        for cases in (failing, passing, refusals, cleanings):
            for name, good, said in cases(command, Path(temporary)):
                count(name, good, said)
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
