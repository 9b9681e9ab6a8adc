"""What links to equations and papers of other pages show before they are followed: a script that pages load when asked."""

import json
import re
from pathlib import Path

EQUATION = re.compile(r'<div class="di-equation" id="([^"]+)">\s*<div class="math">(<div class="di-formula">.*?</div>)', re.DOTALL)
PAPER = re.compile(r'<div class="citation" id="([^"]+)".*?</span>\s*<p>(.*?)</p>', re.DOTALL)
LINK = re.compile(r'<a class="di-(?:cite|eqref)" href="([^"#]+#[^"]+)"')
ANCHOR = re.compile(r"</?a\b[^>]*>")


def write(app, error):
    """Collects what is linked to from elsewhere, by its address."""
    root = Path(app.outdir)
    if error or app.builder.name != "html":
        return
    pages = {path.name: path.read_text(encoding="utf-8") for path in root.glob("*.html")}
    shown = {}
    for name, page in pages.items():
        shown |= {f"{name}#{anchor}": formula for anchor, formula in EQUATION.findall(page)}
        # A link inside a preview could not be followed: it goes away before a pointer reaches it.
        shown |= {f"{name}#{anchor}": ANCHOR.sub("", paper) for anchor, paper in PAPER.findall(page)}
    wanted = sorted({address for page in pages.values() for address in LINK.findall(page)})
    missing = [address for address in wanted if address not in shown]
    if missing:
        raise ValueError(f"links to what no page has: {missing}")
    text = json.dumps({address: shown[address] for address in wanted}, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (root / "_static/preview-texts.js").write_text(f"window.diPreviews={text};\n", encoding="utf-8")


def setup(app):
    """Reads the pages when all are written, before they are slimmed."""
    app.connect("build-finished", write, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
