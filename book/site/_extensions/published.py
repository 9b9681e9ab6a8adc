"""What pages have only where they are published: a map of the site, a page for what is not there, a picture for links.

All of it needs an address, which the press reads from `Cargo.toml` (`homepage`) and hands on as `html_baseurl`; canonical
links are Sphinx's own. `book_repository` (`repository` there) is where readers write what is wrong.
"""

import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

LOST = "404"
CARD = "_static/card.png"
# Where a page leads, unless inside itself or to a whole address.
RELATIVE = re.compile(r'(\b(?:href|src|action|data-content_root)=")(?![a-z]+:|/|#)(?:\./)?')


def lost(app):
    """The page for what is not there; without an address it could not find the others."""
    if app.config.html_baseurl and app.builder.name == "html":
        yield LOST, {"title": "No such page"}, f"{LOST}.html"


def addresses(app, page, _template, context, _doctree):
    """Tells the frame where the page will lie."""
    context["repository"] = app.config.book_repository.rstrip("/")
    context["published"] = app.config.html_baseurl
    if page == LOST:
        context["pageurl"] = ""


def finish(app, error):
    """Writes the map; lets the page for what is not there find the others from any depth."""
    root, address = Path(app.outdir), app.config.html_baseurl
    if error or app.builder.name != "html":
        return
    if not address:
        (root / CARD).unlink()
        return
    pages = sorted(app.env.found_docs, key=lambda name: (name != app.config.root_doc, name))
    urls = "".join(f"<url><loc>{escape(address + app.builder.get_target_uri(page))}</loc></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    (root / "sitemap.xml").write_text(f"{head}{urls}</urlset>\n", encoding="utf-8")
    path = root / f"{LOST}.html"
    place = escape(urlsplit(address).path)
    path.write_text(RELATIVE.sub(lambda found: found[1] + place, path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    """Comes after all pages are slim."""
    app.add_config_value("book_repository", "", "html")
    app.connect("html-collect-pages", lost)
    app.connect("html-page-context", addresses, priority=990)
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
