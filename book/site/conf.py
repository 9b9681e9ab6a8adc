"""How Sphinx presses the book."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

project = "Diffusion Models Intuition, in Rust"
language = "en"

extensions = ["myst_nb", "sphinx_book_theme", "sphinx_copybutton", "sphinxcontrib.bibtex", "rust_cells"]
exclude_patterns = ["_static"]
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

# One file, copied beside the pages when they are pressed.
mathjax_path = "mathjax/tex-svg.js"
# Centred, a formula would leave as much room on its left as its number takes on its right.
mathjax3_config = {"svg": {"displayAlign": "left"}}

html_theme = "sphinx_book_theme"
html_context = {"default_mode": "auto"}
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("frames.js", "scroll.js", "print.js")]
html_copy_source = True
html_sourcelink_suffix = ""
# The preview of a found page is fetched, which browsers forbid for pages opened from disk.
html_show_search_summary = False
html_last_updated_fmt = None
html_theme_options = {
    "use_download_button": True,
    "use_fullscreen_button": False,
    "use_issues_button": False,
    "use_repository_button": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "footer_content_items": [],
    "search_bar_text": "Search the book",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_selector = "div.cell_input div.highlight pre, div.literal-block-wrapper pre"


def setup(app):
    """Bibliography entries are no list items to a screen reader, so what holds them is no list."""

    def without_list(_app, _page, _template, context, _doctree):
        if "body" in context:
            context["body"] = context["body"].replace(' role="list" class="citation-list"', ' class="citation-list"')

    app.connect("html-page-context", without_list)
