"""The controls of a page, tried by clicking, tapping and typing: menu, contents, focus, copying, download, printing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from opened import PROBES, WIDTHS, Found
from pages import Site
from playwright.sync_api import Browser, Error, Locator, Page

HEIGHT = 800
SIDES = {
    "menu": "#di-menu, .bd-sidebar-primary",
    "contents": "#di-contents, .bd-sidebar-secondary",
}
BUTTONS = {
    "menu": ".bd-header-article :is([data-opens=di-menu], .primary-toggle)",
    "contents": ".bd-header-article :is([data-opens=di-contents], .secondary-toggle)",
}
EMPTY = 0.4  # of a printed page must be used, the last page excepted
SCALE = 0.2  # of PDF points, at which pages are looked at


@contextmanager
def at(browser: Browser, url: str, width: int, scripts: bool = True) -> Iterator[Page]:
    """Opens a page as a phone or tablet shows it, or a desk."""
    touch = width < 1000
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        has_touch=touch,
        is_mobile=touch,
        accept_downloads=True,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        page.goto(url, wait_until="load")
        if scripts:
            page.evaluate(PROBES)
        yield page
    finally:
        context.close()


def check_controls(browser: Browser, site: Site, name: str, origin: str, report: Callable[[str, str, Found], None]) -> None:
    """Tries everything on a page that can be pressed."""
    url = (site.root / name).as_uri()
    for width in WIDTHS:
        with at(browser, url, width) as page:
            report(name, f"menu {width}", (2, list(sidebars(page, width))))
            anew(page, url)
            report(name, f"copy {width}", copying(page, width))
            if width == WIDTHS[-1]:
                anew(page, url)
                report(name, "focus", focus(page))
                anew(page, url)
                report(name, "download file", downloaded(page, site))
                anew(page, url)
                report(name, "paper", printed(page))
    with at(browser, url, WIDTHS[0], scripts=False) as page:
        report(name, "formulas unscripted", without_scripts(page))
    with at(browser, f"{origin}/{name}", WIDTHS[-1]) as page:
        report(name, "download http", downloaded(page, site))


def anew(page: Page, url: str) -> None:
    """Opens the page once more as it was at first; a tab of its own takes a browser longer than most checks."""
    page.goto("about:blank")  # what only the place after the `#` tells apart would not be loaded again
    page.goto(url, wait_until="load")
    page.evaluate(PROBES)


# ---- Menu and contents


def press(page: Page, button: Locator, width: int) -> None:
    """A tap on a touch screen, a click elsewhere."""
    if width < 1000:
        button.tap(timeout=5000)
    else:
        button.click(timeout=5000)


def comes(page: Page, condition: Callable[[], bool]) -> bool:
    """Whether something comes true within two seconds."""
    for _ in range(40):
        if condition():
            return True
        page.wait_for_timeout(50)
    return condition()


def shown(page: Page, side: str) -> int:
    """How many links of a sidebar can be seen and pressed."""
    return page.evaluate("(side) => bookProbes.reachable(side)", SIDES[side])


def sidebars(page: Page, width: int) -> Iterator[str]:
    """Menu and contents open and close by pointer and keyboard, and lead on."""
    for side, selector in BUTTONS.items():
        wanted = page.locator(f":is({SIDES[side]}) a").count()
        buttons = page.locator(selector).all()
        if wanted == 0 and not buttons:
            continue
        button = next((button for button in buttons if button.is_visible()), None)
        if button is None:
            yield f"no button for the {side}"
            continue
        try:
            yield from opens_and_closes(page, side, button, width)
            yield from leads_on(page, side, button, width)
        except Error as error:
            yield f"the {side} cannot be used: {error.message.splitlines()[0]}"


def opens_and_closes(page: Page, side: str, button: Locator, width: int) -> Iterator[str]:
    """A press changes what is seen, and another one changes it back."""
    before = shown(page, side)
    press(page, button, width)
    if not comes(page, lambda: (shown(page, side) > 0) != (before > 0)):
        yield f"a press on the button of the {side} changes nothing"
        return
    close(page, button, width)
    if not comes(page, lambda: shown(page, side) == before):
        yield f"the {side} does not go back"
        return
    button.focus()
    page.keyboard.press("Enter")
    if not comes(page, lambda: shown(page, side) != before):
        yield f"the keyboard does not move the {side}"
    close(page, button, width)
    comes(page, lambda: shown(page, side) == before)


def close(page: Page, button: Locator, width: int) -> None:
    """What one does to close: Escape where a dialog is open, the same button elsewhere."""
    if page.locator("dialog[open]").count():
        page.keyboard.press("Escape")
    else:
        press(page, button, width)


def leads_on(page: Page, side: str, button: Locator, width: int) -> Iterator[str]:
    """The last link of an open sidebar leads where it says."""
    if shown(page, side) == 0:
        press(page, button, width)
        comes(page, lambda: shown(page, side) > 0)
    link = page.locator(f":is({SIDES[side]}) a[href]:visible").last
    if not link.count():
        return
    target = unquote(link.get_attribute("href") or "")
    before = page.url
    press(page, link, width)
    if not comes(page, lambda: unquote(page.url).endswith(target)):
        yield f"a press on {target} in the {side} leads to {page.url.rsplit('/', 1)[-1]}"
    elif page.locator("dialog[open]").count():
        yield f"the {side} stays over the page that was chosen"
    page.goto(before.split("#")[0])
    page.evaluate(PROBES)


# ---- Keyboard


def focus(page: Page) -> Found:
    """Every stop of the tab key shows that it is one; formulas and things that do nothing are none."""
    stops, faults = 0, []
    page.evaluate("document.activeElement?.blur()")
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate("bookProbes.stop()")
        if stop is None:
            break
        stops += 1
        if stop["fault"] and stop["fault"] not in faults:
            faults.append(stop["fault"])
    return stops, faults


# ---- Copy, download


def copying(page: Page, width: int) -> Found:
    """Every piece of code of a cell has a button that is seen without a pointer over it, and copies."""
    codes = page.locator("div.cell_input div.highlight pre").count()
    buttons = page.locator("div.cell_input button.copybtn").all()
    if codes == 0:
        return 0, []
    if len(buttons) != codes:
        return codes, [f"{len(buttons)} copy buttons for {codes} pieces of code"]
    faults = page.evaluate("(touch) => bookProbes.copyButtons(touch)", width < 1000)
    if not faults:
        buttons[0].scroll_into_view_if_needed()
        press(page, buttons[0], width)
        if not comes(page, lambda: page.locator("div.cell_input button.copybtn[title=Copied]").count() > 0):
            faults.append("a copy button does not say that it copied")
    return codes, faults


def downloaded(page: Page, site: Site) -> Found:
    """A click on the notebook's link saves the notebook."""
    link = page.locator("a[href*='_sources/'][href$='.ipynb']").first
    if not page.locator("div.cell").count() or not link.count() or site.notebook(page.url.rsplit("/", 1)[-1])[1]:
        return 0, []
    name = unquote((link.get_attribute("href") or "").rsplit("/", 1)[-1])
    try:
        with page.expect_download(timeout=5000) as download:
            link.click(timeout=3000)
        saved = Path(download.value.path()).read_bytes()
    except Error:
        return 1, [f"a click on {name} saves nothing"]
    faults = [] if download.value.suggested_filename == name else [f"{name} is saved as {download.value.suggested_filename}"]
    if saved != (site.root / "_sources" / name).read_bytes():
        faults.append(f"what is saved as {name} is not the notebook")
    return 1, faults


