"""Proves the check itself: pages broken on purpose, and exactly the fault that each of them names must be found."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pages import Site

HERE = Path(__file__).parent
BROKEN = HERE / "broken"
STYLE = HERE.parents[1] / "site/_static"
EXPECTED = re.compile(r'<meta name="expected-fault" content="([^":]*)(?:: ([^"]*))?"')


def sites(root: Path) -> Iterator[tuple[str, Site]]:
    """Every page as a site of its own, every folder as one of several pages."""
    for path in sorted(root.glob("*.html")):
        yield path.name, Site(root, [path.name])
    for path in sorted(root.glob("*/index.html")):
        yield path.relative_to(root).as_posix(), Site(path.parent)


def self_test(work: Callable[[list, Callable], None], check: Callable[..., None], report: Callable[..., Any]) -> int:
    """Checks the broken pages; answers with 1 unless each shows its fault and no other."""
    results: list[bool] = []
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "site"
        shutil.copytree(BROKEN, root)
        # Sliders, solutions and downloads are moved by the book's own scripts.
        shutil.copytree(STYLE, root / "_static")
        for notebook in (root / "_sources").glob("*.ipynb"):
            text = json.dumps(notebook.read_text(encoding="utf-8"))
            notebook.with_suffix(".ipynb.js").write_text(f"window.diNotebook={text};\n", encoding="utf-8")
        (root / "_static/heavy.css").write_text("/* 4 MB */\n" * 400_000, encoding="utf-8")

        def look(browser: Any, named: tuple[str, Site]) -> None:
            name, site = named
            found = report(quiet=True)
            check(browser, site, found)
            expected = EXPECTED.search((root / name).read_text(encoding="utf-8"))
            group, text = (expected[1], expected[2] or "") if expected else ("", "")
            others = [f for f in found.faults if not f.check.startswith(group) or text not in f.detail]
            good = (bool(found.faults) and not others) if group else not found.faults
            results.append(good)
            lines = [f"{'ok    ' if good else 'FAILED'} {name:28} {f'{group}: {text}' if group else 'no fault'}"]
            if not good:
                lines += [f"       {fault}" for fault in found.faults or ["nothing was found"]]
            print("\n".join(lines), flush=True)

        work(list(sites(root)), look)
    print(f"{sum(results)} of {len(results)} broken pages show exactly their fault")
    return not all(results)
