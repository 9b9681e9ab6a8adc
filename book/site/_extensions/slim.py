"""Pages carry only what they use: rules of style for what occurs nowhere in the book, files that no page names, and what
scripts hold for those who read them, go.

The theme's style covers every extension there is; nine tenths of it never meet anything here.
"""

import re
from pathlib import Path

WORDS = re.compile(r"[\w-]+")
ATTRIBUTES = re.compile(r'\b(?:class|id)="([^"]*)"')
NAMES = re.compile(r"[.#]((?:[\w-]|\\.)+)")
GROUPS = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
SKIPPED = re.compile(r'/\*.*?\*/|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
VARIABLE = re.compile(r"--[\w-]+(?=\s*:)")
NESTING = ("@media", "@supports", "@layer", "@container")
INDENTED = re.compile(r"^(?:[ \t]*// .*\n|[ \t]+|\n)", re.MULTILINE)
PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>|<span></span>')  # names, punctuation, space: of the colour that code has
ICON_FONT = re.compile(r"font-family:[^;}]*(?:Font ?Awesome|FontAwesome)")
# What a theme brings and no page of this book loads.
UNUSED = (
    "_static/*.map", "_static/**/*.map", "_static/scripts/*", "_static/vendor/**/*", "_static/locales/**/*",
    "_static/images/logo_*", "_static/*macros.html", "_static/styles/theme.css", "_static/*stemmer.js",
    "_static/language_data.js", "_static/searchtools.js", "_static/sphinx_highlight.js", "_static/doctools.js",
    "_static/documentation_options.js", "_static/file.png", "_static/plus.png", "_static/minus.png", "searchindex.js",
)  # fmt: skip


def rules(style):
    """The pieces of a style: (before the brace, inside it), or (text, None) for what has no braces."""
    depth = start = opened = 0
    masked = SKIPPED.sub(lambda skipped: " " * len(skipped[0]), style)
    for at, sign in enumerate(masked):
        if sign == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif sign == "}":
            depth -= 1
            if depth == 0:
                head = SKIPPED.sub(lambda text: "" if text[0].startswith("/*") else text[0], style[start:opened])
                yield head.strip(), style[opened + 1 : at]
                start = at + 1
        elif sign == ";" and depth == 0:
            yield style[start : at + 1].strip(), None
            start = at + 1


def parts(selector):
    """The selectors of a list; commas inside brackets separate nothing."""
    depth, start = 0, 0
    for at, sign in enumerate(selector):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            yield selector[start:at]
            start = at + 1
    yield selector[start:]


def used(selector, vocabulary):
    """Whether a selector can meet anything: the book's own names do, for scripts put some of them together."""
    names = NAMES.findall(GROUPS.sub("", re.sub(r'"[^"]*"', "", selector)))
    return all(name.startswith("di-") or name.replace("\\", "") in vocabulary for name in names)


def without_unused_rules(style, vocabulary):
    """A style without the rules that meet nothing."""
    kept = []
    for head, body in rules(style):
        if body is None:
            kept.append(head)
        elif head.startswith(NESTING):
            inside = without_unused_rules(body, vocabulary)
            kept += [f"{head}{{{inside}}}"] if inside else []
        elif head.startswith("@"):
            kept += [] if ICON_FONT.search(body) else [f"{head}{{{body}}}"]
        else:
            selectors = [part for part in parts(head) if used(part, vocabulary)]
            kept += [f"{','.join(selectors)}{{{body}}}"] if selectors else []
    return "".join(kept)


def without_unused_variables(styles):
    """Styles without the variables that no rule and no script reads; removing one may free others."""
    while True:
        text = "".join(styles.values())
        read = set(re.findall(r"var\(\s*(--[\w-]+)", text))
        idle = {name for name in VARIABLE.findall(text) if name not in read and not name.startswith("--di-")}
        if not idle:
            return styles
        pattern = re.compile(r"(?<=[{;])\s*(?:" + "|".join(sorted(map(re.escape, idle), key=len, reverse=True)) + r")\s*:[^;{}]*;?")
        slimmer = {path: pattern.sub("", style) for path, style in styles.items()}
        if slimmer == styles:
            return styles
        styles = slimmer


def vocabulary_of(root):
    """Every class and name that pages have, and every word of the scripts that may give them one."""
    words = set()
    for page in root.glob("*.html"):
        for names in ATTRIBUTES.findall(page.read_text(encoding="utf-8")):
            words.update(names.split())
    for script in (root / "_static").glob("*.js"):
        if script.name not in ("search-texts.js", "preview-texts.js"):
            words.update(WORDS.findall(script.read_text(encoding="utf-8")))
    return words


def finish(app, error):
    """Slims what was pressed."""
    root = Path(app.outdir)
    if error or app.builder.name != "html":
        return
    for pattern in UNUSED:
        for path in root.glob(pattern):
            if path.is_file():
                path.unlink()
    for folder in sorted(root.glob("_static/**/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    for page in root.glob("*.html"):
        page.write_text(PLAIN.sub(r"\1", page.read_text(encoding="utf-8")), encoding="utf-8")
    for path in [*root.glob("_static/live*.js"), *root.glob("_static/live*.css")]:
        path.write_text(INDENTED.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    vocabulary = vocabulary_of(root)
    styles = {path: path.read_text(encoding="utf-8") for path in root.glob("_static/**/*.css")}
    styles = {path: without_unused_rules(style, vocabulary) for path, style in styles.items()}
    for path, style in without_unused_variables(styles).items():
        path.write_text(style, encoding="utf-8")


def setup(app):
    """Runs when all pages are written."""
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
