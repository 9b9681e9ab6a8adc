"""Names of the library in code lead to its documentation, which leads back to the sections that use them.

What rustdoc wrote lies in the folder that the configuration names `library_documentation`; it becomes a part of the site.
"""

import html
import re
import shutil
from pathlib import Path

from rust_names import TOKEN, Page
from names import LEADS_ON, Names

HERE = "api"
CRATE = "diffusion_intuition"
# Fonts for scripts that these pages are not written in.
LEFT_OUT = ("NanumBarunGothic-*",)
PIECE = re.compile(
    r'<section id="(?P<section>[^"]+)">|<h[1-6]>(?P<title>.*?)(?:<a class="headerlink"|</h[1-6]>)'
    r'|(?P<cell><div class="cell_input[^>]*>\s*)?<div class="highlight-rust[^>]*><div class="highlight"><pre>(?P<code>.*?)</pre>'
    r'|(?P<link><a [^>]*>)|</a>|<code class="[^">]*\bliteral\b[^>]*>(?P<literal>(?:<span class="pre">[^<]*</span>\s*)+)</code>',
    re.DOTALL,
)
SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
MARKUP = re.compile(r"<[^>]+>")
HEADING = re.compile(r'(<div class="main-heading">.*?</div>)(?=<pre|<details|<div|<h2|<section)', re.DOTALL)
NAMES = '<div class="di-names"></div>'
STYLE = "margin:0 0 1em;font-size:.9rem"


def is_text(kind):
    """Whether a colour is that of a comment or a string."""
    return kind[0] in "cs" or kind == "w"


def tokens_of(code):
    """The tokens of coloured code, with the place of each in it."""
    for span in SPAN.finditer(code):
        if span[1][0] == "s":
            yield '"', span
        elif not is_text(span[1]):
            for token in TOKEN.findall(html.unescape(span[2])):
                yield token, span


class Linking:
    """One page on its way: where in it we are, what is linked already."""

    def __init__(self, name, title, names, body):
        pieces = [html.unescape(MARKUP.sub("", found["code"])) for found in PIECE.finditer(body) if found["code"]]
        self.name, self.title, self.page, self.uses = name, title, Page(names, "\n".join(pieces)), {}
        self.place, self.section, self.in_link, self.said = "", "", False, set()

    def linked(self, body):
        """The page with its links."""
        return PIECE.sub(self.piece, body)

    def piece(self, found):
        """One piece of the page."""
        if found["section"]:
            self.place, self.said = found["section"], set()
        elif found["title"]:
            self.section = " ".join(MARKUP.sub("", found["title"]).split())
        elif found["code"]:
            page = self.page if found["cell"] else self.page.apart()
            return found[0].replace(found["code"], self.code(page, found["code"]))
        elif found["link"] or found[0] == "</a>":
            self.in_link = bool(found["link"])
        elif found["literal"] and not self.in_link:
            return found[0].replace(found["literal"], self.literal(found["literal"]))
        return found[0]

    def code(self, page, code):
        """A cell: every name of the library in it is a link once."""
        pairs = list(tokens_of(code))
        new, seen = {}, set()
        for index, target in page.links([token for token, _ in pairs]):
            span = pairs[index][1]
            if target not in seen:
                seen.add(target)
                colour = f' class="{span[1]}"' if span[1] != "n" else ""
                new[span.start()] = f'<a{colour} href="{self.address(target)}">{span[2]}</a>'
        return SPAN.sub(lambda span: new.get(span.start(), span[0]), code)

    def literal(self, literal):
        """Code in a line of text: it leads to the last name in it, once a section."""
        tokens = TOKEN.findall(html.unescape(MARKUP.sub("", literal)))
        links = self.page.links(tokens, guess=False)
        if not links or links[-1][1] in self.said:
            return literal
        self.said.add(links[-1][1])
        return f'<a class="di-api" href="{self.address(links[-1][1])}">{literal}</a>'

    def address(self, target):
        """Where a name is documented; keeps where it is used."""
        page = target.split("#")[0]
        self.uses.setdefault(page, (self.name, self.place, self.title, self.section))
        return f"{HERE}/{CRATE}/{target}"


def link(app, name, _template, context, doctree):
    """Links the names on a page; the first page stays light."""
    if app.env.library_names and doctree is not None and name != app.config.root_doc:
        linking = Linking(name, MARKUP.sub("", context.get("title", "")), app.env.library_names, context["body"])
        context["body"] = linking.linked(context["body"])
        for page, use in linking.uses.items():
            app.env.library_uses.setdefault(page, []).append(use)
        # The index comes after all sections in the order in which pages are written.
        context["body"] = context["body"].replace(NAMES, NAMES.replace("><", f">{names_of(app.env)}<"))


def names_of(env):
    """Every name that a section uses, with the sections."""
    items = [item for item in [*env.library_names.types.values(), *env.library_names.functions.values()] if item.page in env.library_uses]
    lines = []
    for item in sorted(items, key=lambda item: (item.name.lower(), item.page)):
        uses = [use for use in sorted(env.library_uses[item.page]) if use[0][:1].isdigit()]
        links = " ".join(f'<a href="{name}.html#{place}" title="{title}">{int(name[:2])}</a>' for name, place, title, _ in uses)
        lines.append(f'<li><a class="di-api" href="{HERE}/{CRATE}/{item.page}"><code>{item.name}</code></a> {links}</li>')
    return f"<ul>{''.join(lines)}</ul>"


def back(page, uses):
    """The line of a documentation page that leads to where the book uses it."""
    up = "../" * (page.count("/") + 2)
    links = []
    for name, place, title, section in sorted(uses):
        shown = title if section in (title, "") else f"{title}: {section}"
        links.append(f'<a href="{up}{name}.html#{place}">{shown}</a>')
    return f'<p id="in-the-book" style="{STYLE}">In the book: {" · ".join(links)}</p>'


def write(app, error):
    """Puts the documentation into the site, without pages that only lead on to others."""
    if error or not app.env.library_names:
        return
    source, target = Path(app.config.library_documentation), Path(app.outdir, HERE)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", *LEFT_OUT))
    for path in target.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        page = path.relative_to(target / CRATE).as_posix() if path.is_relative_to(target / CRATE) else ""
        if LEADS_ON in text[:1000]:
            path.unlink()
        elif uses := app.env.library_uses.get(page):
            path.write_text(HEADING.sub(lambda found: found[0] + back(page, uses), text, count=1), encoding="utf-8")
    for folder in sorted(target.glob("**/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def begin(app):
    """Reads the names, where there is documentation."""
    root = app.config.library_documentation
    wanted = root and app.builder.name == "html"
    app.env.library_names, app.env.library_uses = Names(Path(root, CRATE)) if wanted else None, {}


def setup(app):
    """Links pages when they are whole."""
    app.add_config_value("library_documentation", "", "html")
    app.connect("builder-inited", begin)
    app.connect("html-page-context", link, priority=950)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
