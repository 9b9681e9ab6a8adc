"""What the trials of the press share: notebooks of a few cells, processes, and a count of what held."""

import contextlib
import json
import shutil
import subprocess
from pathlib import Path

FIRST = Path("notebooks/01-core-idea.ipynb")


def copy_of_clone(place):
    """A copy of this clone without what was made in it; returns its folder."""
    return shutil.copytree(Path.cwd(), place, ignore=shutil.ignore_patterns("target", ".git"))


def text(source):
    """A cell of prose. Every page needs a heading."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, tags=()):
    """A cell of code."""
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def write(folder, name, cells):
    """Writes a notebook of these cells; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def dependencies(clone=None):
    """The `:dep` cell of the book, as it is beside the notebooks or for a notebook elsewhere that uses this clone."""
    cells = json.loads(((clone or Path.cwd()) / FIRST).read_text(encoding="utf-8"))["cells"]
    source = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return source.replace('".."', json.dumps(str(clone), ensure_ascii=False)) if clone else source


def processes():
    """Every process: number, parent, state and command line. Small systems have no `ps`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()[:2]
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found.append((int(folder.name), int(parent), state, line))
    if found:
        return found
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[2], row[3]) for row in rows if len(row) == 4]


class Count:
    """Counts what held and what did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, good, said="", quiet=False):
        """Takes in a result; prints it, and what was said if it is not good."""
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good or not quiet:
            print(f"{'ok' if good else 'FAILED'}: {name}", flush=True)
        if not good and said:
            print(said)

    def end(self):
        """Prints the count; whether anything failed."""
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed > 0
