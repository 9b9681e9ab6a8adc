"""Looks at what `jupyter nbconvert --to html` makes of each notebook: every figure an image that says what it shows."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from opened import Found
from pages import Site, figures_in
from playwright.sync_api import Browser

IMAGES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')].map((image) => ({
  shown: image.complete && image.naturalWidth > 0 && image.getBoundingClientRect().width > 100,
  alt: (image.getAttribute('alt') || '').trim(),
}))"""


def check_plain(browser: Browser, site: Site, page: str, report: Callable[[str, str, Found], None]) -> None:
    """Converts the notebook of a page, if it has one, and looks at the result."""
    notebook, _ = site.notebook(page)
    if notebook:
        source = site.root / "_sources" / Path(page).with_suffix(".ipynb").name
        report(page, "nbconvert", plain_faults(browser, source, figures_in(notebook)))


def plain_faults(browser: Browser, source: Path, figures: int) -> Found:
    """How many figures the plain conversion shows, and what is wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", folder, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        result = Path(folder) / source.with_suffix(".html").name
        if done.returncode or not result.exists():
            return 0, [f"nbconvert failed: {done.stderr.strip().splitlines()[-1:]}"]
        tab = browser.new_page()
        # Its template asks for MathJax elsewhere; that is nbconvert's business.
        tab.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())
        tab.goto(result.as_uri())
        images = tab.evaluate(IMAGES)
        tab.close()
    faults = [f"figure {n} does not decode" for n, image in enumerate(images, start=1) if not image["shown"]]
    faults += [f"figure {n} has no alt" for n, image in enumerate(images, start=1) if not image["alt"]]
    if len(images) != figures:
        faults.append(f"{len(images)} images are shown, {figures} figures are in the notebook")
    return len(images), faults
