"""What a link to an equation or a paper shows before it is followed: to a resting pointer, to the keyboard, never in the way."""

from __future__ import annotations

from collections.abc import Iterator

from controls import at, comes
from opened import Found
from pages import Site
from playwright.sync_api import Browser, Locator, Page

LINKS = "a.di-eqref, a.di-cite"
SHOWN = ".di-preview"
TRIED = 6  # links of a page


def check_previews(browser: Browser, site: Site, name: str) -> Found:
    """Tries links of each kind."""
    if not any(kind in (site.root / name).read_text(encoding="utf-8") for kind in ("di-eqref", "di-cite")):
        return 0, []
    with at(browser, (site.root / name).as_uri(), 1400) as page:
        all_of_them = [link for link in page.locator(LINKS).all() if link.is_visible()]
        some = all_of_them[:: max(1, len(all_of_them) // TRIED)][:TRIED]
        return len(some), [fault for link in some for fault in tried(page, link)]


def tried(page: Page, link: Locator) -> Iterator[str]:
    """A pointer that rests, Escape, a pointer that goes away, the keyboard."""
    name = link.inner_text()
    is_shown = lambda: page.locator(SHOWN).is_visible() and bool(page.locator(SHOWN).inner_text().strip())  # noqa: E731
    is_away = lambda: page.locator(SHOWN).count() == 0  # noqa: E731
    link.scroll_into_view_if_needed()
    link.hover()
    if not comes(page, is_shown):
        yield f"the link {name} shows nothing to a pointer"
        return
    box = page.locator(SHOWN).bounding_box()
    if box["x"] < 0 or box["x"] + box["width"] > 1400 or box["y"] < 0:
        yield f"what the link {name} shows leaves the window"
    page.keyboard.press("Escape")
    if not comes(page, is_away):
        yield f"Escape does not end what the link {name} shows"
    page.mouse.move(1, 1)
    link.hover()
    comes(page, is_shown)
    page.mouse.move(1, 1)
    if not comes(page, is_away):
        yield f"what the link {name} shows stays when the pointer leaves"
    page.keyboard.press("Shift")  # from here on focus is the keyboard's
    link.focus()
    if not comes(page, is_shown):
        yield f"the link {name} shows nothing to the keyboard"
    link.blur()
    if not comes(page, is_away):
        yield f"what the link {name} shows stays when the keyboard moves on"
