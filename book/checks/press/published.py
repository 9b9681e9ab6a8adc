"""Proves that pages have what an address and a repository bring, and nothing of it without.

Usage: python book/checks/press/published.py   (with the packages of the press)

Presses two small pages by the settings of the book, once with addresses and once without.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from trial import Count

SITE = Path(__file__).resolve().parents[2] / "site"
ADDRESS, REPOSITORY = "https://book.example/diffusion/", "https://code.example/book/"
PAGES = {"index.md": "# First\n\nA page.\n\n```{toctree}\nsecond\n```\n", "second.md": "# Second\n\nAnother page.\n"}
WITH = ["-D", f"html_baseurl={ADDRESS}", "-D", f"book_repository={REPOSITORY}"]
LINKS = re.compile(r'\b(?:href|src|action)="([^"]*)"')


def pressed(folder, name, settings):
    """The pages, pressed into a folder of this name."""
    source, out = folder / f"{name}-source", folder / name
    shutil.copytree(SITE, source, ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    for page, text in PAGES.items():
        (source / page).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", folder / f"{name}-trees", *settings, source, out]
    subprocess.run(command, check=True)
    return out


def lost_ones(out):
    """Where the page for what is not there leads to nothing, asked for at some depth."""
    asked = urljoin(ADDRESS, "old/chapters/one.html")
    text = (out / "404.html").read_text(encoding="utf-8")
    whole = [urljoin(asked, link) for link in LINKS.findall(text) if not link.startswith(("#", REPOSITORY, "data:"))]
    inside = [urlsplit(link).path.removeprefix("/diffusion/") for link in whole if link.startswith(ADDRESS)]
    return [link for link in whole if not link.startswith(ADDRESS)] + [path for path in inside if not (out / (path or "index.html")).is_file()]


def main():
    """Presses both and compares."""
    count = Count()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        out, bare = pressed(folder, "with", WITH), pressed(folder, "without", [])
        text = (out / "second.html").read_text(encoding="utf-8")
        count("a canonical address", f'<link rel="canonical" href="{ADDRESS}second.html"' in text)
        card = re.search(r'"og:image" content="([^"]+)"', text)
        count("a picture for links, which is there", card and (out / card[1].removeprefix(ADDRESS)).is_file())
        count("a place for what is wrong", f'href="{REPOSITORY}issues"' in text)
        places = re.findall(r"<loc>([^<]+)</loc>", (out / "sitemap.xml").read_text(encoding="utf-8"))
        count("a map of all pages", places == [f"{ADDRESS}index.html", f"{ADDRESS}second.html"], str(places))
        lost = lost_ones(out)
        count("a page for what is not there leads back from any depth", not lost, str(lost))
        ours = "canonical" in (out / "404.html").read_text(encoding="utf-8")
        count("which is the canonical form of no other", not ours)
        left = [name for name in ("404.html", "sitemap.xml", "_static/card.png") if (bare / name).exists()]
        count("without an address, none of these files", not left, str(left))
        text = (bare / "second.html").read_text(encoding="utf-8")
        said = [word for word in ("canonical", "og:image", "og:url", "issues") if word in text]
        count("nor a word of them in the pages", not said, str(said))
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
