"""Colours Rust as the compiler reads it: what a kernel has run never fails the pages.

Pygments' lexer takes identifiers of ASCII letters only, and stops at characters that it does not know; Sphinx
warns, and a warning fails the press.
"""

from pygments.lexer import inherit
from pygments.lexers.rust import RustLexer
from pygments.token import Name, String, Text

# A letter of any script or an underscore, then letters, digits, and marks, which `\w` does not hold.
IDENTIFIER = r"[^\W\d](?:\w|[\u0300-\u036f])*"


class RustCells(RustLexer):
    """Rust with identifiers of any script; anything else unknown is plain text."""

    tokens = {
        "root": [inherit],
        "base": [
            # With no letter before it, so that keywords and types in ASCII remain the first choice.
            (rf"(?![a-zA-Z_]){IDENTIFIER}", Name),
            (r"[a-zA-Z_]\w*[\u0300-\u036f](?:\w|[\u0300-\u036f])*", Name),
            (r"'\\u\{[0-9a-fA-F_]+\}'", String.Char),
            (r'(?s)cr(#*)".*?"\1', String),
            inherit,
            (r"r#" + IDENTIFIER, Name),
            (r".", Text),
        ],
        "modname": [(rf"(?![a-zA-Z_]){IDENTIFIER}", Name.Namespace, "#pop"), inherit],
        "funcname": [(rf"(?![a-zA-Z_]){IDENTIFIER}", Name.Function, "#pop"), inherit],
        "typename": [(rf"(?![a-zA-Z_]){IDENTIFIER}", Name.Class, "#pop"), inherit],
        "lifetime": [(rf"(?![a-zA-Z_]){IDENTIFIER}", Name.Attribute, "#pop"), inherit],
    }


def setup(app):
    """Lets Sphinx take it for every cell and every block of Rust."""
    app.add_lexer("rust", RustCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
