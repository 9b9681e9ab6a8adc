"""The index: terms as sections print them bold, the headings that name them, and the symbols of the glossary.

Nothing is listed by hand; a few bold words that are no terms are left out by name.
"""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

LONGEST = 3  # words of a term
NO_TERM = re.compile(r"^\d|[.?!:]$")
NO_TERMS = {
    "exact", "by label", "columns", "diffuse elsewhere", "fréchet", "label", "read right", "rows", "scale", "set of habits", "shift",
    "skip", "train", "units and outliers",
}  # fmt: skip
GLOSSARY = "from-symbol-to-formula-to-code"


class Symbols(nodes.General, nodes.Element):
    """Where the symbols go."""


class Terms(nodes.General, nodes.Element):
    """Where the terms go."""


class SymbolsHere(SphinxDirective):
    """Says where the symbols go."""

    def run(self):
        return [Symbols()]


class TermsHere(SphinxDirective):
    """Says where the terms go."""

    def run(self):
        return [Terms()]


def is_term(text):
    """Whether a bold text is a term."""
    return len(text.split()) <= LONGEST and not NO_TERM.search(text) and text.lower() not in NO_TERMS


def title_of(section):
    """The words of a section's title."""
    return section.next_node(nodes.title).astext()


def read(app, doctree):
    """Takes in the bold terms and the headings of a page, and the symbols of the glossary."""
    page = app.env.docname
    if page[:1].isdigit():
        app.env.book_prose += " ".join(paragraph.astext() for paragraph in doctree.findall(nodes.paragraph))
        for section in doctree.findall(nodes.section):
            app.env.book_headings.append((page, section["ids"][0], title_of(section)))
            if GLOSSARY in section["ids"]:
                app.env.book_symbols = [row.next_node(nodes.paragraph).deepcopy() for row in list(section.findall(nodes.row))[1:]]
        for strong in doctree.findall(nodes.strong):
            term = strong.astext()
            if is_term(term) and not strong["ids"]:
                name = "term-" + "-".join(re.findall(r"\w+", term.lower()))
                section = strong
                while section.parent is not None and not isinstance(section, nodes.section):
                    section = section.parent
                known = app.env.book_terms.setdefault(term.lower(), (term, {}))
                if page not in known[1]:
                    strong["ids"] = [name]
                    known[1][page] = (name, title_of(section))


def link(text, page, anchor):
    """A link to a place in the book."""
    return nodes.reference("", text, refuri=f"{page}.html#{anchor}", internal=True)


def places(env, term, uses):
    """Where a term stands: page, name, heading; in the order of the book."""
    found = [(page, name, title) for page, (name, title) in uses.items()]
    word = re.compile(rf"\b{re.escape(term)}\b", re.IGNORECASE)
    pages = {page for page, _, _ in found}
    found += [(page, name, title) for page, name, title in env.book_headings if word.search(title) and page not in pages]
    return sorted(found)


def entries(env):
    """The list of terms."""
    shown = nodes.bullet_list(classes=["di-terms"])
    for key, (term, uses) in sorted(env.book_terms.items(), key=lambda entry: entry[0].replace("–", "")):
        # A capital that only begins a line or a sentence goes.
        small = term[0].lower() + term[1:]
        line = nodes.paragraph("", small if env.book_prose.count(small) > env.book_prose.count(term) else term)
        for number, (page, name, title) in enumerate(places(env, key, uses)):
            line += nodes.Text(": " if number == 0 else " · ")
            line += link(title, page, name)
        shown += nodes.list_item("", line)
    return shown


def symbols(env):
    """The list of symbols, each as the glossary says it."""
    shown = nodes.bullet_list(classes=["di-terms"])
    for row in env.book_symbols:
        line = nodes.paragraph("", "", *row.deepcopy().children)
        line += [nodes.Text(" "), link("→", "05-summary", GLOSSARY)]
        shown += nodes.list_item("", line)
    return shown


def fill(app, doctree, _page):
    """Puts the lists in their places."""
    for kind, make in ((Symbols, symbols), (Terms, entries)):
        for place in list(doctree.findall(kind)):
            place.replace_self(make(app.env))


def begin(app):
    """Starts with none."""
    app.env.book_terms, app.env.book_headings, app.env.book_symbols, app.env.book_prose = {}, [], [], ""


def setup(app):
    """Collects while pages are read, and lists when they are written."""
    app.add_node(Symbols)
    app.add_node(Terms)
    app.add_directive("book-symbols", SymbolsHere)
    app.add_directive("book-terms", TermsHere)
    app.connect("builder-inited", begin)
    app.connect("doctree-read", read)
    app.connect("doctree-resolved", fill, priority=100)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
