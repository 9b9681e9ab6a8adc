"""What is looked at in one page, with a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
from opened import HEIGHT, WIDTHS, Ears, Found, opened, probe, unfold
from pages import Site, figures_in
from playwright.sync_api import Browser, Error, Page
from sliders import frames, sliders, title

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PAPER = 700  # pixels that an A4 page leaves for text
SMALLEST_TEXT = 9.0  # pixels of the screen, in figures
HEAVIEST = 1_000_000  # bytes of a page and all it loads
HEAVIEST_FIRST = 400_000  # of the first page
HEAVIEST_MODULE = 300_000  # of the library for the instruments, compressed; it comes on top, as a script in base64
HEAVIEST_LATE = 100_000  # of the instruments themselves, where they come when the page stands


@dataclass
class PageCheck:
    """All checks of one page."""

    browser: Browser
    site: Site
    name: str
    origin: str  # of the loopback server
    word: str  # searched for
    report: Callable[[str, str, Found], None]  # (page, check, found)

    def run(self) -> dict[str, list[str]]:
        """Checks the page; answers with the numbers of its equations and its references to them."""
        numbers = self.from_disk()
        self.in_the_dark()
        self.in_motion()
        self.over_http()
        return numbers

    def say(self, check: str, found: Found) -> None:
        """Reports what a check found."""
        self.report(self.name, check, found)

    def heard(self, ears: Ears, where: str) -> None:
        """Reports what a page asked for and complained about."""
        self.say(f"console {where}", (len(ears.complaints), ears.complaints))
        self.say(f"requests {where}", (len(ears.requests), ears.failed))
        self.say(f"outside {where}", (len(ears.requests), ears.outside))

    def rendered(self, page: Page, where: str) -> None:
        """Reports on figures and formulas."""
        count, faults = probe(page, "figures")
        if page.locator("div.cell").count():
            notebook = self.site.notebook(self.name)[0]
            # Once more the one that the section opens with.
            expected = figures_in(notebook) + ("opening" in notebook.get("metadata", {}))
            shown = page.locator("svg.di-figure").count()
            if shown != expected:
                faults.append(f"{shown} figures are shown, {expected} are in the notebook")
        self.say(f"figures {where}", (count, faults))
        self.say(f"formulas {where}", probe(page, "formulas"))

    def from_disk(self) -> dict[str, list[str]]:
        """The page opened from disk, in light colours, with reduced motion."""
        with opened(self.browser, (self.site.root / self.name).as_uri()) as (page, ears):
            self.heard(ears, "file")
            self.say("solutions", self.solutions(page))
            unfold(page)
            self.rendered(page, "file")
            self.say("slider file", sliders(page))
            self.links(page)
            numbers = page.evaluate("() => bookProbes.equations()")
            self.say("equations", (numbers["count"], numbers["faults"]))
            self.say("icons", probe(page, "icons"))
            self.say("contrast light", probe(page, "contrast"))
            self.say("axe light", self.axe(page))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.evaluate("bookProbes.settle()")
                self.say(f"overflow {width}", probe(page, "overflow"))
                if width == WIDTHS[0]:
                    self.say(f"axe {width}", self.axe(page))
                else:  # on a phone, figures must hold more (`figures.py`)
                    self.say(f"legible {width}", probe(page, "legible", SMALLEST_TEXT))
            unfold(page, False)
            self.say("print", self.printed(page))
            if page.locator("#search-results").count():
                self.say("search file", self.search(page))
        return numbers

    def links(self, page: Page) -> None:
        """Reports on links, on the notebook and on the ways to other pages."""
        count, broken = self.site.broken_links(self.name)
        equations = [link for link in broken if "#equation-" in link]
        self.say("links", (count, [f"{link} leads nowhere" for link in broken if link not in equations]))
        self.say("equation links", (count, [f"{link} leads nowhere" for link in equations]))
        hints = page.locator("link[rel~=preconnect], link[rel~=dns-prefetch]").evaluate_all("(e) => e.map((l) => l.href)")
        self.say("hints", (len(hints), [f"the page prepares to ask {url}" for url in hints]))
        if page.locator("div.cell").count():
            notebook, faults = self.site.notebook(self.name)
            self.say("download", (len(notebook.get("cells", [])), faults))
        if not page.locator("#search-results").count():
            self.say("navigation", self.site.navigation(self.name))

    def solutions(self, page: Page) -> Found:
        """Solutions are closed, open at a click, show something, and close again."""
        faults = []
        solutions = page.locator("details.di-solution, details.di-code").all()
        for number, solution in enumerate(solutions, start=1):
            closed = solution.bounding_box()
            summary = solution.locator("> summary")
            if solution.get_attribute("open") is not None:
                faults.append(f"solution {number} is open from the start")
                continue
            summary.click()
            opened_box = solution.bounding_box()
            if not closed or not opened_box or opened_box["height"] < closed["height"] + 20:
                faults.append(f"solution {number} shows nothing when it is opened")
            summary.focus()
            page.keyboard.press("Enter")
            if solution.get_attribute("open") is not None:
                faults.append(f"solution {number} does not close")
        return len(solutions), faults

    def in_the_dark(self) -> None:
        """The page in dark colours, on the screen and on paper."""
        with opened(self.browser, (self.site.root / self.name).as_uri(), scheme="dark") as (page, _):
            unfold(page)
            self.say("contrast dark", probe(page, "contrast"))
            self.say("axe dark", self.axe(page))
            self.say("print dark", self.printed(page))

    def in_motion(self) -> None:
        """Figures with frames where motion is welcome: the page's script moves them, not the drawing's own style."""
        with opened(self.browser, (self.site.root / self.name).as_uri(), motion="no-preference") as (page, _):
            unfold(page)
            faults = []
            figures = page.locator("svg.di-figure[data-frames]").all()
            for figure in figures:
                figure.scroll_into_view_if_needed()
                state = frames(figure)
                if state["moving"]:
                    faults.append(f"{title(figure)}: the drawing's own animation runs beside the slider")
                if len(state["shown"]) != 1:
                    faults.append(f"{title(figure)}: {len(state['shown'])} frames are shown at once")
            self.say("slider motion", (len(figures), faults))

    def over_http(self) -> None:
        """The page as a server gives it."""
        with opened(self.browser, f"{self.origin}/{self.name}") as (page, ears):
            self.heard(ears, "http")
            unfold(page)
            self.rendered(page, "http")
            self.say("slider http", sliders(page))
            heaviest = HEAVIEST_FIRST if self.name == "index.html" else HEAVIEST
            too_heavy = [f"{ears.weight / 1e6:.2f} MB, more than {heaviest / 1e6}"] if ears.weight > heaviest else []
            self.say("weight", (ears.weight, too_heavy))
            too_heavy = [f"{ears.module * 3 / 4e6:.2f} MB, compressed"] if ears.module * 3 / 4 > HEAVIEST_MODULE else []
            self.say("weight of the module", (ears.module, too_heavy))
            too_heavy = [f"{ears.late / 1e6:.2f} MB"] if ears.late > HEAVIEST_LATE else []
            self.say("weight of the late", (ears.late, too_heavy))
            if page.locator("#search-results").count():
                self.say("search http", self.search(page))

    def axe(self, page: Page) -> Found:
        """Serious and critical findings of axe."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        grave = [found for found in result["violations"] if found["impact"] in ("serious", "critical")]
        faults = [
            f"{found['id']}: {found['help']}: {found['nodes'][0]['html'][:120]} ({len(found['nodes'])} times)" for found in grave
        ]
        return len(result["passes"]), faults

    def printed(self, page: Page) -> Found:
        """The page on paper: no controls, open solutions, nothing pale or cut off."""
        page.set_viewport_size({"width": PAPER, "height": HEIGHT})
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.evaluate("bookProbes.settle()")
        count, faults = probe(page, "print")
        if hidden := page.evaluate("bookProbes.hiddenSolutions()"):
            faults.append(f"{hidden} solutions stay closed")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
        return count, faults

    def search(self, page: Page) -> Found:
        """A word typed into the search page leads to the sections with that word, and shows it in them."""
        box = page.locator("main input[name=q]:visible").first
        try:
            box.fill(self.word)
            box.press("Enter")
            page.locator("#search-results li a").first.wait_for(timeout=5000)
            hits = page.locator("#search-results li")
            bare = [hit for hit in hits.all() if not hit.locator("mark").count()]
            if bare:
                return hits.count(), [f"{len(bare)} hits for “{self.word}” do not show the word"]
            section = page.locator("#search-results li a[href*='#']").first
            if not section.count():
                return hits.count(), [f"no hit for “{self.word}” leads to a section"]
            section.click()
            page.wait_for_load_state()
            page.wait_for_timeout(200)
            return hits.count(), list(self.landed(page))
        except Error as error:
            return 0, [f"no hit for “{self.word}”: {error.message.splitlines()[0]}"]

    def landed(self, page: Page) -> Iterator[str]:
        """A hit shows its section at the top of the window, and the word marked in it."""
        found = page.evaluate(
            """() => {
              const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
              return {
                top: section?.getBoundingClientRect().top,
                marked: [...(section?.querySelectorAll('mark') ?? [])].map((mark) => mark.textContent.toLowerCase()),
              };
            }"""
        )
        if found["top"] is None or not -5 <= found["top"] <= HEIGHT / 2:
            yield f"a hit lands {found['top']} px from its section"
        if self.word.lower() not in found["marked"]:
            yield f"“{self.word}” is not marked where a hit leads"
