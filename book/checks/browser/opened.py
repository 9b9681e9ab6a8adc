"""Opens a page in a real browser and listens to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route

FOLDER = Path(__file__).with_name("probes")
# What all of them use comes first.
FILES = [FOLDER / "tools.js", *sorted(FOLDER.glob("[!t]*.js"))]
PROBES = "".join(path.read_text(encoding="utf-8") for path in FILES)
WIDTHS = (360, 768, 1400)
HEIGHT = 900
LOCAL = ("file:", "data:", "blob:", "about:")

Found = tuple[int, list[str]]  # how many things were looked at, and what is wrong with them


def probe(page: Page, name: str, *arguments: object) -> Found:
    """Runs a probe inside a page."""
    answer = page.evaluate(f"(a) => bookProbes.{name}(...a)", list(arguments))
    return answer["count"], answer["faults"]


def unfold(page: Page, shown: bool = True) -> None:
    """Opens all that is folded on a page, or folds it."""
    page.evaluate("(open) => document.querySelectorAll('details').forEach((d) => { d.open = open; })", shown)


@dataclass
class Ears:
    """Hears what a page asks for and what it complains about."""

    origin: str
    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    weight: int = 0
    module: int = 0  # the library for the instruments, which comes when the page stands
    late: int = 0  # the instruments themselves, where they come then, too
    stands: bool = False

    def listen(self, page: Page) -> None:
        """Starts to listen; requests to other machines are noted and go no further."""
        page.route("**/*", self._let_pass)
        page.on("load", lambda _: setattr(self, "stands", True))
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
            weight = int(response.headers.get("content-length", 0))
            if response.url.endswith(".wasm.js"):
                self.module += weight
            elif self.stands and "/_static/live" in response.url:
                self.late += weight
            else:
                self.weight += weight

    def _said(self, message: ConsoleMessage) -> None:
        # What could not be loaded is counted with the requests.
        loading = message.text.startswith("Failed to load resource") or not self.at_home(message.location["url"] or "file:")
        if message.type in ("error", "warning") and not loading:
            self.complaints.append(f"{message.type}: {message.text.splitlines()[0]}")


@contextmanager
def opened(
    browser: Browser, url: str, *, scheme: str = "light", motion: str = "reduce", width: int = 1400, touch: bool = False
) -> Iterator[tuple[Page, Ears]]:
    """Opens a page and waits until everything on it stands."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion=motion, has_touch=touch, service_workers="block"
    )
    try:
        page = context.new_page()
        parts = url.split("/")
        ears = Ears("" if url.startswith("file:") else "/".join(parts[:3]))
        ears.listen(page)
        page.goto(url, wait_until="load")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(100)  # errors in what comes after the load
        page.evaluate(PROBES)
        page.evaluate("bookProbes.settle()")
        yield page, ears
    finally:
        context.close()
