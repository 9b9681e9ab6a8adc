"""The pressed pages as files: which there are, how they link to each other, and a server for them."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


# The library's documentation, as rustdoc writes it: no pages of the book's own.
API = "api"
# Its links lead to where the book is published: `published.py` follows them.
LOST = "404.html"


@dataclass(frozen=True)
class Fault:
    """Something on a page that is not as it must be."""

    page: str
    check: str
    detail: str


class _Reader(HTMLParser):
    """Collects the names and the links in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.previous = ""
        self.next = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes in one tag."""
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        if tag != "a" or "href" not in values:
            return
        self.links.append(values["href"])
        classes = values.get("class", "").split()
        if "left-prev" in classes:
            self.previous = values["href"]
        if "right-next" in classes:
            self.next = values["href"]


@dataclass
class Site:
    """A folder of pages."""

    root: Path
    pages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Finds the pages, the first page first."""
        self.root = self.root.resolve()
        found = (path.relative_to(self.root) for path in self.root.rglob("*.html"))
        names = [path.as_posix() for path in found if not path.parts[0].startswith("_") and path.parts[0] not in (API, LOST)]
        self.pages = self.pages or sorted(names, key=lambda name: (name != "index.html", name))

    @functools.lru_cache(maxsize=None)  # noqa: B019: a site lives as long as the check
    def read(self, page: str) -> _Reader:
        """The names and links of a page."""
        reader, text = _Reader(), (self.root / page).read_text(encoding="utf-8")
        if page.startswith(f"{API}/"):  # a hundred of them, of which only the names matter
            reader.ids.update(re.findall(r'\bid="([^"]+)"', text))
        else:
            reader.feed(text)
        return reader

    def __hash__(self) -> int:
        """Sites are told apart by their folder."""
        return hash(self.root)

    def broken_links(self, page: str) -> tuple[int, list[str]]:
        """The number of links to the site itself, and those that lead nowhere."""
        broken, count = [], 0
        for link in self.read(page).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (self.root / page).parent / unquote(parts.path) if parts.path else self.root / page
            if not target.is_file():
                broken.append(link)
            elif parts.fragment and target.suffix == ".html":
                name = target.resolve().relative_to(self.root).as_posix()
                if unquote(parts.fragment) not in self.read(name).ids:
                    broken.append(link)
        return count, broken

    def navigation(self, page: str) -> tuple[int, list[str]]:
        """How many ways on and back a page has, and what is wrong with them."""
        reader = self.read(page)
        faults = []
        if page == "index.html" and not reader.next:
            faults.append("the first page has no next page")
        if page != "index.html" and not reader.previous:
            faults.append("no previous page")
        if reader.next in self.pages and self.read(reader.next).previous != page:
            faults.append(f"the page before {reader.next} is not this one")
        return bool(reader.previous) + bool(reader.next), faults

    def unreachable(self) -> list[str]:
        """Pages that one does not come to by turning the pages from the first one on."""
        visited = ["index.html"]
        while (following := self.read(visited[-1]).next) in self.pages and following not in visited:
            visited.append(following)
        return [page for page in self.pages if page not in visited and page != "search.html"]

    def notebook(self, page: str) -> tuple[dict, list[str]]:
        """The notebook that a page offers for download, and what is wrong with it."""
        links = [link for link in self.read(page).links if link.endswith(".ipynb") and "_sources/" in link]
        if not links:
            return {}, ["no link to the notebook"]
        path = self.root / unquote(links[0])
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            return {}, [f"{links[0]}: {error}"]
        return notebook, [f"{links[0]}: {text}" for text in _notebook_faults(notebook)]


def _notebook_faults(notebook: dict) -> list[str]:
    """Where a notebook is not what nbformat 4 asks for, or is not executed."""
    faults = []
    cells = notebook.get("cells")
    if notebook.get("nbformat") != 4 or not isinstance(cells, list) or not cells:
        return ["not a notebook of format 4 with cells"]
    if notebook.get("metadata", {}).get("kernelspec", {}).get("language", "rust").lower() != "rust":
        faults.append("its kernel is not Rust's")
    for number, cell in enumerate(cells, start=1):
        code = cell.get("cell_type") == "code"
        wanted = {"cell_type", "metadata", "source"} | ({"outputs", "execution_count"} if code else set())
        if missing := wanted - cell.keys():
            faults.append(f"cell {number} lacks {', '.join(sorted(missing))}")
        elif code and cell["execution_count"] is None:
            faults.append(f"cell {number} is not executed")
    return faults


def figures_in(notebook: dict) -> int:
    """How many drawings the outputs of a notebook hold."""
    outputs = (output for cell in notebook.get("cells", []) for output in cell.get("outputs", []))
    return sum("image/svg+xml" in output.get("data", {}) for output in outputs)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Serves a folder to this machine alone; gives its address."""
    handler = functools.partial(_Quiet, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # It looks so many times a second whether it shall end.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
