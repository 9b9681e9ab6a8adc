"""Kills the press at many moments and looks whether the site is ever half-written or the next run stuck.

Usage: python3 book/checks/kills.py [COMMAND …]   (the command is `cargo book` unless given)

The book has three pages that carry the number of their generation. 30 kills are spread over the whole run, 20
around the moment when the new site replaces the old one. After each kill all pages must be whole and of one
generation; at the end a run that is left alone must bring the newest.
"""

import json
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
        print(f"a run takes {whole:.2f} s; {replaced[True]} of the last {LAST} kills came after the replacement")
    print(f"{len(moments) + 3 - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
