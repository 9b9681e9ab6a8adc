"""Prints a file as a script: compressed, in base64, under a name; the module with the hash of its sources."""

import base64
import gzip
import sys
from pathlib import Path

path, name, *sources = sys.argv[1:]
packed = gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0)
if sources:
    print("/* The library for the browser, as gzip in base64, and the hash of its sources; `cargo book --write` makes it. */")
    print(f'window.diSources="{sources[0]}";')
print(f'window.{name}="{base64.b64encode(packed).decode()}";')
