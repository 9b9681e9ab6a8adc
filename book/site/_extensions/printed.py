"""The book as an ePub, by Sphinx's own builder for it: what a page in a browser does, said in a way that stands on paper.

Figures become pictures, of a film the frame that tells its story; folded code and solutions stand open; of an instrument
a sentence stays. All pages are XML, as the format wants.
"""

import re
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from finder import words
from sphinx.builders import _epub_base
from sphinx.builders.epub3 import Epub3Builder

SVG = "http://www.w3.org/2000/svg"
MATHML = "http://www.w3.org/1998/Math/MathML"
DRAWING = re.compile(r"<svg\b|</svg>")
PAGE = re.compile(r"^([\w-]+)\.html(?=#|$)")
# What browsers know as attributes, and the older SVG of the format only as style.
STYLES = ("image-rendering", "paint-order")
# What only a browser's page has, or only a pointer meets.
GONE = ".di-in-browser, .di-try, .di-start, .di-anchor, .headerlink, .di-controls, noscript, script, style, button"
FILM = "This is one moment of a film, which the page in a browser plays."

ElementTree.register_namespace("", SVG)
_epub_base.MEDIA_TYPES.setdefault(".woff2", "font/woff2")


class Builder(Epub3Builder):
    """Sphinx's builder, which also says which pages hold MathML, and when the book was made."""

    def content_metadata(self):
        """What is said of the book."""
        return super().content_metadata() | {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}

    def get_refnodes(self, doctree, result):
        """The lines of the contents, in which formulas are words."""
        for formula in list(doctree.findall(nodes.math)):
            formula.replace_self(nodes.Text(words(formula)))
        return super().get_refnodes(doctree, result)

    def build_content(self):
        """Writes the list of all files."""
        super().build_content()
        path = Path(self.outdir, "content.opf")
        text = path.read_text(encoding="utf-8")
        for page in Path(self.outdir).glob("*.xhtml"):
            if f'<math xmlns="{MATHML}"' in page.read_text(encoding="utf-8"):
                text = text.replace(f'href="{page.name}" media-type', f'href="{page.name}" properties="mathml" media-type')
        path.write_text(text, encoding="utf-8")


def drawings(body):
    """Where each drawing of a page begins and ends; some hold others."""
    depth = start = 0
    for tag in DRAWING.finditer(body):
        opens = tag[0] != "</svg>"
        start = tag.start() if opens and depth == 0 else start
        depth += 1 if opens else -1
        if depth == 0:
            yield start, tag.end()


def has(element, name):
    """Whether an element is of this class."""
    return name in element.get("class", "").split()


def still(drawing):
    """A drawing in its wide form, and if it is a film, without all frames but one; and whether it is."""
    root = ElementTree.fromstring(drawing)
    for parent in list(root.iter()):
        frames = [child for child in parent if has(child, "di-frame")]
        told = [frame for frame in frames if has(frame, "di-story")] or frames[-1:]
        hidden = [child for child in parent if child.tag == f"{{{SVG}}}style" or has(child, "di-narrow")]
        for child in hidden + [frame for frame in frames if frame not in told]:
            parent.remove(child)
        for frame in told:
            frame.attrib.pop("style", None)
            frame.attrib.pop("visibility", None)
    for element in root.iter():
        styles = [f"{name}:{element.attrib.pop(name)}" for name in STYLES if name in element.attrib]
        if styles:
            element.set("style", ";".join(filter(None, [element.get("style"), *styles])))
    wide = next((child for child in root if has(child, "di-wide")), None)
    if wide is not None:
        root.set("viewBox", wide.get("viewBox"))
    root.attrib.pop("style", None)
    return root, "data-frames" in root.attrib


def text_of(root, name):
    """The title or the description of a drawing."""
    return root.findtext(f"{{{SVG}}}{name}", "")


def with_pictures(app, page, body):
    """A page whose drawings are files."""
    folder, parts, end = Path(app.outdir, "_images"), [], 0
    folder.mkdir(exist_ok=True)
    for number, (start, stop) in enumerate(drawings(body), start=1):
        root, film = still(body[start:stop])
        name = f"{page}-{number}.svg"
        (folder / name).write_text(ElementTree.tostring(root, encoding="unicode"), encoding="utf-8")
        picture = BeautifulSoup("", "html.parser").new_tag("img", src=f"_images/{name}", alt=text_of(root, "title"))
        picture["class"] = "di-film" if film else "di-figure"
        picture["width"] = root.get("width")
        parts += [body[end:start], str(picture)]
        end = stop
    return "".join([*parts, body[end:]])


def open_folds(soup):
    """Nothing folds on paper: what would open says its name and stands below it."""
    for fold in soup.select("details"):
        name = fold.find("summary")
        name.name, name["class"] = "p", "di-fold"
        fold.name = "div"


def name_instruments(soup, page, address):
    """A sentence for each instrument."""
    for place in soup.select(".di-live"):
        name = place.select_one(".di-live-name").get_text()
        where = f"{page}.html#{place['id']}"
        note = soup.new_tag("p", id=place["id"], attrs={"class": "di-elsewhere"})
        note.append("In a browser an instrument stands here: ")
        title = soup.new_tag("em")
        title.string = name
        note.append(title)
        if address:
            link = soup.new_tag("a", href=address + where)
            link.string = "open it"
            note.extend([" (", link, ")."])
        else:
            code = soup.new_tag("code")
            code.string = where
            note.extend([" (", code, " in the pages that ", "cargo book", " presses)."])
        place.replace_with(note)


def lead_on(app, soup):
    """Links lead to the pages as they are called here."""
    for link in soup.select("a[href]"):
        found = PAGE.match(link["href"])
        if found and found[1] in app.env.found_docs:
            link["href"] = link["href"].replace(".html", app.builder.out_suffix, 1)


def rewrite(app, page, _template, context, _doctree):
    """One page."""
    if app.builder.name != "epub" or "body" not in context:
        return
    soup = BeautifulSoup(with_pictures(app, page, context["body"]), "html.parser")
    for element in soup.select(GONE):
        element.decompose()
    name_instruments(soup, page, app.config.html_baseurl)
    open_folds(soup)
    for picture in soup.select("img.di-film"):
        caption = picture.find_parent(class_="di-figure-frame").parent.select_one(".di-caption")
        if caption:
            caption.append(f" {FILM}")
    for formula in soup.select("math"):
        formula["xmlns"] = MATHML
    # The format's MathML is older, too.
    for fraction in soup.select("mfrac[displaystyle]"):
        fraction.wrap(soup.new_tag("mstyle", displaystyle=fraction.attrs.pop("displaystyle")))
    for element in soup.select("[aria-hidden]"):
        del element["aria-hidden"]
    lead_on(app, soup)
    context["body"] = soup.decode(formatter="minimal")
    # A style that its extension names, but writes for pages in a browser alone.
    context["css_files"] = [style for style in context["css_files"] if "mystnb" not in str(style.filename)]


def setup(app):
    """Works on pages that are whole."""
    app.add_builder(Builder, override=True)
    app.connect("html-page-context", rewrite, priority=980)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
