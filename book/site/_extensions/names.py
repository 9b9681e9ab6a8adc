"""The library's names, as rustdoc documents them: each with its page, its members and what type they have."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("struct", "enum", "trait", "union", "type")
# What stands there for other crates, and pages that only lead on.
FOREIGN = "prelude/"
LEADS_ON = 'http-equiv="refresh"'
MEMBER = re.compile(r'id="((method|tymethod|variant|structfield|associatedconstant)\.(\w+))"(.*?)(?=<details|<div class="docblock|<section|id="\w+\.)', re.DOTALL)
TRAITS = re.compile(r'id="impl-(\w+)[^"]*?-for-')
EXPORT = re.compile(r'<a class="(\w+)" href="\.\./([^"]+)"[^>]*>(\w+)</a>')
WRAPPED = re.compile(r"^(?:Result|Option|Box)<(.*)>$")
MARKUP = re.compile(r"<[^>]+>")


@dataclass
class Item:
    """A type or a function."""

    name: str
    page: str
    returns: str = ""
    members: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: anchor, type
    traits: list[str] = field(default_factory=list)


def type_in(text, owner):
    """The name of the type that a signature or a field ends in, as far as it is one with members."""
    text = html.unescape(MARKUP.sub("", text)).split("where")[0]
    text = text.split("->")[-1] if "->" in text else text.split(":")[-1] if ":" in text else ""
    text = " ".join(text.split()).lstrip("&").removeprefix("mut ")
    while found := WRAPPED.match(text):
        text = found[1].lstrip("&")
    name = re.match(r"\w*", text)[0]
    return owner if name == "Self" else name


def item_of(name, page, text):
    """What a page of a type says of it."""
    own, _, traits = text.partition('id="trait-implementations"')
    own = own.split('id="implementors"')[0]
    item = Item(name, page, traits=TRAITS.findall(traits))
    for anchor, kind, member, after in MEMBER.findall(own):
        shown = name if kind == "variant" else type_in(after.split("</h4>")[0].split("</code>")[0], name)
        item.members.setdefault(member, (anchor, shown))
    return item


class Names:
    """All public names of the library."""

    def __init__(self, root):
        self.root = Path(root)
        self.types, self.functions, self.bare = {}, {}, {}
        several = set()
        for path in sorted(self.root.rglob("*.html")):
            page = path.relative_to(self.root).as_posix()
            kind, _, name = path.stem.partition(".")
            if not name or page.startswith(FOREIGN):
                continue
            text = path.read_text(encoding="utf-8")
            if LEADS_ON in text[:1000]:
                continue
            if kind in KINDS:
                several |= {name} & set(self.types)
                self.types[name] = item_of(name, page, text)
            elif kind in ("fn", "macro"):
                module = path.parent.name if "/" in page else ""
                declared = re.search(r'<pre class="rust item-decl">(.*?)</pre>', text, re.DOTALL)
                self.functions[module, name] = Item(name, page, type_in(declared[1] if declared else "", ""))
        for name in several:
            del self.types[name]
        prelude = self.root / FOREIGN / "index.html"
        for kind, page, name in EXPORT.findall(prelude.read_text(encoding="utf-8")) if prelude.exists() else ():
            if kind == "fn":
                self.bare[name] = next(found for found in self.functions.values() if found.page == page)
        self.owners = {}
        for name, item in self.types.items():
            for member in item.members:
                self.owners.setdefault(member, []).append(name)

    def member(self, owner, name):
        """Page with anchor and type of a member, be it the type's own or of a trait of the library."""
        if owner not in self.types:
            return None
        item = self.types[owner]
        for place in (item, *(self.types[trait] for trait in item.traits if trait in self.types)):
            if name in place.members:
                anchor, shown = place.members[name]
                return f"{place.page}#{anchor}", owner if shown == place.name != owner else shown
        return None

    def only_owner(self, name):
        """The type that alone has a member of this name."""
        owners = self.owners.get(name, ())
        return owners[0] if len(owners) == 1 else ""
