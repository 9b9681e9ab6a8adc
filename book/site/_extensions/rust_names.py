"""Which names in a piece of Rust are the library's: read as a reader does, who knows what type each variable has.

No more is inferred than a line says: declared types, what constructors and methods return. A method of a value whose type
is not known is taken for the library's if no other type of the library, and nothing common elsewhere, has one of that name.
"""

import re

TOKEN = re.compile(r"[^\W\d]\w*|::|->|=>|\d[\w.]*|\S")
NAME = re.compile(r"[^\W\d]\w*$")
PRIMITIVE = re.compile(r"(?:[fiu]\d+|usize|isize|bool|char|str)$")
# Say nothing of what a name is, between a name and its type.
BEFORE_TYPE = {"&", "mut", "dyn", "impl", "ref"}
# Hand on the value that they are asked of.
HANDING_ON = {"unwrap", "expect", "clone", "as_ref", "as_mut", "to_owned"}
KEYWORDS = {"let", "mut", "fn", "for", "in", "if", "else", "match", "return", "use", "struct", "impl", "move", "as", "ref", "while"}
# Methods that the library has on one type, and others elsewhere.
COMMON = set(
    """abs add all and any as_slice assign axis chunks clamp clone cmp collect column columns concat contains count cos dot each
    end entropy enumerate exp extend filter find first flatten fold get insert into iter iter_mut join last len lines ln map
    mapv max mean median min name new next norm open parse pop powi product push range read remove replace rev round row rows
    run sample scale seed select shape sin skip slice sort split sqrt start std step sub sum swap take text to_vec trim value
    values var view width windows with write zip"""
    .split()
)  # fmt: skip
USED = re.compile(r"use\s+([\w:]+)::(\{[^;]*\}|[\w*]+)")


class Page:
    """What a page has said so far: the types of its variables, and the names that are its own or somebody else's."""

    def __init__(self, names, text):
        self.names, self.variables, self.bare = names, {}, dict(names.bare)
        self.theirs = set(re.findall(r"\b(?:struct|enum|trait|type|fn|mod)\s+(\w+)", text))
        for path, what in USED.findall(text):
            used = re.findall(r"\w+", what)
            if not path.startswith(("diffusion_intuition", "crate", "super")):
                self.theirs.update(used)
            for name in used:
                if found := names.functions.get((path.split("::")[-1], name)):
                    self.bare[name] = found

    def apart(self):
        """The same page before it has said anything."""
        page = object.__new__(Page)
        page.__dict__.update(self.__dict__, variables={})
        return page

    def links(self, tokens, guess=True):
        """The page of each token that is a name of the library: (index, page)."""
        return Reading(self, tokens, guess).links()


class Reading:
    """One piece of code, from left to right."""

    def __init__(self, page, tokens, guess):
        self.page, self.names, self.tokens, self.guess = page, page.names, tokens, guess
        self.types = [""] * len(tokens)  # of what ends at a token
        self.opened, self.partner, self.pending = [], {}, []

    def at(self, index):
        """A token, or nothing outside."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else ""

    def links(self):
        """See `Page.links`."""
        found = []
        for index, token in enumerate(self.tokens):
            if token in "([{":
                self.opened.append(index)
            elif token in ")]}" and self.opened:
                self.partner[index] = self.opened.pop()
            elif token == ";":
                self.ends(index)
            elif NAME.match(token) and token not in KEYWORDS:
                if target := self.name(index, token):
                    found.append((index, target))
        return found

    def ends(self, index):
        """A statement ends: what it gave a name has the type of what it ends in."""
        while self.pending and self.pending[-1][1] >= len(self.opened):
            name, _ = self.pending.pop()
            self.page.variables[name] = self.before(index)

    def before(self, index):
        """The type of the value that ends before a token."""
        index -= 1
        while self.at(index) == "?":
            index -= 1
        if self.at(index) == ")":
            index = self.partner.get(index, 0) - 1
        return self.types[index] if NAME.match(self.at(index)) else ""

    def name(self, index, name):
        """The page of a name, if it is the library's; takes note of its type."""
        before, after = self.at(index - 1), self.at(index + 1)
        if before == ".":
            return self.member(index, name, after)
        if before == "::":
            return self.inside(index, name, self.at(index - 2))
        if name in self.page.theirs:
            return None
        if name in self.names.types:
            self.types[index] = name
            return self.names.types[name].page
        if after == "(" and name in self.page.bare:
            self.types[index] = self.page.bare[name].returns
            return self.page.bare[name].page
        if target := self.field(name, before, after):
            return target
        self.variable(index, name, before, after)
        return None

    def member(self, index, name, after):
        """A method or a field of what stands before the dot."""
        owner = self.before(index - 1)
        if name in HANDING_ON:
            self.types[index] = owner
            return None
        if not owner and self.guess and after == "(" and name not in COMMON and name not in self.page.theirs:
            owner = self.names.only_owner(name)
        target, self.types[index] = self.names.member(owner, name) or (None, "")
        return target

    def inside(self, index, name, owner):
        """A name in a module or of a type."""
        if owner in self.names.types and owner not in self.page.theirs:
            target, self.types[index] = self.names.member(owner, name) or (None, "")
            return target
        if function := self.names.functions.get((owner, name)):
            self.types[index] = function.returns
            return function.page
        if name in self.names.types and name not in self.page.theirs:
            self.types[index] = name
            return self.names.types[name].page
        return None

    def field(self, name, before, after):
        """A field in a value that is put together, `Type { name: …`."""
        if not self.opened or before not in ("{", ",") or after not in (":", ",", "}"):
            return None
        brace = self.opened[-1]
        owner = self.types[brace - 1] if self.at(brace) == "{" and self.at(brace - 2) not in ("->", "for", "impl") else ""
        target, _ = self.names.member(owner, name) or ("", "")
        return target if "#structfield." in target else None

    def variable(self, index, name, before, after):
        """A variable: given a type, given a value, given by a loop or a closure, or asked for."""
        declared = self.at(index - 2) if before == "mut" else before
        if after == ":":
            if kind := self.type_after(index + 2):
                self.page.variables[name] = kind
        elif declared == "let" and after == "=":
            self.pending.append((name, len(self.opened)))
        elif declared == "for" or (before == "|" and after in ("|", ",")):
            self.page.variables[name] = ""
        self.types[index] = self.page.variables.get(name, "")

    def type_after(self, index):
        """The name of the type that is written from a token on."""
        while self.at(index) in BEFORE_TYPE or self.at(index) == "'":
            index += 2 if self.at(index) == "'" else 1
        while self.at(index + 1) == "::":
            index += 2
        name = self.at(index)
        return name if name[:1].isupper() or PRIMITIVE.match(name) else ""
