"""Formulas become MathML when the book is pressed, so that pages show them at once and without a script.

A formula that cannot be read fails the press. A displayed one is cut where a line may break, before its relations and
after its wide spaces, so that it fits a phone; its number stands beside it and never scrolls away.
"""

import html
import re
import xml.etree.ElementTree as ElementTree

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging

CONVERTER = LatexToMathML(fancy_error=False)
TAG = re.compile(r"\\tag\*?\{([^}]*)\}")
ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)\w+;")  # known to HTML, but not to XML
STRUT = '<mspace width="0" height="0.68em" depth="0.15em"/>'  # a root over something low would hang below the line
BAR = re.compile(r"<mo\b([^>]*)>(?=[‖|∥]</mo>)")
RELATIONS = set("=≤≥<>≈∼∝≡≠→←∈")
SUMS = set("+−±")
OPENING, CLOSING = set("([{⟨"), set(")]}⟩")
WIDE = 0.9  # em; a space from \quad on

logger = logging.getLogger(__name__)


def mathml(tex, display, node):
    """The formula as MathML; an error in it is reported where it stands."""
    try:
        formula = CONVERTER.convert_with_local_state(tex, displaystyle=display)
        return BAR.sub(bar, formula).replace("<msqrt>", f"<msqrt>{STRUT}")
    except LatexError as error:
        logger.warning("the formula %s cannot be set: %s", tex, str(error).strip(), location=node)
        return f"<code>{html.escape(tex)}</code>"


def bar(found):
    """A bar of a norm with an exponent keeps its size in a browser, so none of them may grow."""
    if "size=" not in found[1]:
        return found[0]
    kept = [part for part in found[1].split() if not part.startswith(("stretchy", "symmetric", "minsize", "maxsize"))]
    return " ".join(["<mo", 'stretchy="false"', *kept]) + ">"


def is_wide(element):
    """Whether an element is the space between two statements."""
    width = element.get("width", "") if element.tag == "mspace" else ""
    return width.endswith("em") and float(width[:-2] or 0) >= WIDE


def statements(formula):
    """Cuts a displayed formula into its statements, and each of them where a line may end."""
    root = ElementTree.fromstring(ENTITY.sub(lambda name: html.unescape(name[0]), formula))
    parts, depth = [[[]]], 0
    for child in list(root):
        text = (child.text or "").strip() if child.tag == "mo" else ""
        depth += (text in OPENING) - (text in CLOSING)
        line = parts[-1][-1]
        if depth == 0 and line and is_wide(line[-1]):
            parts.append([[]])
        elif depth == 0 and line and (text in RELATIONS or text in SUMS and not opens(line)):
            parts[-1].append([])
            child.set("form", "infix")
        parts[-1][-1].append(child)
    return parts


def opens(line):
    """Whether a sign that comes next would belong to what follows it, as after a relation."""
    return len(line) == 1 and line[0].tag == "mo"


def line(elements):
    """What stays together on a line."""
    content = "".join(ElementTree.tostring(element, encoding="unicode") for element in elements)
    return f'<math displaystyle="true">{content.replace(" />", "/>")}</math>'


def displayed(tex, number, node):
    """A formula on a line of its own, with its number."""
    formula = mathml(tex, True, node)
    if formula.startswith("<math") and "<mtable" not in formula:
        formula = "".join(f"<span>{'<wbr>'.join(map(line, lines))}</span>" for lines in statements(formula))
    label = ""
    if number:
        number = html.escape(number)
        place = f'href="#equation-{number.replace(".", "-")}" title="Link to this equation"'
        label = f'<a class="di-number" {place} aria-label="Link to equation {number}">({number})</a>'
    return f'<div class="math"><div class="di-formula">{formula}</div>{label}</div>\n'


def inline(translator, node):
    """A formula in the text."""
    translator.body.append(f'<span class="math">{mathml(node.astext(), False, node)}</span>')
    raise nodes.SkipNode


def block(translator, node):
    """A formula of its own."""
    tex = node.astext()
    tagged = TAG.search(tex)
    number = tagged[1] if tagged else str(node["number"] or "") if "number" in node else ""
    for name in node.get("ids", []):
        translator.body.append(f'<span id="{name}"></span>')
    translator.body.append(displayed(TAG.sub("", tex).strip(), number, node))
    raise nodes.SkipNode


def setup(app):
    """Makes MathML a renderer of formulas that the configuration can name."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
