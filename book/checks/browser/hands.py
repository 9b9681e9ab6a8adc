"""Moves a control as a reader does: with keys, with a mouse, with a finger."""

from __future__ import annotations

from collections.abc import Callable

from controls import comes
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


def follows(page: Page, control: Locator, before: str) -> bool:
    """Whether a control's value becomes another one."""
    return comes(page, lambda: control.evaluate("(e) => e.value") != before)


def by_keys(page: Page, control: Locator) -> str | None:
    """Focuses it and presses the key that moves it; a slider and a choice must follow."""
    found = control.evaluate(FOUND)
    control.focus()
    page.keyboard.press(KEYS.get(found["kind"], ("Enter",) * 2)[found["on"] == 1])
    if found["kind"] in ("input", "select"):
        return None if follows(page, control, found["value"]) else f"{found['name']} does not follow keys"
    page.wait_for_timeout(PAUSE)
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


def focused(page: Page, control: Locator, press: Callable[[Point], None]) -> bool:
    """Whether a list takes the focus when it is pressed where it stands now."""
    found = control.evaluate(FOUND)
    press((found["x"] + found["width"] / 2, found["y"] + found["height"] / 2))
    return comes(page, lambda: control.evaluate("(e) => e === document.activeElement"))


def pressed(page: Page, control: Locator, press: Callable[[Point], None], hand: str) -> str | None:
    """Presses a control, a slider beside where it stands; says what does not follow."""
    found = control.evaluate(FOUND)
    if found["kind"] == "input":
        # An answer that comes in between may move what is below it: one presses again, where the control is then.
        moved = any(slid(page, control, press) for _ in range(2))
        return None if moved else f"{found['name']} does not follow a {hand}"
    if found["kind"] == "select":
        opened = any(focused(page, control, press) for _ in range(2))
        page.keyboard.press("Escape")  # closes the list
        return None if opened else f"{found['name']} does not open for a {hand}"
    press((found["x"] + found["width"] / 2, found["y"] + found["height"] / 2))
    page.wait_for_timeout(PAUSE)
    return None


def slid(page: Page, control: Locator, press: Callable[[Point], None]) -> bool:
    """Whether a slider follows a press beside where it stands."""
    found = control.evaluate(FOUND)
    part = found["on"] + (AWAY if found["on"] < 0.5 else -AWAY)
    press((found["x"] + part * found["width"], found["y"] + found["height"] / 2))
    return follows(page, control, found["value"])


# Every control with keys and a mouse in light colours, with a finger in dark ones.
WAYS = {"light": (by_keys, by_mouse), "dark": (by_touch,)}
