"""The library's documentation in the book: its pages stand alone, lead back, and the links to it leave code as it was."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from opened import Found, opened
from pages import API, Site
from playwright.sync_api import Browser

CODE = re.compile(r'<div class="cell_input[^>]*>\s*<div class="highlight-[^>]*><div class="highlight"><pre>(.*?)</pre>', re.DOTALL)
LINK = re.compile(rf'href="({API}/[^"#]+)')
TRIED = 2  # pages of the documentation, besides its first


def code_of(site: Site, name: str) -> Found:
    """The cells of a page say what the cells of its notebook say, links or not."""
    text = (site.root / name).read_text(encoding="utf-8")
    shown = [html.unescape(re.sub(r"<[^>]+>", "", code)).strip("\n") for code in CODE.findall(text)]
    if not LINK.search(text):
        return 0, []
    cells = [cell for cell in site.notebook(name)[0].get("cells", []) if cell["cell_type"] == "code"]
    wanted = ["".join(cell["source"]).strip("\n") for cell in cells]
    if len(shown) != len(wanted) and shown:
        return len(shown), [f"{len(shown)} cells are shown, {len(wanted)} are in the notebook"]
    return len(shown), [f"the page shows a cell otherwise: {other[:60]}" for cell, other in zip(wanted, shown) if cell != other]


def check_library(browser: Browser, site: Site, origin: str, report: Callable[[str, str, Found], None]) -> None:
    """Opens the first page of the documentation and some that the book leads to, from disk and as a server gives them."""
    if not (site.root / API).is_dir() or "index.html" not in site.pages:
        return
    links = sorted({link for page in site.pages for link in LINK.findall((site.root / page).read_text(encoding="utf-8"))})
    first = sorted(site.root.glob(f"{API}/*/index.html"))[0].relative_to(site.root).as_posix()
    for page in [first, *links[:: max(1, len(links) // TRIED)][:TRIED]]:
        for where, url in (("file", (site.root / page).as_uri()), ("http", f"{origin}/{page}")):
            with opened(browser, url) as (shown, ears):
                # rustdoc asks for its fonts early, and Chromium finds how it asks strange.
                complaints = [said for said in ears.complaints if not said.startswith("warning: A preload")]
                faults = [*ears.outside, *ears.failed, *complaints]
                faults += [] if shown.locator("h1").count() == 1 else ["no title"]
                report(page.rsplit("/", 1)[-1], f"library {where}", (len(ears.requests), faults))
    for page in links:
        if broken := list(lost(site, page)):
            report(page, "library back", (1, broken))
    report(first, "library back", (len(links), []))


def lost(site: Site, page: str) -> Iterator[str]:
    """What leads from a page of the documentation back into the book, and does not arrive."""
    text = (site.root / page).read_text(encoding="utf-8")
    line = re.search(r'<p id="in-the-book".*?</p>', text, re.DOTALL)
    addresses = re.findall(r'href="([^"]+)"', line[0]) if line else []
    if not addresses:
        yield "nothing leads back into the book"
    for address in addresses:
        path, _, anchor = address.partition("#")
        target = ((site.root / page).parent / path).resolve()
        if not target.is_file() or anchor and anchor not in site.read(target.relative_to(site.root).as_posix()).ids:
            yield f"{address} leads nowhere"