# ---- Without scripts, and on paper


def without_scripts(page: Page) -> Found:
    """Formulas stand there at the first paint, without any script."""
    count, missing = page.locator(".math").evaluate_all(
        """(all) => [all.length, all.filter((formula) => {
          const drawn = formula.querySelector("math");
          return !drawn || (drawn.checkVisibility() && drawn.getBoundingClientRect().width === 0);
        }).length]"""
    )
    return count, [f"not typeset: {missing} formulas"] if missing else []


def printed(page: Page) -> Found:
    """Films print their story, solutions print by choice, and no page is nearly empty."""
    faults = by_choice(page)
    page.emulate_media(media="print")
    faults += page.evaluate("bookProbes.printedFrames()")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    pages = ink(page.pdf(format="A4"))
    for number, used in enumerate(pages[:-1], start=1):
        if used < EMPTY:
            faults.append(f"only {100 * used:.0f} % of printed page {number} of {len(pages)} is used")
    return len(pages), faults


def by_choice(page: Page) -> list[str]:
    """The button asks whether solutions shall be printed, and the answer holds."""
    button = page.locator("[data-print]")
    if not page.locator("details.di-solution").count() or not button.count():
        return []
    page.evaluate("window.print = () => {}")
    faults = []
    for wanted in (False, True):
        button.click()
        box = page.locator("dialog[open] input[type=checkbox]")
        if not box.count():
            return ["the print button does not ask about solutions"]
        box.set_checked(wanted)
        page.locator("dialog[open] button[value=print]").click()
        page.wait_for_timeout(50)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        if page.locator("details.di-solution > summary").first.is_visible() != wanted:
            faults.append(f"solutions are {'not ' if wanted else ''}printed against the reader's choice")
        page.emulate_media(media="screen")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
    return faults


def ink(document: bytes) -> list[float]:
    """How far down each page of a PDF something is printed, as a share of its height."""
    import pypdfium2

    shares = []
    for page in pypdfium2.PdfDocument(document):
        bitmap = page.render(scale=SCALE, grayscale=True)
        data, stride = bytes(bitmap.buffer), bitmap.stride
        rows = [data[row * stride : row * stride + bitmap.width] for row in range(bitmap.height)]
        # Half of the scale's grey: a rule at the side, which frames may leave, is no text.
        used = [number for number, row in enumerate(rows, start=1) if sum(pixel < 200 for pixel in row) > 3]
        shares.append(max(used, default=0) / bitmap.height)
    return shares
