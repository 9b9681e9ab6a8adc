"""Looks at every page of the pressed book in a real browser, from disk and over HTTP.

Usage: python book/checks/browser/look.py target/book [--screenshots DIR]
       python book/checks/browser/look.py --self-test

Prints a line for every page and check, then the faults, and ends with 1 if there are any. `--self-test` does the same
with the pages in `broken/`, each of which has one fault and names it, and requires that exactly that fault is found.
Needs what `book/checks/requirements.txt` lists, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from controls import check_controls
from figures import check_figures
from library import check_library, code_of
from live import Natives, check_live, instruments
from opened import WIDTHS, Found, opened
from page import PageCheck
from plain import check_plain
from selftest import self_test
from pages import Fault, Site, served
from previews import check_previews
from playwright.sync_api import Browser, Error, sync_playwright

Item = TypeVar("Item")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Report:
    """Prints a line for every check and keeps the faults."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.faults: list[Fault] = []
        self.checks = 0

    def __call__(self, page: str, check: str, found: Found) -> None:
        """Takes in what a check of a page found."""
        count, faults = found
        self.checks += 1
        self.faults += [Fault(page, check, detail) for detail in faults]
        if not self.quiet:
            print(f"{'FAULT' if faults else 'ok   '} {page:28} {check:16} {count}", flush=True)


class Browsers:
    """Some browsers side by side: looking at a page is half waiting."""

    def __init__(self, chromium: str, count: int) -> None:
        self.chromium = chromium
        self.count = count

    def __call__(self, items: Iterable[Item], look: Callable[[Browser, Item], None]) -> None:
        """Looks at all items, each in one of the browsers."""
        waiting, lock = iter(items), threading.Lock()

        def loop() -> None:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=self.chromium, args=FLAGS)
                while True:
                    with lock:
                        item = next(waiting, None)
                    if item is None:
                        break
                    try:
                        look(browser, item)
                    except Error as error:
                        error.add_note(f"while looking at {item}")
                        raise
                browser.close()

        with ThreadPoolExecutor(self.count) as pool:
            for browser in [pool.submit(loop) for _ in range(self.count)]:
                browser.result()


def check_site(browsers: Browsers, site: Site, report: Report, word: str, natives: Natives = Natives()) -> None:
    """Checks all pages of a site, then what only all of them together show."""
    tags: Counter[str] = Counter()
    references: list[tuple[str, str]] = []
    with served(site.root) as origin:

        def look(browser: Browser, page: str) -> None:
            numbers = PageCheck(browser, site, page, origin, word, report).run()
            check_controls(browser, site, page, origin, report)
            check_plain(browser, site, page, report)
            check_figures(browser, site, page, report)
            report(page, "code", code_of(site, page))
            report(page, "previews", check_previews(browser, site, page))
            check_live(browser, site, page, origin, natives, report)
            tags.update(numbers["tags"])
            references.extend((page, number) for number in numbers["references"])

        # What takes longest comes first, so that no browser is left alone with it.
        browsers(sorted(site.pages, key=lambda page: len(instruments(site, page)), reverse=True), look)
        browsers(["library"], lambda browser, _: check_library(browser, site, origin, report))
    for page in site.pages:
        own = [number for name, number in references if name == page]
        report(page, "equation numbers", (len(own), [f"no formula is numbered ({n})" for n in own if n not in tags]))
    if "index.html" in site.pages:
        lost = site.unreachable()
        report("index.html", "order", (len(site.pages), [f"{page} is not reached by turning pages" for page in lost]))
        missing = [] if "search.html" in site.pages else ["there is no search page"]
        report("index.html", "search page", (1, missing))


def photograph(browser: Browser, site: Site, page: str, folder: Path) -> None:
    """Photographs a page on a phone and on a desk, in light and dark, and on paper."""
    url = (site.root / page).as_uri()
    name = page.removesuffix(".html").replace("/", "-")
    for width in (WIDTHS[0], WIDTHS[-1]):
        for scheme in ("light", "dark"):
            with opened(browser, url, scheme=scheme, width=width) as (shown, _):
                shown.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    with opened(browser, url, width=WIDTHS[-1]) as (shown, _):
        shown.pdf(path=folder / f"{name}.pdf", format="A4")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Looks at every page of the pressed book in a real browser.")
    parser.add_argument("site", type=Path, nargs="?", help="folder of the pressed book")
    parser.add_argument("--self-test", action="store_true", help="check the pages that are broken on purpose")
    parser.add_argument("--only", metavar="PAGE", action="append", help="only this page (may be given several times)")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="photograph every page into this folder")
    parser.add_argument("--word", default="noise", help="what is searched for")
    parser.add_argument("--native", type=Path, metavar="PROGRAM", help="answers the instruments' questions on this machine")
    parser.add_argument("--module", type=Path, metavar="FILE", help="the committed module, which must answer the same")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser's program")
    options = parser.parse_args()
    if not options.self_test and not (options.site and (options.site / "index.html").exists()):
        parser.error("name the folder of a pressed book, or --self-test")
    return options


def main() -> int:
    """Checks what the command line names."""
    options = arguments()
    start = time.monotonic()
    # Most pages that are broken on purpose are small, and wait for what never comes.
    browsers = Browsers(options.chromium, 4 if options.self_test else 2)
    if options.self_test:
        alone = lambda browser: lambda items, look: [look(browser, item) for item in items]  # noqa: E731
        check = lambda browser, site, report: check_site(alone(browser), site, report, options.word)  # noqa: E731
        return self_test(browsers, check, Report)
    report = Report()
    site = Site(options.site, options.only or [])
    check_site(browsers, site, report, options.word, Natives(options.native, options.module))
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
        browsers(site.pages, lambda browser, page: photograph(browser, site, page, options.screenshots))
    for fault in report.faults:
        print(f"{fault.page}: {fault.check}: {fault.detail}")
    print(f"{report.checks} checks, {len(report.faults)} faults, {time.monotonic() - start:.0f} s")
    return bool(report.faults)


if __name__ == "__main__":
    sys.exit(main())
