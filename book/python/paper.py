"""Joins the pages of the ePub to one document, for a browser to print.

Called by `cargo book print`: the folder of the ePub's files, the style for paper, the version, and the document to write
beside that folder. Names stay unlike by the page that they are on, and links between pages become links inside the one.
"""

import sys
import xml.etree.ElementTree as ElementTree
from html import escape
from pathlib import Path

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
NAV = "nav.xhtml"


def order(folder):
    """The pages in the order of reading, and the title of the book."""
    root = ElementTree.parse(folder / "content.opf").getroot()
    files = {item.get("id"): item.get("href") for item in root.iter(f"{OPF}item")}
    pages = [files[item.get("idref")] for item in root.iter(f"{OPF}itemref")]
    title = root.findtext(".//{http://purl.org/dc/elements/1.1/}title")
    return [page for page in pages if page != NAV], title


def name(page, anchor=""):
    """What a place is called in the one document."""
    return f"{page.removesuffix('.xhtml')}--{anchor or 'top'}"


def led(address, page, pages):
    """Where a link leads."""
    target, _, anchor = address.partition("#")
    if target in pages or not target and anchor:
        return f"#{name(target or page, anchor)}"
    return address


def adapt(element, page, pages, folder):
    """One page's part of the document: plain HTML with its names and links."""
    for part in element.iter():
        # A browser knows the names of HTML and MathML without their spaces.
        part.tag = part.tag.split("}")[-1]
        if "id" in part.attrib:
            part.set("id", name(page, part.get("id")))
        if part.tag == "a" and "href" in part.attrib:
            part.set("href", led(part.get("href"), page, pages))
        if part.tag == "img":
            part.set("src", f"{folder.name}/{part.get('src')}")
    return ElementTree.tostring(element, encoding="unicode", method="html")


def main():
    """Writes the document."""
    folder, style, version, out = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    pages, title = order(folder)
    nav = ElementTree.parse(folder / NAV).getroot().find(f".//{XHTML}nav/{XHTML}ol")
    styles = "".join(f'<link rel="stylesheet" href="{folder.name}/_static/{file}">' for file in ("pygments.css", "print.css"))
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>{styles}',
        f"<style>{style.read_text(encoding='utf-8')}</style><body>",
        f'<div class="cover"><h1>{escape(title)}</h1><p>Version {escape(version)}</p></div>',
        f'<div class="page contents"><h1>Contents</h1>{adapt(nav, NAV, pages, folder)}</div>',
    ]
    for page in pages:
        body = ElementTree.parse(folder / page).getroot().find(f".//{XHTML}div[@class='body']")
        parts.append(f'<div class="page" id="{name(page)}">{adapt(body, page, pages, folder)}</div>')
    out.write_text("\n".join([*parts, "</body></html>"]), encoding="utf-8")


if __name__ == "__main__":
    main()
