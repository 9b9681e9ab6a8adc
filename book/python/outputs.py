"""The outputs of a cell: in order, bounded, readable, and what in them means that the cell has failed."""

import re

import nbformat

LINES = 1000  # kept of what a cell prints; a page of more is no longer read
LETTERS = 60_000  # likewise; Sphinx takes long over long lines
SHOWN = 8_000_000  # letters of a drawing or a table
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Control characters but for tabulators, ends of lines and colours.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;]*m)")


def visible(control):
    """A sign for a control character, which a page or a terminal would obey or drop."""
    code = ord(control[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def tidy(cell, left_out):
    """Joins pieces of printed text and puts them before the result, which the kernel sends last."""
    streams, others = {}, []
    for output in cell.outputs:
        if output.output_type == "stream":
            name = output.name
            streams[name] = streams.get(name, "") + CONTROL.sub(visible, output.text)
        else:
            if "execution_count" in output:
                output.execution_count = cell.execution_count
            others.append(output)
    if left_out:
        streams["stdout"] = streams.get("stdout", "") + f"… and {left_out:,} more lines, left out here\n"
    printed = [
        nbformat.v4.new_output("stream", name=name, text=streams[name])
        for name in ("stdout", "stderr")
        if name in streams
    ]
    cell.outputs = printed + others


def add_printed(cell, text):
    """Adds what came late to the printed text of a cell, as far as a page keeps it."""
    room = LETTERS - sum(len(o.text) for o in cell.outputs if o.output_type == "stream")
    if len(text) > room:
        text = text[: max(room, 0)] + "\n… and more, left out here\n"
    cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
    tidy(cell, 0)


def failure_of(cell):
    """What went wrong in a cell, or nothing."""
    said = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")
    for output in cell.outputs:
        if output.output_type == "error":
            trace = "\n".join(output.traceback) or output.evalue
            return "\n".join(filter(None, [ANSI.sub("", trace), said]))
        for kind, shown in output.get("data", {}).items():
            most = LETTERS if kind == "text/plain" else SHOWN
            if len(shown) > most:
                return f"the cell shows {len(shown):,} letters as {kind}, where a page holds {most:,}"
        if "<svg" in output.get("data", {}).get("text/plain", ""):
            return (
                "a figure came out as text: the kernel did not find how to show the cell's last expression "
                "(which may not use up a variable: pass a reference)"
            )
    return said or None
