"""Proves that what is made for e-readers and for paper holds together, on a small book with one of each.

Usage: python book/checks/press/printed.py   (with the packages of the press)

Makes the ePub of two pages that hold what the press gives to Sphinx: a film, an instrument, what folds, formulas, and
links between pages. All its pages must be XML whose links and pictures are in it, and so must the document for paper.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from html.parser import HTMLParser
from pathlib import Path

from trial import Count

BOOK = Path(__file__).resolve().parents[2]
FILM = """<div><div class="di-figure-frame" id="figure-film"><svg xmlns="http://www.w3.org/2000/svg" class="di-figure" data-frames="2"
 width="8" height="6"><title>A &lt; B</title><desc>Falls.</desc><style>.x{animation:y}</style><svg class="di-wide" viewBox="0 0 8 6">
<g class="di-frame di-story" visibility="hidden"><text paint-order="stroke">told</text></g><g class="di-frame"><text>last</text></g></svg>
<svg class="di-narrow" viewBox="0 0 4 9"><text>narrow</text></svg></svg></div><div class="di-controls"></div>
<p class="di-caption"><span aria-hidden="true">Falls.</span> <a class="di-anchor" href="#figure-film">#</a></p></div>"""
INSTRUMENT = """<div class="di-live pst-js-only" id="instrument-heaps" data-instrument="heaps"><p class="di-live-name">Heaps</p>
<p class="di-live-lead">Drag.</p></div>"""
PAGES = {
    "index.md": '# First\n\n<a href="second.html#figure-film">Film</a><br>\n<span class="di-in-browser">Drag!</span>\n\n'
    "```{toctree}\nsecond\n```\n",
    "second.md": f"# Where $\\bar\\alpha$ ends\n\n$$\\frac{{a}}{{b}} = 1$$\n\n{FILM}\n\n{INSTRUMENT}\n\n"
    "<details><summary>Solution</summary>\n\n```rust\nlet x = 1;\n```\n\n</details>\n\n[Back](index.md)\n",
}
XHTML = "{http://www.w3.org/1999/xhtml}"
LINK = re.compile(r'\b(?:href|src)="([^"]*)"')


class Names(HTMLParser):
    """The names on the joined page."""

    def __init__(self, text):
        super().__init__()
        self.ids = []
        self.feed(text)

    def handle_starttag(self, _tag, attrs):
        """Takes in one tag."""
        self.ids += [value for name, value in attrs if name == "id"]


def made(folder):
    """The files of the ePub, by Sphinx."""
    source, out = folder / "source", folder / "pages"
    shutil.copytree(BOOK / "site", source, ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    for page, text in PAGES.items():
        (source / page).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "epub", "-t", "print", "-D", "version=1", "-d", folder / "trees"]
    subprocess.run([*command, source, out], check=True)
    return out


def lost(files, pages):
    """Links and pictures of the ePub that lead to nothing in it."""
    found = []
    for page, text in pages.items():
        for link in LINK.findall(text):
            target, _, anchor = link.partition("#")
            there = (target or page) in files and (not anchor or f'id="{anchor}"' in pages.get(target or page, ""))
            found += [] if there or "://" in link else [f"{page}: {link}"]
    return found


def main():
    """Makes the small book and looks at it."""
    count = Count()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        out = made(folder)
        with zipfile.ZipFile(next(out.glob("*.epub"))) as epub:
            files = {name: epub.read(name) for name in epub.namelist()}
        pages = {name: text.decode() for name, text in files.items() if name.endswith(".xhtml")}
        for text in pages.values():
            ElementTree.fromstring(text)
        count("all pages are XML, and none leads to nothing", not lost(files, pages), str(lost(files, pages)))
        drawing = files["_images/second-1.svg"].decode()
        told = re.findall(r"<text[^>]*>(\w+)", drawing) == ["told"] and "hidden" not in drawing
        count("of a film the frame that tells it, of its shape", told and drawing.count('viewBox="0 0 8 6"') == 2, drawing)
        second = pages["second.xhtml"]
        count("which its caption says", "one moment of a film" in second and 'alt="A &lt; B"' in second)
        count("of an instrument a sentence", "Heaps" in second and "second.html#instrument-heaps" in second and "Drag" not in second)
        folded = [word for word in ("<details", "<summary", "<script", "<svg", "Drag!") if word in second + pages["index.xhtml"]]
        count("nothing that folds, runs or is for a pointer", not folded and "Solution" in second, str(folded))
        count("formulas are declared", 'href="second.xhtml" properties="mathml"' in files["content.opf"].decode())
        count("and words in the contents", "Where α\u0304 ends" in pages["nav.xhtml"], pages["nav.xhtml"])
        paper = folder / "paper.html"
        join = [sys.executable, BOOK / "python/paper.py", out, BOOK / "site/_print/paper.css", "1", paper]
        subprocess.run(join, check=True)
        text = paper.read_text(encoding="utf-8")
        ids = Names(text).ids
        links = [link for link in LINK.findall(text) if "://" not in link]
        nowhere = [link for link in links if not (link[1:] in ids if link[0] == "#" else (folder / link).is_file())]
        count("on paper, too, none leads to nothing", len(links) > 5 and not nowhere, str(nowhere))
        count("and no name stands twice", len(ids) == len(set(ids)), str(sorted(ids)))
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
