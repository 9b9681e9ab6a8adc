"""What a line may not end in: the thousands of a number, a number and its percent sign, short code, a formula and its stop."""

import re

from docutils import nodes

APART = re.compile(r"(?<=\d) (?=\d{3}(?!\d)|%)")
STOPS = re.compile(r"[.,;:!?)\]’”]+")
SHORT = 20  # characters of code that fit half of a phone's line


def text_of(text):
    """A text whose numbers stay whole."""
    return APART.sub("\N{NO-BREAK SPACE}", text)


def with_stop(formula):
    """A browser may end a line after any formula; what closes a sentence or a bracket is put into a box with it."""
    after = formula.next_node(descend=False, siblings=True)
    stop = STOPS.match(after.astext()) if isinstance(after, nodes.Text) else None
    if stop:
        box = nodes.inline("", "", formula.deepcopy(), nodes.Text(stop[0]), classes=["di-together"])
        formula.parent.replace(after, nodes.Text(after.astext()[stop.end() :]))
        formula.parent.replace(formula, box)


def keep(_app, doctree, _page):
    """Goes through a page."""
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.math_block, nodes.raw)):
            whole = text_of(text.astext())
            if whole != text.astext():
                text.parent.replace(text, nodes.Text(whole))
    for code in doctree.findall(nodes.literal):
        if len(code.astext()) <= SHORT:
            code["classes"].append("di-together")
    for formula in list(doctree.findall(nodes.math)):
        with_stop(formula)


def setup(app):
    """Works on what is about to be written."""
    app.connect("doctree-resolved", keep)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
