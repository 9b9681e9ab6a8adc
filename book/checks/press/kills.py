"""Kills the press at many moments and looks whether the site is ever half-written or the next run stuck.

Usage: python3 book/checks/press/kills.py [COMMAND …]   (the command is `cargo book` unless given)

The book has three pages that carry the number of their generation. 30 kills are spread over the whole run, 15 over
the time from the whole new site to its replacing the old one, 5 fall after that. After each kill all pages must be
whole and of one generation; at the end a run that is left alone must bring the newest. Then parts of the press are
ended while a cell runs, in the ways in which systems and people do it: no kernel and no private folder may be left,
and none may wait for ever. All this happens in a copy of the clone, so that presses in the clone itself may go on.
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

from trial import Count, code, copy_of_clone, processes, text, write

PAGES = 3
SPREAD, AROUND, AFTER = 30, 15, 5


def generate(folder, generation):
    """Writes the notebooks of one generation; only their prose changes."""
    for page in range(PAGES):
        prose = text(f"# Page {page}\n\ngeneration-{generation}-ends")
        write(folder, f"page{page}", [prose, code(f'println!("page {page}");')])


def generation_of(out):
    """The generation of the site, after a look at all its pages."""
    found = set()
    for page in range(PAGES):
        shown = (out / f"page{page}.html").read_text(encoding="utf-8")
        assert shown.rstrip().endswith("</html>"), f"page {page} is cut off"
        found.add(re.search(r"generation-(\d+)-ends", shown).group(1))
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


def wait_until_whole(running, out):
    """Waits until the new site is whole: its search index is there, and what Sphinx keeps for itself is removed."""
    site = out.parent / f".{out.name}.{running.pid}.new/site"
    while running.poll() is None:
        if (site / "searchindex.js").exists() and not (site / "objects.inv").exists():
            return
        time.sleep(0.0002)


def wait_until_replaced(running, out):
    """Waits until another folder stands in the site's place."""
    old = out.stat().st_ino
    while running.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            if out.stat().st_ino != old:
                return
        time.sleep(0.0002)


def timed(command, folder, out):
    """Presses once without a kill; returns how long a run takes, and how long its last step, the replacement."""
    generate(folder, 1)
    start = time.monotonic()
    running = press(command, folder, out)
    wait_until_whole(running, out)
    built = time.monotonic()
    wait_until_replaced(running, out)
    replaced = time.monotonic()
    assert running.wait() == 0, "the second press fails"
    return time.monotonic() - start, replaced - built


def leftover(out):
    """What lies beside the site."""
    return sorted(path.name for path in out.parent.iterdir() if path != out)


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
    loop = "loop { std::hint::spin_loop() }" if number % 2 else "loop { std::thread::park() }"
    cell = code(f"std::fs::write({json.dumps(str(ready))}, \"\")?; {loop}")
    notebooks = write(folder / f"ending{number}", "page", [text("# Page"), cell])
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
    running.wait(timeout=120)
    if end is end_all:
        generate(notebooks, 0)
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


def damaged(command, folder, out):
    """Cuts what executions are kept, as a full disk or a cut of power does; returns whether the next press mends it."""
    for kept in Path("target/book-work/executed").glob("page*.ipynb"):
        kept.write_bytes(kept.read_bytes()[:200])
    generate(folder, 1001)
    return press(command, folder, out).wait() == 0 and generation_of(out) == 1001


def kill_at_moments(command, folder, out, count):
    """Kills a run at each of many moments and looks at the pages; returns how many kills came after the swap."""
    whole, swap = timed(command, folder, out)
    print(f"a run takes {whole:.2f} s, the last {swap:.3f} of them to replace the old site")
    moments = [("the start", None, whole * i / SPREAD) for i in range(SPREAD)]
    # How long a replacement takes is its disk's affair; another time it may be half as long again.
    moments += [("the site is whole", wait_until_whole, 1.5 * swap * i / AROUND) for i in range(AROUND)]
    moments += [("the site was replaced", wait_until_replaced, 0.0005 * 3**i) for i in range(AFTER)]
    replaced = 0
    for generation, (what, wait, moment) in enumerate(moments, start=2):
        generate(folder, generation)
        running = press(command, folder, out)
        if wait:
            wait(running, out)
        time.sleep(moment)
        running.send_signal(signal.SIGKILL)
        running.wait()
        name = f"killed {moment:.4f} s after {what}"
        try:
            replaced += generation_of(out) == generation and wait is not None
            count(name, True, quiet=True)
        except (AssertionError, OSError, AttributeError) as error:
            count(name, False, error)
    return replaced


def endings(command, folder, count):
    """Tries all ends."""
    for number, (name, end) in enumerate(ENDS.items()):
        try:
            wrong = ending(command, folder, number, end)
        except subprocess.TimeoutExpired:
            wrong = "the press waits for ever"
        count(name, not wrong, wrong)


def main():
    """Kills, looks, counts."""
    command = sys.argv[1:] or ["cargo", "book"]
    # Where this was started so as to outlive its terminal, the presses must not: they inherit what is ignored.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    count = Count()
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(copy_of_clone(Path(temporary) / "clone")):
        folder = Path(temporary) / "notebooks"
        out = Path(temporary) / "site" / "book"
        generate(folder, 0)
        assert press(command, folder, out).wait() == 0, "the first press fails"
        replaced = kill_at_moments(command, folder, out, count)
        generate(folder, 1000)
        alone = press(command, folder, out)
        _, errors = alone.communicate()
        count("the run after the kills", alone.returncode == 0 and generation_of(out) == 1000, errors.decode())
        count("nothing is left beside the site", not leftover(out), leftover(out))
        count("kills came after the new site had replaced the old one", replaced >= AFTER, replaced)
        count("the run after kept executions were cut", damaged(command, folder, out))
        endings(command, Path(temporary), count)
        print(f"{replaced} of the last {AROUND + AFTER} kills came after the replacement")
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
