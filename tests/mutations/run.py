#!/usr/bin/env python3
"""Plants known bugs in a copy of the library, one at a time, and shows which proofs go red.

    python3 tests/mutations/run.py              all mutations (about 15 s each on 2 cores)
    python3 tests/mutations/run.py score KS     those whose name contains one of the words
    python3 tests/mutations/run.py --check      only that every mutation still fits the source

Needs Rust and Python 3.9. Run by hand after changing the library or its proofs, and before a release; it is
not part of `cargo test`. Exit code 1 if a mutation survives, 2 if one no longer fits the source (each must
match exactly once: the list in mutations.py has to follow the code).

The copy lies in a temporary folder and is removed; compiled code stays in target/mutations.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from mutations import MUTATIONS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("MUTATIONS_TARGET_DIR", ROOT / "target" / "mutations"))

# A mutated loop may never end; the proofs take some ten seconds.
TIMEOUT = 600


def pattern(old):
    """`old`, with any white space where it has some: formatting must not matter."""
    return re.compile(r"\s+".join(map(re.escape, old.split())))


def find(module, old):
    """The one source file of `module` (src/module.rs, src/module/, or a folder of examples/) that holds `old`, once."""
    base = ROOT if module.startswith("examples/") else ROOT / "src"
    files = [base / f"{module}.rs", *sorted((base / module).rglob("*.rs"))]
    hits = [f for f in files if f.is_file() for _ in pattern(old).finditer(f.read_text())]
    return hits[0].relative_to(ROOT) if len(hits) == 1 else None


def misfits():
    """Mutations whose text is not in the source exactly once, and names used twice."""
    names = [name for name, *_ in MUTATIONS]
    wrong = {name: "name used twice" for name in names if names.count(name) > 1}
    for name, module, old, new in MUTATIONS:
        if old == new:
            wrong[name] = "changes nothing"
        elif find(module, old) is None:
            wrong[name] = f"not exactly once in {module}: {old!r}"
    return wrong


def copy_project(folder):
    """What `cargo test --lib --test proofs --test autograd` needs: the library without the rest of the workspace."""
    for name in ["src", "tests", "examples", "data"]:
        # Files of now: by their old dates cargo would take the code of an earlier run's mutation for theirs.
        shutil.copytree(ROOT / name, folder / name, copy_function=shutil.copy)
    for name in ["Cargo.lock", "README.md"]:
        shutil.copy(ROOT / name, folder / name)
    manifest = (ROOT / "Cargo.toml").read_text()
    alone, changed = re.subn(r"(?m)^members = .*$", "members = []", manifest)
    assert changed == 1, "Cargo.toml has no line that starts with `members = `"
    # What only other targets need (examples, benches) may be absent: no such section is copied.
    alone = re.sub(r"(?ms)^\[\[(bench|example)\]\].*?(?=^\[|\Z)", "", alone)
    (folder / "Cargo.toml").write_text(alone)


def run_proofs(folder):
    """The red tests, or what went wrong otherwise."""
    quick = {"CARGO_PROFILE_TEST_OPT_LEVEL": "1", "CARGO_PROFILE_TEST_DEBUG": "0"}
    quick |= {"CARGO_TARGET_DIR": str(TARGET), "CARGO_INCREMENTAL": "1", "RUST_BACKTRACE": "0"}
    tests = ["--lib", "--test", "proofs", "--test", "autograd", "--test", "train"]
    command = ["cargo", "test", "--quiet", "--no-fail-fast", *tests, "--", "--format", "pretty"]
    # A session of its own, so that a test that never ends can be ended with the cargo that started it.
    proofs = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **quick}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    try:
        out, err = proofs.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(proofs.pid, signal.SIGKILL)
        proofs.communicate()
        return {"(never ends)"}, None
    if "test result:" not in out:
        return None, err[-3000:]
    return set(re.findall(r"^test (\S+) \.\.\. FAILED$", out, re.MULTILINE)), None


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    chosen = [m for m in MUTATIONS if not words or any(w.lower() in m[0].lower() for w in words)]
    wrong = misfits()
    for name, why in wrong.items():
        print(f"DOES NOT FIT  {name}: {why}")
    if "--check" in sys.argv or wrong:
        print(f"{len(MUTATIONS)} mutations, {len(wrong)} do not fit the source")
        return 2 if wrong else 0

    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        folder = Path(folder) / "diffusion-intuition"
        folder.mkdir()
        copy_project(folder)
        print("the source as it is ...", flush=True)
        before, problem = run_proofs(folder)
        if problem:
            print(f"the copy does not compile:\n{problem}")
            return 2
        for test in sorted(before):
            print(f"already red, not counted below: {test}")

        survivors, broken = [], []
        for name, module, old, new in chosen:
            start = time.monotonic()
            file = folder / find(module, old)
            source = file.read_text()
            file.write_text(pattern(old).sub(lambda _: new, source))
            red, problem = run_proofs(folder)
            file.write_text(source)
            if problem:
                broken.append(name)
                print(f"\n{name}: DOES NOT COMPILE, so it proves nothing\n{problem}")
                continue
            red -= before
            if not red:
                survivors.append(name)
            seconds = time.monotonic() - start
            print(f"\n{name}  ({seconds:.0f} s): {f'{len(red)} red' if red else 'SURVIVED'}", flush=True)
            for test in sorted(red):
                print(f"    {test}", flush=True)

    killed = len(chosen) - len(survivors) - len(broken)
    print(f"\n{killed} of {len(chosen)} mutations turn a test red")
    for name in survivors:
        print(f"SURVIVED: {name}")
    for name in broken:
        print(f"DOES NOT COMPILE: {name}")
    return 2 if broken else 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
