"""Kills the press at many moments and looks whether the site is ever half-written or the next run stuck.

Usage: python3 book/checks/kills.py [COMMAND …]   (the command is `cargo book` unless given)

The book has three pages that carry the number of their generation. 30 kills are spread over the whole run, 20
around the moment when the new site replaces the old one. After each kill all pages must be whole and of one
generation; at the end a run that is left alone must bring the newest. Then parts of the press are ended while a cell
runs, in the ways in which systems and people do it: no kernel and no private folder may be left, and none may wait
for ever.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGES = 3
SPREAD, LAST = 30, 20


def write(folder, generation):
    """Writes the notebooks of one generation; only their prose changes."""
    for page in range(PAGES):
        prose = {
            "cell_type": "markdown",
            "id": "prose",
            "metadata": {},
            "source": f"# Page {page}\n\ngeneration-{generation}-ends",
        }
        code = {
            "cell_type": "code",
            "id": "code",
            "metadata": {},
            "source": f'println!("page {page}");',
            "outputs": [],
            "execution_count": None,
        }
        notebook = {"cells": [prose, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"page{page}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def generation_of(out):
    """The generation of the site, after a look at all its pages."""
    found = set()
    for page in range(PAGES):
        text = (out / f"page{page}.html").read_text(encoding="utf-8")
        assert text.rstrip().endswith("</html>"), f"page {page} is cut off"
        found.add(re.search(r"generation-(\d+)-ends", text).group(1))
    assert (out / "index.html").exists(), "no index"
    assert len(found) == 1, f"pages of several generations: {found}"
    return int(found.pop())


def press(command, folder, out):
    """Starts a press of its own session."""
    return subprocess.Popen(
        [*command, "--notebooks", folder, "--out", out],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_swap(running, out):
    """Waits until the new site is whole: its search index is there, and what Sphinx keeps for itself is removed."""
    site = out.parent / f".{out.name}.{running.pid}.new/site"
    while running.poll() is None:
        if (site / "searchindex.js").exists() and not (site / "objects.inv").exists():
            return
        time.sleep(0.0002)


def leftover(out):
    """What lies beside the site."""
    return sorted(path.name for path in out.parent.iterdir() if path != out)


def processes():
    """Every process: number, parent, state and command line. Small systems have no `ps`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()[:2]
            text = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found.append((int(folder.name), int(parent), state, text))
    if found:
        return found
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[2], row[3]) for row in rows if len(row) == 4]


def below(number):
    """The processes that a process has started, and theirs."""
    found, known = {number}, processes()
    for _ in known:
        found |= {pid for pid, parent, _, _ in known if parent in found}
    return [row for row in known if row[0] in found - {number}]


def end_python(running, python, _janitors):
    """As a system that is short of memory does."""
    os.kill(python, signal.SIGKILL)
    return running.wait(timeout=30) == 1 and b"ended before its work" in running.stderr.read()


def end_all(running, _python, janitors):
    """Everything at once; only the next run can clear up."""
    os.killpg(running.pid, signal.SIGKILL)
    for janitor in janitors:
        os.kill(janitor, signal.SIGKILL)
    return True


def end_group(kind):
    """Everything that was started together, as a terminal that is closed, a key or a job's end do."""

    def end(running, _python, _janitors):
        os.killpg(running.pid, kind)
        return True

    return end


def end_press(kind):
    """The press alone."""

    def end(running, _python, _janitors):
        running.send_signal(kind)
        return True

    return end


ENDS = {
    "the executing Python is killed": end_python,
    "the group is killed": end_group(signal.SIGKILL),
    "the terminal is closed": end_group(signal.SIGHUP),
    "Ctrl-C": end_group(signal.SIGINT),
    "the press is killed": end_press(signal.SIGKILL),
    "the press is asked to end": end_press(signal.SIGTERM),
    "everything is killed": end_all,
}


