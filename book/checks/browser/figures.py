"""Looks at the figures of a page on a phone, on a laptop and on paper: nothing scrolls, everything can be read."""

from __future__ import annotations

from collections.abc import Callable

from opened import Found, opened, probe, unfold
from pages import Site
from playwright.sync_api import Browser

PHONE = 360
BETWEEN = 480  # the widest on which panels stand below each other
LAPTOP = (1366, 768)
SMALLEST_TEXT = 9.5  # pixels of the screen, subscripts too
SLIDER = (200, 40)  # width and height on a phone, for a finger

Say = Callable[[str, str, Found], None]


def check_figures(browser: Browser, site: Site, name: str, report: Say) -> None:
    """Reports on all figures of a page."""
    with opened(browser, (site.root / name).as_uri(), width=PHONE) as (page, _):
        unfold(page)

        def settled(check: str, *arguments: object) -> Found:
            page.evaluate("bookProbes.settle()")
            return probe(page, check, *arguments)

        for width in (PHONE, BETWEEN):
            page.set_viewport_size({"width": width, "height": 740})
            report(name, f"figure width {width}", settled("sideways"))
            report(name, f"legible {width}", settled("legible", SMALLEST_TEXT))
            report(name, f"figure texts {width}", settled("overlaps"))
            report(name, f"slider {width}", settled("sliders", *SLIDER))
        page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        report(name, "figure texts", settled("overlaps"))
        report(name, "film height", settled("films"))
