"""Draws the picture that links to the pages show: the title beside the figure of the README.

Usage: python book/checks/browser/card.py [--chromium PROGRAM]   (or `cargo book ci card`)

Writes `book/site/_static/card.png`, with the hash of what it was drawn from in it, which a test compares.
"""

import argparse
import hashlib
import re
import shutil
import struct
import zlib
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[3]
FRAME = Path(__file__).with_name("card.html")
FIGURE = ROOT / "examples/forward.svg"
CARD = ROOT / "book/site/_static/card.png"
SIZE = {"width": 1200, "height": 630}
KEY = b"Source"
HEADER = 8 + 25  # the signature and the first chunk of a PNG


def drawn(chromium, page):
    """The picture of a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page(viewport=SIZE, color_scheme="light")
        shown.set_content(page, wait_until="load")
        picture = shown.screenshot()
        browser.close()
    return picture


def signed(picture, sources):
    """The picture with the hash of its sources as a text of the PNG."""
    text = b"tEXt" + KEY + b"\0" + hashlib.sha256(sources).hexdigest().encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return picture[:HEADER] + chunk + picture[HEADER:]


def main():
    """Draws it."""
    parser = argparse.ArgumentParser(description="Draws the picture that links to the pages show.")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser's program")
    options = parser.parse_args()
    frame, figure = FRAME.read_bytes(), FIGURE.read_bytes()
    drawing = re.sub(r"^<\?xml[^>]*>", "", figure.decode())
    picture = drawn(options.chromium, frame.decode().replace("<!-- figure -->", drawing))
    CARD.write_bytes(signed(picture, frame + figure))
    print(f"{CARD.relative_to(ROOT)}: {CARD.stat().st_size} bytes")


if __name__ == "__main__":
    main()