def ending(command, folder, number, end):
    """Starts a press whose cell never ends and ends parts of it; returns what is wrong after it."""
    ready = folder / f"ready{number}"
    write(folder, 0)
    notebook = json.loads((folder / "page0.ipynb").read_text(encoding="utf-8"))
    loop = "loop { std::hint::spin_loop() }" if number % 2 else "loop { std::thread::park() }"
    notebook["cells"][1]["source"] = f"std::fs::write({json.dumps(str(ready))}, \"\")?; {loop}"
    notebooks = folder / f"ending{number}"
    notebooks.mkdir()
    (notebooks / "page.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    running = press(command, notebooks, folder / "ended")
    try:
        return wrong_after(command, folder, notebooks, ready, running, end)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


def wrong_after(command, folder, notebooks, ready, running, end):
    """Ends parts of a running press; returns what is wrong after it."""
    limit = time.monotonic() + 300
    while not ready.exists():
        if running.poll() is not None or time.monotonic() > limit:
            return f"the cell never ran: {running.stderr.read().decode()}"
        time.sleep(0.05)
    family = below(running.pid)
    python = next(pid for pid, parent, _, _ in family if parent == running.pid)
    kernels = [pid for pid, _, _, text in family if "evcxr_jupyter" in text]
    janitors = [pid for pid, _, _, text in family if " janitor " in text]
    if not kernels or not janitors:
        return f"no kernel or no janitor among {family}"
    if not end(running, python, janitors):
        return "the press does not say what happened"
    running.wait(timeout=30)
    if end is end_all:
        write(notebooks, 0)
        (notebooks / "page.ipynb").unlink()
        if press(command, notebooks, folder / "ended").wait() != 0:
            return "the next run fails"
    private = Path(os.environ.get("DIFFUSION_INTUITION_HOME") or Path(sys.prefix).parent) / "kernels"
    limit = time.monotonic() + 20
    while True:
        left = [pid for pid, _, state, _ in processes() if pid in kernels and not state.startswith("Z")]
        # Names of private folders begin with the kernel's number.
        left += [path.name for path in private.glob("*") if path.name.split("-")[0] in map(str, kernels)]
        if not left or time.monotonic() > limit:
            break
        time.sleep(0.2)
    for kernel in kernels:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, signal.SIGKILL)
    return f"left {left}" if left else ""


def endings(command, folder):
    """Tries all ends; returns how many were wrong."""
    failed = 0
    for number, (name, end) in enumerate(ENDS.items()):
        try:
            wrong = ending(command, folder, number, end)
        except subprocess.TimeoutExpired:
            wrong = "the press waits for ever"
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'}: {name}{': ' + wrong if wrong else ''}")
    return failed


def damaged(command, folder, out):
    """Cuts what executions are kept, as a full disk or a cut of power does; returns whether the next press mends it."""
    for kept in Path("target/book-work/executed").glob("page*.ipynb"):
        kept.write_bytes(kept.read_bytes()[:200])
    write(folder, 1001)
    return press(command, folder, out).wait() == 0 and generation_of(out) == 1001


def main():
    """Kills, looks, counts."""
    command = sys.argv[1:] or ["cargo", "book"]
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "notebooks"
        folder.mkdir()
        out = Path(temporary) / "site" / "book"
        write(folder, 0)
        assert press(command, folder, out).wait() == 0, "the first press fails"
        write(folder, 1)
        start = time.monotonic()
        assert press(command, folder, out).wait() == 0, "the second press fails"
        whole = time.monotonic() - start
        moments = [(whole * i / SPREAD, False) for i in range(SPREAD)]
        # From half a millisecond to a second: on a busy disk the replacement itself takes a third of one.
        moments += [(0.0005 * 1.5**i, True) for i in range(LAST)]
        replaced = [0, 0]
        for generation, (moment, late) in enumerate(moments, start=2):
            write(folder, generation)
            running = press(command, folder, out)
            if late:
                wait_for_swap(running, out)
            time.sleep(moment)
            running.send_signal(signal.SIGKILL)
            running.wait()
            try:
                replaced[late] += generation_of(out) == generation
            except (AssertionError, OSError, AttributeError) as error:
                failed += 1
                print(
                    f"FAILED: killed {moment:.3f} s after {'the site is whole' if late else 'the start'}: {error}"
                )
        write(folder, 1000)
        alone = press(command, folder, out)
        _, errors = alone.communicate()
        if alone.returncode != 0 or generation_of(out) != 1000:
            failed += 1
            print(f"FAILED: the run after the kills: {errors.decode()}")
        if leftover(out):
            failed += 1
            print(f"FAILED: left behind {leftover(out)}")
        if not 0 < replaced[True]:
            failed += 1
            print("FAILED: no kill came after the new site had replaced the old one")
        if not damaged(command, folder, out):
            failed += 1
            print("FAILED: the run after kept executions were cut")
        failed += endings(command, Path(temporary))
        print(f"a run takes {whole:.2f} s; {replaced[True]} of the last {LAST} kills came after the replacement")
    print(f"{len(moments) + 4 + len(ENDS) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
