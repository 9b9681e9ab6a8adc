"""Proves that kernels and presses at once do not disturb each other, and that they leave no private folders.

Usage: python3 book/checks/press/crowd.py PROGRAM   (the compiled `book`; the working directory is a clone)

Four kernels run the library while three presses run: two in this clone, of which one has to wait, and one in a copy
of it whose path has spaces and letters beyond ASCII. One of the kernels is killed.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_client import KernelManager
from trial import Count, code, copy_of_clone, dependencies, text, write

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


def kernel(number, folder):
    """Draws in a kernel of its own; kernels 0 and 1 have one seed. Returns the kernel's process and the result."""
    manager = KernelManager(kernel_name="diffusion-intuition")
    manager.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = manager.provisioner.pid
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        run(client, dependencies(), notice=True)  # the library may have to be compiled
        printed = run(client, DRAW.format(seed=max(1, number)))
        if number == KERNELS - 1:
            os.kill(process, signal.SIGKILL)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return process, printed


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
    count = Count()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor() as pool:
        folder = Path(temporary).resolve()
        other = copy_of_clone(folder / "Bücher, mit Leerzeichen")
        kernels = [pool.submit(kernel, n, clone / "notebooks") for n in range(KERNELS)]
        presses = []
        for name, place in (("one", clone), ("two", clone), ("other", other)):
            cells = [text(f"# {name}"), code(dependencies(place)), code(DRAW.format(seed=1))]
            small = write(folder / name, name, cells)
            presses.append(pool.submit(press, program, place, small, folder / f"{name}-pages"))
        results = [kernel.result() for kernel in kernels]
        pressed = [press.result() for press in presses]
    numbers = [printed for _, printed in results]
    count("one seed, one result in two kernels", numbers[0] == numbers[1] != "")
    count("other seeds, other results", len(set(numbers)) == KERNELS - 1)
    for (ended, said, printed), name in zip(pressed, ("one", "two", "in the copy"), strict=True):
        detail = f"exit code {ended}, printed {printed!r}, wanted {numbers[0]!r}\n{said}"
        count(f"press {name}", ended == 0 and printed == numbers[0], detail)
    waited = [said for _, said, _ in pressed[:2] if "waiting for it to finish" in said]
    count("the second press in a clone waits and says so", len(waited) >= 1)
    running = [process for process, _ in results if Path(f"/proc/{process}").exists()]
    count("no kernel still runs", not running, running)
    end = time.monotonic() + 20
    while (left := left_folders() - before) and time.monotonic() < end:
        time.sleep(0.2)
    count("no private folders are left", not left, sorted(left))
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
