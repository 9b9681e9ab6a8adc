"""What is looked at in one page, with a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
from browser_site import Site, figures_in
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Request, Route

PROBES = Path(__file__).with_name("browser_probes.js")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
WIDTHS = (360, 768, 1400)
HEIGHT = 900
PAPER = 700  # pixels that an A4 page leaves for text
SMALLEST_TEXT = 9.0  # pixels of the screen, in figures
HEAVIEST = 1_000_000  # bytes of a page and all it loads
HEAVIEST_FIRST = 400_000  # of the first page
LOCAL = ("file:", "data:", "blob:", "about:")

Found = tuple[int, list[str]]  # how many things were looked at, and what is wrong with them


@dataclass
class Ears:
    """Hears what a page asks for and what it complains about."""

    origin: str
    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    weight: int = 0

    def listen(self, page: Page) -> None:
        """Starts to listen; requests to other machines are noted and go no further."""
        page.route("**/*", self._let_pass)
        page.on("websocket", lambda socket: self.outside.append(socket.url))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error).splitlines()[0]))

    def at_home(self, url: str) -> bool:
        """Whether an address is on this machine and belongs to the site."""
        return url.startswith(LOCAL) or (bool(self.origin) and url.startswith(self.origin + "/"))

    def _let_pass(self, route: Route) -> None:
        if self.at_home(route.request.url):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _failed(self, request: Request) -> None:
        if self.at_home(request.url):
            self.failed.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.url}: status {response.status}")
        elif self.origin and self.at_home(response.url):
            self.weight += int(response.headers.get("content-length", 0))

    def _said(self, message: ConsoleMessage) -> None:
        # What could not be loaded is counted with the requests.
        loading = message.text.startswith("Failed to load resource") or not self.at_home(message.location["url"] or "file:")
        if message.type in ("error", "warning") and not loading:
            self.complaints.append(f"{message.type}: {message.text.splitlines()[0]}")


@contextmanager
def opened(
    browser: Browser, url: str, *, scheme: str = "light", motion: str = "reduce", width: int = 1400
) -> Iterator[tuple[Page, Ears]]:
    """Opens a page and waits until everything on it stands."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion=motion, service_workers="block"
    )
    try:
        page = context.new_page()
        parts = url.split("/")
        ears = Ears("" if url.startswith("file:") else "/".join(parts[:3]))
        ears.listen(page)
        page.goto(url, wait_until="load")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(100)  # errors in what comes after the load
        page.evaluate(PROBES.read_text(encoding="utf-8"))
        page.evaluate("bookProbes.settle()")
        yield page, ears
    finally:
        context.close()


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

    def probe(self, page: Page, name: str, *arguments: object) -> Found:
        """Runs a probe inside the page."""
        answer = page.evaluate(f"(a) => bookProbes.{name}(...a)", list(arguments))
        return answer["count"], answer["faults"]

    def heard(self, ears: Ears, where: str) -> None:
        """Reports what a page asked for and complained about."""
        self.say(f"console {where}", (len(ears.complaints), ears.complaints))
        self.say(f"requests {where}", (len(ears.requests), ears.failed))
        self.say(f"outside {where}", (len(ears.requests), ears.outside))

    def rendered(self, page: Page, where: str) -> None:
        """Reports on figures and formulas."""
        count, faults = self.probe(page, "figures")
        if page.locator("div.cell").count():
            expected = figures_in(self.site.notebook(self.name)[0])
            shown = page.locator("svg.di-figure").count()
            if shown != expected:
                faults.append(f"{shown} figures are shown, {expected} are in the notebook")
        self.say(f"figures {where}", (count, faults))
        self.say(f"formulas {where}", self.probe(page, "formulas"))

    def from_disk(self) -> dict[str, list[str]]:
        """The page opened from disk, in light colours, with reduced motion."""
        with opened(self.browser, (self.site.root / self.name).as_uri()) as (page, ears):
            self.heard(ears, "file")
            self.say("solutions", self.solutions(page))
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            self.rendered(page, "file")
            self.say("slider file", self.sliders(page))
            self.links(page)
            numbers = page.evaluate("() => bookProbes.equations()")
            self.say("equations", (numbers["count"], numbers["faults"]))
            self.say("icons", self.probe(page, "icons"))
            self.say("contrast light", self.probe(page, "contrast"))
            self.say("axe light", self.axe(page))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.evaluate("bookProbes.settle()")
                self.say(f"overflow {width}", self.probe(page, "overflow"))
                self.say(f"legible {width}", self.probe(page, "legible", SMALLEST_TEXT))
                if width == WIDTHS[0]:
                    self.say(f"axe {width}", self.axe(page))
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = false; })")
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
        solutions = page.locator("details.di-solution").all()
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
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            self.say("contrast dark", self.probe(page, "contrast"))
            self.say("axe dark", self.axe(page))
            self.say("print dark", self.printed(page))

    def in_motion(self) -> None:
        """Figures with frames where motion is welcome: the page's script moves them, not the drawing's own style."""
        with opened(self.browser, (self.site.root / self.name).as_uri(), motion="no-preference") as (page, _):
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            faults = []
            figures = page.locator("svg.di-figure[data-frames]").all()
            for figure in figures:
                figure.scroll_into_view_if_needed()
                state = self.frames(figure)
                if state["moving"]:
                    faults.append(f"{self.title(figure)}: the drawing's own animation runs beside the slider")
                if len(state["shown"]) != 1:
                    faults.append(f"{self.title(figure)}: {len(state['shown'])} frames are shown at once")
            self.say("slider motion", (len(figures), faults))

    def over_http(self) -> None:
        """The page as a server gives it."""
        with opened(self.browser, f"{self.origin}/{self.name}") as (page, ears):
            self.heard(ears, "http")
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            self.rendered(page, "http")
            self.say("slider http", self.sliders(page))
            heaviest = HEAVIEST_FIRST if self.name == "index.html" else HEAVIEST
            too_heavy = [f"{ears.weight / 1e6:.2f} MB, more than {heaviest / 1e6}"] if ears.weight > heaviest else []
            self.say("weight", (ears.weight, too_heavy))
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
        count, faults = self.probe(page, "print")
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

    # ---- Slider

    @staticmethod
    def frames(figure: Locator) -> dict[str, Any]:
        """Which frames of a figure are shown, and where its parts stand."""
        return figure.evaluate("(figure) => bookProbes.frames(figure)")

    @staticmethod
    def title(figure: Locator) -> str:
        """The name of a figure."""
        return figure.evaluate("(figure) => figure.querySelector('title')?.textContent.trim() || 'figure'")

    def sliders(self, page: Page) -> Found:
        """Reports on all figures with frames."""
        figures = page.locator("svg.di-figure[data-frames]").all()
        return len(figures), [f"{self.title(figure)}: {text}" for figure in figures for text in self.slider(page, figure)]

    def slider(self, page: Page, figure: Locator) -> Iterator[str]:
        """What is wrong with a slider: it moves the frames by keyboard, plays and pauses, and nothing jumps."""
        controls = figure.locator("xpath=ancestor::*[contains(@class, 'di-figure-frame')]/..").locator(".di-controls")
        slider, button = controls.locator("input[type=range]"), controls.locator("button")
        if slider.count() != 1 or button.count() != 1:
            yield "no slider with a button"
            return
        figure.scroll_into_view_if_needed()
        start = self.frames(figure)
        page.wait_for_timeout(600)
        if start["moving"] or self.frames(figure)["shown"] != start["shown"]:
            yield "moves by itself although the reader prefers reduced motion"
        slider.focus()
        states = []
        last = int(figure.get_attribute("data-frames") or 0) - 1
        for key, wanted in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("End", last), ("ArrowLeft", last - 1)):
            page.keyboard.press(key)
            states.append(self.frames(figure))
            if states[-1]["shown"] != [wanted]:
                yield f"after {key} the frames {states[-1]['shown']} are shown, not {wanted}"
                return
        if len({state["places"] for state in states}) > 1:
            yield "the layout jumps when the frame changes"
        page.keyboard.press("Home")
        button.click()
        deadline = time.monotonic() + 3
        while self.frames(figure)["shown"] == [0] and time.monotonic() < deadline:
            page.wait_for_timeout(50)
        playing = self.frames(figure)
        if playing["shown"] == [0]:
            yield "the button does not play"
        if playing["button"] == start["button"]:
            yield f"the button says “{playing['button']}” while it plays"
        button.click()
        paused = self.frames(figure)
        page.wait_for_timeout(600)
        if paused["button"] == playing["button"] or self.frames(figure)["shown"] != paused["shown"]:
            yield "the button does not pause"
