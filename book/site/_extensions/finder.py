"""The texts that the search page looks through: a script with every section's title, place and words."""

import html
import json
import re
from pathlib import Path

from docutils import nodes
from formulas import TAG, mathml

DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
NAMED = re.compile(r"<(title|desc)\b[^>]*>(.*?)</\1>", re.DOTALL)
# In MathML an accent is a sign of its own after its letter; in a line of text it belongs over it.
ACCENTS = {"¯": "\u0304", "~": "\u0303", "˜": "\u0303", "^": "\u0302", "ˆ": "\u0302"}
ACCENT = re.compile(r"(?<=[^\W\d_])[¯~˜^ˆ]")
INLINE = re.compile(r"</?(?:a|b|code|em|i|span|strong|su[bp])\b[^>]*>")
MARKUP = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]+>", re.DOTALL)


def of_html(text):
    """The words of a piece of HTML; of a drawing, what it is said to show."""
    text = DRAWING.sub(lambda drawing: " ".join(found[1] for found in NAMED.findall(drawing[0])), text)
    return html.unescape(MARKUP.sub(" ", INLINE.sub("", text)))


def words(node):
    """The text below a node, without the sections inside it."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, (nodes.math, nodes.math_block)):
        text = of_html(mathml(TAG.sub("", node.astext()), False, node)).replace(" ", "")
        return ACCENT.sub(lambda found: ACCENTS[found[0]], text)
    if isinstance(node, nodes.raw):
        return of_html(node.astext()) if "html" in node.get("format", "") else ""
    if isinstance(node, (nodes.section, nodes.literal_block, nodes.title, nodes.comment, nodes.system_message)):
        return ""
    inside = "".join(map(words, node.children))
    return inside if isinstance(node, nodes.Inline) else f" {inside} "


def code_of(node):
    """The code below a node, without the sections inside it."""
    for child in node.children:
        if isinstance(child, nodes.literal_block):
            yield child
        elif not isinstance(child, nodes.section):
            yield from code_of(child)


def collect(app, doctree, page):
    """Takes in the sections of a page."""
    found = app.env.book_texts.setdefault(page, [])
    found.clear()
    name = ""
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        shown = " ".join(words_of_title(title).split())
        name = name or shown
        # Code after the prose, so that the prose is what excerpts show.
        parts = [words(child) for child in section.children] + [code.astext() for code in code_of(section)]
        text = " ".join(" ".join(parts).split())
        # The first section is the page itself.
        anchor = "" if shown == name else f"#{section['ids'][0]}"
        found.append({"at": f"{page}.html{anchor}", "page": name, "title": shown, "text": text})


def words_of_title(title):
    """The text of a title."""
    return "".join(words(child) for child in title.children) if title else ""


def begin(app):
    """Starts with no texts."""
    app.env.book_texts = {}


def write(app, error):
    """Writes the script."""
    if not error and app.builder.name == "html":
        sections = [section for page in sorted(app.env.book_texts) for section in app.env.book_texts[page]]
        text = json.dumps(sections, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        Path(app.outdir, "_static/search-texts.js").write_text(f"window.diSearchTexts={text};\n", encoding="utf-8")


def setup(app):
    """Collects while pages are written."""
    app.connect("builder-inited", begin)
    app.connect("doctree-resolved", collect, priority=900)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
