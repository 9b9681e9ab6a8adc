"""Moves a control as a reader does: with keys, with a mouse, with a finger."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

# What a page has for them: native controls, and pictures that one draws on.
CONTROLS = ":is(input[type=range], select, button, summary, [role=application]):visible"
# What moves it on, and what moves it back where it is at its end.
KEYS = {"input": ("ArrowRight", "ArrowLeft"), "select": ("ArrowDown", "ArrowUp"), "canvas": ("ArrowRight", "ArrowLeft")}
# What kind it is, its value, how far on that is, and where it lies, brought into the middle of the window.
FOUND = """(e) => {
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  const { x, y, width, height } = e.getBoundingClientRect();
  const on = { input: () => (e.value - e.min) / (e.max - e.min || 1), select: () => e.selectedIndex / (e.length - 1 || 1) }[e.localName]?.() ?? 0;
  return { kind: e.localName, name: e.id || e.getAttribute('aria-label') || e.innerText, value: e.value, on, x, y, width, height };
}"""
# So far from where it is a slider is pressed, as a part of its track: not as far as where the library would refuse.
AWAY = 0.2
PAUSE = 20  # milliseconds

Point = tuple[float, float]
Way = Callable[[Page, Locator], "str | None"]


def by_keys(page: Page, control: Locator) -> str | None:
    """Focuses it and presses the key that moves it; a slider and a choice must follow."""
    found = control.evaluate(FOUND)
    control.focus()
    page.keyboard.press(KEYS.get(found["kind"], ("Enter",) * 2)[found["on"] == 1])
    page.wait_for_timeout(PAUSE)
    moves = found["kind"] in ("input", "select")
    if moves and control.evaluate("(e) => e.value") == found["value"]:
        return f"{found['name']} does not follow keys"
    return None


def by_mouse(page: Page, control: Locator) -> str | None:
    """Presses it with a mouse; a slider must follow, and a choice have the focus."""

    def press(at: Point) -> None:
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.up()

    return pressed(page, control, press, "mouse")


def by_touch(page: Page, control: Locator) -> str | None:
    """Taps it with a finger, in the same way."""
    return pressed(page, control, lambda at: page.touchscreen.tap(*at), "finger")


def pressed(page: Page, control: Locator, press: Callable[[Point], None], hand: str) -> str | None:
    """Presses a control, a slider beside where it stands; says what does not follow."""
    found = control.evaluate(FOUND)
    slides = found["kind"] == "input"
    part = (found["on"] + (AWAY if found["on"] < 0.5 else -AWAY)) if slides else 0.5
    press((found["x"] + part * found["width"], found["y"] + found["height"] / 2))
    page.wait_for_timeout(PAUSE)
    if found["kind"] == "select":
        focused = control.evaluate("(e) => e === document.activeElement")
        page.keyboard.press("Escape")  # closes the list
        return None if focused else f"{found['name']} does not open for a {hand}"
    if slides and control.evaluate("(e) => e.value") == found["value"]:
        return f"{found['name']} does not follow a {hand}"
    return None


# Every control with keys and a mouse in light colours, with a finger in dark ones.
WAYS = {"light": (by_keys, by_mouse), "dark": (by_touch,)}
