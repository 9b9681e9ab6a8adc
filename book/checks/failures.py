"""Proves that every way in which a cell can fail fails the press, with notebook, cell, source and message.

Usage: python3 book/checks/failures.py [COMMAND …]   (the command is `cargo book` unless given)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

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
    "expected-error-missing": (GOOD, ["raises-exception"], "raises-exception", []),
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


def cell(source, tags=(), number=0):
    """A code cell."""
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def title(name):
    """A heading, which every page needs."""
    return {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {name}"}


def press(command, folder, name, cells, arguments):
    """Presses a book of one notebook; returns exit code and output."""
    notebooks = folder / name
    notebooks.mkdir()
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (notebooks / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    out = folder / f"{name}-pages"
    done = subprocess.run(
        [*command, "--notebooks", notebooks, "--out", out, *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, out


def main():
    """Runs all cases and ends with a line that counts them."""
    command = sys.argv[1:] or ["cargo", "book"]
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, (source, tags, message, arguments) in CASES.items():
            cells = [title(name), cell(GOOD, number=1), cell(source, tags, 2), cell(GOOD, number=3)]
            code, text, out = press(command, folder, name, cells, arguments)
            first = source.splitlines()[0]
            wanted = [f"{name}.ipynb", "cell 3", first, message]
            missing = [part for part in wanted if part not in text]
            good = code != 0 and not missing and not out.exists()
            failed += not good
            print(f"{'ok' if good else 'FAILED'}: {name}")
            if not good:
                print(f"exit code {code}, missing {missing}\n{text}")
        for name, source in ALLOWED.items():
            cells = [
                title(name),
                cell(GOOD, number=1),
                cell(source, ["raises-exception"], 2),
                cell(GOOD, number=3),
            ]
            code, text, out = press(command, folder, name, cells, [])
            good = code == 0 and (out / "index.html").exists()
            failed += not good
            print(f"{'ok' if good else 'FAILED'}: {name}")
            if not good:
                print(text)
        cells = [title("unusual"), *(cell(source, (), i) for i, source in enumerate(UNUSUAL))]
        code, text, out = press(command, folder, "unusual", cells, [])
        good = code == 0 and (out / "index.html").exists()
        failed += not good
        print(f"{'ok' if good else 'FAILED'}: unusual but legal code is pressed")
        if not good:
            print(text)
    print(f"{len(CASES) + len(ALLOWED) + 1 - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
