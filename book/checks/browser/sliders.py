"""Figures over time: their frames, moved by hand, by keyboard and by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from opened import Found
from playwright.sync_api import Locator, Page


def frames(figure: Locator) -> dict[str, Any]:
    """Which frames of a figure are shown, and where its parts stand."""
    return figure.evaluate("(figure) => bookProbes.frames(figure)")


def title(figure: Locator) -> str:
    """The name of a figure."""
    return figure.evaluate("(figure) => figure.querySelector('title')?.textContent.trim() || 'figure'")


def sliders(page: Page) -> Found:
    """Reports on all figures with frames."""
    figures = page.locator("svg.di-figure[data-frames]").all()
    return len(figures), [f"{title(figure)}: {text}" for figure in figures for text in slider(page, figure)]


def slider(page: Page, figure: Locator) -> Iterator[str]:
    """What is wrong with a slider: it moves the frames by keyboard, plays and pauses, and nothing jumps."""
    controls = figure.locator("xpath=ancestor::*[contains(@class, 'di-figure-frame')]/..").locator(".di-controls")
    slider, button = controls.locator("input[type=range]"), controls.locator("button")
    if slider.count() != 1 or button.count() != 1:
        yield "no slider with a button"
        return
    figure.scroll_into_view_if_needed()
    start = frames(figure)
    page.wait_for_timeout(600)
    if start["moving"] or frames(figure)["shown"] != start["shown"]:
        yield "moves by itself although the reader prefers reduced motion"
    slider.focus()
    states = []
    last = int(figure.get_attribute("data-frames") or 0) - 1
    for key, wanted in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("End", last), ("ArrowLeft", last - 1)):
        page.keyboard.press(key)
        states.append(frames(figure))
        if states[-1]["shown"] != [wanted]:
            yield f"after {key} the frames {states[-1]['shown']} are shown, not {wanted}"
            return
    if len({state["places"] for state in states}) > 1:
        yield "the layout jumps when the frame changes"
    page.keyboard.press("Home")
    button.click()
    deadline = time.monotonic() + 3
    while frames(figure)["shown"] == [0] and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    playing = frames(figure)
    if playing["shown"] == [0]:
        yield "the button does not play"
    if playing["button"] == start["button"]:
        yield f"the button says “{playing['button']}” while it plays"
    button.click()
    paused = frames(figure)
    page.wait_for_timeout(600)
    if paused["button"] == playing["button"] or frames(figure)["shown"] != paused["shown"]:
        yield "the button does not pause"
