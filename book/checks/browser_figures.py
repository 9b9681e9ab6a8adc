"""Looks at the figures of a page on a phone, on a laptop and on paper: nothing scrolls, everything can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browser_page import Found, opened
from browser_site import Site
from playwright.sync_api import Browser

PROBES = Path(__file__).with_name("browser_figures.js")
PHONE = 360
BETWEEN = 480  # the widest on which panels stand below each other
LAPTOP = (1366, 768)
SMALLEST_TEXT = 9.5  # pixels of the screen, subscripts too
SLIDER = (200, 40)  # width and height on a phone, for a finger

Say = Callable[[str, str, Found], None]


def check_figures(browser: Browser, site: Site, name: str, report: Say) -> None:
    """Reports on all figures of a page."""
    with opened(browser, (site.root / name).as_uri(), width=PHONE) as (page, _):
        page.evaluate(PROBES.read_text(encoding="utf-8"))
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")

        def probe(check: str, *arguments: object) -> Found:
            page.evaluate("bookProbes.settle()")
            answer = page.evaluate(f"(a) => figureProbes.{check}(...a)", list(arguments))
            return answer["count"], answer["faults"]

        for width in (PHONE, BETWEEN):
            page.set_viewport_size({"width": width, "height": 740})
            report(name, f"figure width {width}", probe("sideways"))
            report(name, f"legible {width}", probe("legible", SMALLEST_TEXT))
            report(name, f"figure texts {width}", probe("overlaps"))
            report(name, f"slider {width}", probe("sliders", *SLIDER))
        page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        report(name, "figure texts", probe("overlaps"))
        report(name, "film height", probe("films"))
