"""How Sphinx presses the book."""

import re
import sys
from pathlib import Path

from docutils import nodes

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "Diffusion Models Intuition, in Rust"
language = "en"

extensions = ["myst_nb", "sphinx_book_theme", "sphinxcontrib.bibtex", "rust_cells", "formulas", "together", "finder", "previews", "terms", "library", "slim", "published"]
exclude_patterns = ["_static", "_extensions", "_templates", "_print"]
templates_path = ["_templates"]

# Notebooks arrive executed.
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_error_lexer = "text"
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
# The press turns links to papers into links to these names.
bibtex_cite_id = "{key}"

html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_title = project
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["book.css", "figures.css", "math.css", "controls.css", "print.css"]
html_copy_source = True
html_sourcelink_suffix = ""
html_last_updated_fmt = None
html_theme_options = {
    # The page's own frame is `_templates/layout.html`.
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

# The ePub, and the pages that are printed from it: `cargo book print`.
if tags.has("print"):  # noqa: F821: Sphinx brings it
    extensions = ["myst_nb", "sphinxcontrib.bibtex", "rust_cells", "formulas", "together", "terms", "printed"]
    templates_path = []
    html_static_path = ["_print/static", "_static/math.woff2"]
    pygments_style = "a11y-high-contrast-light"
    epub_basename = "diffusion-models-intuition"
    epub_author = epub_publisher = epub_contributor = "The Diffusion Models Intuition contributors"
    epub_description = "Diffusion models, understood by running them against exact solutions."
    epub_copyright = "MIT or Apache 2.0"
    epub_identifier = epub_uid = "diffusion-models-intuition"  # two files of the book name it, and must agree
    epub_css_files = ["print.css"]
    epub_show_urls = "no"
    epub_use_index = False
    epub_tocscope = "includehidden"  # as they all are
    epub_tocdepth = 2


def setup(app):
    """Bibliography entries are no list items to a screen reader, so what holds them is no list."""

    def without_list(_app, _page, _template, context, _doctree):
        if "body" in context:
            context["body"] = context["body"].replace(' role="list" class="citation-list"', ' class="citation-list"')

    def with_description(_app, _page, _template, context, doctree):
        paragraphs = doctree.findall(nodes.paragraph) if doctree is not None else ()
        text = next((" ".join(paragraph.astext().split()) for paragraph in paragraphs), "")
        end = text.rfind(". ", 0, 200)
        context["description"] = text[: end + 1] if end > 0 else text[:200]

    def with_instruments(_app, _page, _template, context, _doctree):
        context["instruments"] = re.findall(r'data-instrument="([a-z-]+)"', context.get("body", ""))

    def with_contents(_app, page, _template, context, doctree):
        if doctree is not None and "generate_toc_html" in context:
            context["page_toc"] = context["generate_toc_html"]()

    app.connect("html-page-context", without_list)
    app.connect("html-page-context", with_description)
    app.connect("html-page-context", with_instruments)
    # After the theme, which brings the function.
    app.connect("html-page-context", with_contents, priority=900)
