"""Prints a module as a script: compressed, in base64, with the hash of the sources that it was made from."""

import base64
import gzip
import sys
from pathlib import Path

module = gzip.compress(Path(sys.argv[1]).read_bytes(), compresslevel=9, mtime=0)
print("/* The library for the browser, as gzip in base64, and the hash of its sources; `cargo book --write` makes it. */")
print(f'window.diSources="{sys.argv[2]}";')
print(f'window.diModule="{base64.b64encode(module).decode()}";')
