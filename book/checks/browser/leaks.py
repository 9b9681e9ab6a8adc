"""Looks whether instruments keep what they no longer need: two hundred moves, and the same once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice

from opened import Found
from playwright.sync_api import ElementHandle, Page

MOVES = 200
KEYS = ("ArrowRight", "PageUp", "ArrowLeft", "PageDown")
PAUSE = 40  # milliseconds, in which most answers come
# In every worker, the library's memory gets a name.
NAMED = """
const make = URL.createObjectURL;
URL.createObjectURL = (blob) => make.call(URL, new Blob([`
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (bytes) => {
    const made = await instantiate(bytes);
    self.memory = made.instance.exports.memory;
    return made;
  };`, blob], { type: blob.type }));
"""
# What one move may leave, on average: half a part of the page or half a listener, and less than a curve of 401 numbers.
# The library's memory grows by pages of 65,536 bytes.
ALLOWED = {"Nodes": 0.5, "JSEventListeners": 0.5, "usedSize": 2_000, "backingStorageSize": 2_000, "library": 2_000}


def leaks(page: Page, instruments: list[str], alive: Callable[[Page, str], Iterator[str]]) -> Found:
    """Moves all sliders of a page twice in the same way; after the second time the page may be no larger."""
    page.add_init_script(NAMED)
    page.reload(wait_until="load")
    places = [page.locator(f".di-live[data-instrument={instrument}]") for instrument in instruments]
    for instrument in instruments:
        list(alive(page, instrument))  # what is wrong with that is said elsewhere
    sliders = [s for place in places for s in place.locator("input[type=range]:visible").element_handles() if s.is_enabled()]
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    sizes = []
    for _ in range(2):
        move(page, sliders)
        for place in places:
            place.locator(".di-live-reset").click()
        page.wait_for_timeout(3_000)  # what runs by itself has come to its end
        session.send("HeapProfiler.collectGarbage")
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        metrics |= session.send("Runtime.getHeapUsage")
        metrics["library"] = sum(worker.evaluate("self.memory?.buffer.byteLength ?? 0") for worker in page.workers)
        metrics.setdefault("backingStorageSize", 0)  # browsers of 2024 and before do not tell what arrays hold
        sizes.append({what: metrics[what] for what in ALLOWED})
    grown = {what: (sizes[1][what] - sizes[0][what]) / MOVES for what in ALLOWED}
    faults = [f"every move leaves {grown[what]:.1f} of {what}" for what, allowed in ALLOWED.items() if grown[what] > allowed]
    if not sliders or not sizes[0]["library"]:
        faults.append("no slider is there to move, or no memory of a library to look at")
    return MOVES, faults


def move(page: Page, sliders: list[ElementHandle]) -> None:
    """Presses keys on one slider after the other."""
    for slider, key in islice(zip(cycle(sliders), cycle(k for k in KEYS for _ in sliders)), MOVES):
        slider.press(key)
        page.wait_for_timeout(PAUSE)
