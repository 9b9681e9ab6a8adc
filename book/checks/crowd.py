"""Proves that kernels and presses at once do not disturb each other, and that they leave no private folders.

Usage: python3 book/checks/crowd.py PROGRAM   (the compiled `book`; the working directory is a clone)

Four kernels run the library while three presses run: two in this clone, of which one has to wait, and one in a copy
of it whose path has spaces and letters beyond ASCII. One of the kernels is killed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_client import KernelManager

KERNELS = 4
PATIENCE = 600  # seconds for a cell that may have to compile the library
DRAW = """
use diffusion_intuition::prelude::*;
let mut rng: Rng = Rng::new({seed});
let mut drawn: Array1<f32> = Array1::zeros(100_000);
rng.fill_standard_normal(drawn.as_slice_mut().unwrap());
println!("{{:e}}", drawn.sum());
"""


def run(client, source, notice=False):
    """Runs a cell and returns what it printed; fails if it wrote to stderr, unless a notice is allowed."""
    request = client.execute(source)
    printed = ""
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error" or (kind == "stream" and content["name"] == "stderr" and not notice):
            raise RuntimeError(f"a cell failed: {content}")
        if kind == "stream":
            printed += content["text"]
        if kind == "status" and content["execution_state"] == "idle":
            return printed.strip()


def kernel(number, dependencies, folder):
    """Draws in a kernel of its own; kernels 0 and 1 have one seed. Returns the kernel's process and the result."""
    manager = KernelManager(kernel_name="diffusion-intuition")
    manager.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = manager.provisioner.pid
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        run(client, dependencies, notice=True)  # the library may have to be compiled
        printed = run(client, DRAW.format(seed=max(1, number)))
        if number == KERNELS - 1:
            os.kill(process, signal.SIGKILL)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return process, printed


def notebook(folder, name, dependencies):
    """Writes a notebook that uses the library of a clone."""
    folder.mkdir(parents=True, exist_ok=True)

    def cell(kind, source, number):
        code = {"outputs": [], "execution_count": None} if kind == "code" else {}
        return {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": source, **code}

    cells = [
        cell("markdown", f"# {name}", 0),
        cell("code", dependencies, 1),
        cell("code", DRAW.format(seed=1), 2),
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return folder


def press(program, clone, notebooks, out):
    """Presses a small book in a clone; returns the exit code, what it said, and what its notebook printed."""
    done = subprocess.run(
        [program, "--notebooks", notebooks, "--out", out],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = ""
    for page in (out / "_sources").glob("*.ipynb"):
        outputs = json.loads(page.read_text(encoding="utf-8"))["cells"][2]["outputs"]
        printed = "".join(outputs[0]["text"]).strip()
    return done.returncode, done.stdout + done.stderr, printed


def left_folders():
    """The private folders, and the files beside them, whose kernel no longer runs."""
    folder = Path(os.environ["DIFFUSION_INTUITION_HOME"]) / "kernels"
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return {name for name in names if not Path(f"/proc/{name.split('-')[0]}").exists()}


def main():
    """Starts everything at once, looks, counts."""
    program = str(Path(sys.argv[1]).absolute())
    # This very interpreter is installed in the per-user folder.
    os.environ.setdefault("DIFFUSION_INTUITION_HOME", str(Path(sys.prefix).parent))
    clone = Path.cwd()
    before = left_folders()
    first = json.loads((clone / "notebooks/01-core-idea.ipynb").read_text(encoding="utf-8"))
    dependencies = next("".join(c["source"]) for c in first["cells"] if c["cell_type"] == "code")
    found = []
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor() as pool:
        folder = Path(temporary).resolve()
        other = folder / "Bücher, mit Leerzeichen"
        shutil.copytree(clone, other, ignore=shutil.ignore_patterns("target", ".git"))
        kernels = [pool.submit(kernel, n, dependencies, clone / "notebooks") for n in range(KERNELS)]
        presses = []
        for name, place in (("one", clone), ("two", clone), ("other", other)):
            here = dependencies.replace('".."', json.dumps(str(place), ensure_ascii=False))
            small = notebook(folder / name, name, here)
            presses.append(pool.submit(press, program, place, small, folder / f"{name}-pages"))
        results = [kernel.result() for kernel in kernels]
        pressed = [press.result() for press in presses]
    numbers = [printed for _, printed in results]
    found.append(("one seed, one result in two kernels", numbers[0] == numbers[1] != ""))
    found.append(("other seeds, other results", len(set(numbers)) == KERNELS - 1))
    for (code, said, printed), name in zip(pressed, ("one", "two", "in the copy"), strict=True):
        good = code == 0 and printed == numbers[0]
        found.append((f"press {name}", good))
        if not good:
            print(f"exit code {code}, printed {printed!r}, wanted {numbers[0]!r}\n{said}")
    waited = [said for _, said, _ in pressed[:2] if "waiting for it to finish" in said]
    found.append(("the second press in a clone waits and says so", len(waited) >= 1))
    running = [process for process, _ in results if Path(f"/proc/{process}").exists()]
    found.append((f"no kernel still runs {running or ''}", not running))
    end = time.monotonic() + 20
    while (left := left_folders() - before) and time.monotonic() < end:
        time.sleep(0.2)
    found.append((f"no private folders are left {sorted(left) or ''}", not left))
    for name, good in found:
        print(f"{'ok' if good else 'FAILED'}: {name}")
    failed = sum(not good for _, good in found)
    print(f"{len(found) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
