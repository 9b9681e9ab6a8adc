"""Looks at every page of the pressed book in a real browser, from disk and over HTTP.

Usage: python book/checks/browser.py target/book [--screenshots DIR]
       python book/checks/browser.py --self-test

Prints a line for every page and check, then the faults, and ends with 1 if there are any. `--self-test` does the same
with the pages in `broken/`, each of which has one fault and names it, and requires that exactly that fault is found.
Needs what `requirements.txt` beside this file lists, and Chromium.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from browser_page import HEIGHT, WIDTHS, Found, PageCheck, opened
from browser_plain import check_plain
from browser_selftest import self_test
from browser_site import Fault, Site, served
from playwright.sync_api import Browser, sync_playwright

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


def check_site(browser: Browser, site: Site, report: Report, word: str) -> None:
    """Checks all pages of a site, then what only all of them together show."""
    tags: Counter[str] = Counter()
    references: list[tuple[str, str]] = []
    with served(site.root) as origin:
        for page in site.pages:
            numbers = PageCheck(browser, site, page, origin, word, report).run()
            tags.update(numbers["tags"])
            references += [(page, number) for number in numbers["references"]]
    for page in site.pages:
        own = [number for name, number in references if name == page]
        report(page, "equation numbers", (len(own), [f"no formula is numbered ({n})" for n in own if n not in tags]))
    if "index.html" in site.pages:
        lost = site.unreachable()
        report("index.html", "order", (len(site.pages), [f"{page} is not reached by turning pages" for page in lost]))
        missing = [] if "search.html" in site.pages else ["there is no search page"]
        report("index.html", "search page", (1, missing))


def screenshots(browser: Browser, site: Site, folder: Path) -> None:
    """Photographs every page on a phone and on a desk, in light and dark, and on paper."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in site.pages:
        url = (site.root / page).as_uri()
        name = page.removesuffix(".html").replace("/", "-")
        for width in (WIDTHS[0], WIDTHS[-1]):
            for scheme in ("light", "dark"):
                with opened(browser, url, scheme=scheme, width=width) as (shown, _):
                    shown.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
        with opened(browser, url, width=WIDTHS[-1]) as (shown, _):
            shown.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
            shown.pdf(path=folder / f"{name}.pdf", format="A4")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Looks at every page of the pressed book in a real browser.")
    parser.add_argument("site", type=Path, nargs="?", help="folder of the pressed book")
    parser.add_argument("--self-test", action="store_true", help="check the pages that are broken on purpose")
    parser.add_argument("--only", metavar="PAGE", action="append", help="only this page (may be given several times)")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="photograph every page into this folder")
    parser.add_argument("--word", default="noise", help="what is searched for")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    options = parser.parse_args()
    if not options.self_test and not (options.site and (options.site / "index.html").exists()):
        parser.error("name the folder of a pressed book, or --self-test")
    return options


def main() -> int:
    """Checks what the command line names."""
    options = arguments()
    start = time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        if options.self_test:
            return self_test(lambda site, report: check_site(browser, site, report, options.word), Report)
        report = Report()
        site = Site(options.site, options.only or [])
        check_site(browser, site, report, options.word)
        check_plain(browser, site, report)
        if options.screenshots:
            screenshots(browser, site, options.screenshots)
        browser.close()
    for fault in report.faults:
        print(f"{fault.page}: {fault.check}: {fault.detail}")
    print(f"{report.checks} checks, {len(report.faults)} faults, {time.monotonic() - start:.0f} s")
    return bool(report.faults)


if __name__ == "__main__":
    sys.exit(main())
