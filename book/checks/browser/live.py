"""Looks at the instruments: they answer as the library does on this machine, and every control of theirs moves something."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hands import CONTROLS, WAYS, Way, by_keys
from leaks import leaks
from opened import HEIGHT, Found, opened, probe
from pages import Site
from playwright.sync_api import Browser, Error, Locator, Page, Route

# To the main module; and to those of the instruments that have their own.
QUESTIONS = Path(__file__).with_name("questions.txt")
OWN = sorted(Path(__file__).parent.glob("questions-*.txt"))
BITS = """(number) => [...new BigUint64Array(Float64Array.of(...number).buffer)].map((bits) => bits.toString(16))"""
# Single precision is the same to the bit. What the exponentials and cosines of double precision go into is not: they are
# the system's here and Rust's own in the page, and some of their last bits differ. So far an array may then be off, as a
# share of its largest number, or of 1: some roundings of 1e-16.
EXACT_TO = 2e-15
DOUBLE = ("betas", "signal", "noise", "alpha_bar", "nats", "end", "heat", "q0", "q_t", "normal", "floor", "level", "left", "best", "density", "origin", "guess", "eps", "middle", "width", "step", "gaussian", "origins", "fits", "heights")
# Products of matrices, whose sums processors take in different orders and with or without fused operations: after some
# steps of training, or on the way from noise by a network, in single precision, what comes out is this far off.
LEARNED = {
    **dict.fromkeys(("train losses", "paint losses", "look learned", "excess excess", "show states", "show distance"), 1e-5),
    **dict.fromkeys(("fill exact", "fill network", "fill excess", "half states", "half distances"), 1e-5),
    **dict.fromkeys(("play losses", "learn losses"), 1e-5),
    **dict.fromkeys(("picture states", "gaze shares", "score made", "score walked"), 1e-4),
    "score quality": 5e-3,  # a share of points inside a radius: one on its rim may fall out
}
READY = 5_000  # milliseconds
# Axes keep the labels that stay: they must be those that a plot without any draws, as it does at a change of colours.
AXES = """async (live) => {
  const axes = [...live.querySelectorAll('.di-axes')];
  const before = axes.map((one) => one.innerHTML);
  axes.forEach((one) => one.replaceChildren());
  const root = document.documentElement;
  root.setAttribute('data-theme', root.getAttribute('data-theme'));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return axes.filter((one, at) => one.innerHTML !== before[at]).length;
}"""

Say = Callable[[str, str, Found], None]


@dataclass(frozen=True)
class Natives:
    """What the answers of a page are compared with."""

    program: Path | None = None  # answers on this machine
    module: Path | None = None  # the committed one, in place of the one that was just compiled


def check_live(browser: Browser, site: Site, name: str, origin: str, natives: Natives, report: Say) -> None:
    """Reports on all instruments of a page."""
    names = instruments(site, name)
    if not names:
        return
    for where, url in (("file", (site.root / name).as_uri()), ("http", f"{origin}/{name}")):
        with opened(browser, url) as (page, ears):
            faults = [f"{instrument} loads before anybody comes near" for instrument in names if too_early(page, instrument)]
            faults += [fault for instrument in names for fault in comes_alive(page, instrument)]
            if where == "http":  # from disk no script may read the styles
                faults += probe(page, "askedAgain")[1]
            report(name, f"instruments {where}", (len(names), faults + ears.complaints + ears.outside + ears.failed))
            if where == "file" and natives.program and name == "laboratory.html":
                report(name, "same answers", same_answers(page, names[0], natives.program))
                for questions in OWN:
                    instrument = questions.stem.removeprefix("questions-")
                    answers = same_answers(page, instrument, natives.program, questions)
                    report(name, f"same answers, {instrument}", answers)
    if natives.program and natives.module and name == "laboratory.html":
        with opened(browser, (site.root / name).as_uri()) as (page, _):
            anew(page, lambda route: route.fulfill(path=natives.module))
            list(comes_alive(page, names[0]))
            report(name, "same when committed", same_answers(page, names[0], natives.program))
    if name == "laboratory.html":
        with opened(browser, (site.root / name).as_uri()) as (page, _):
            report(name, "leaks", leaks(page, names, comes_alive))
    if "hero" in names:
        report(name, "focus kept", keeps_focus(browser, (site.root / name).as_uri()))
    for width in (360, 1400):
        for scheme in ("light", "dark"):
            # By every hand where all instruments are; elsewhere keys will do.
            ways = WAYS[scheme] if name == "laboratory.html" else (by_keys,)
            with opened(browser, (site.root / name).as_uri(), width=width, scheme=scheme, touch=True) as (page, ears):
                found = [driven(page, instrument, ways) for instrument in names]
                faults = [fault for _, several in found for fault in several]
                faults += [fault for instrument in names for fault in misspelt(page, instrument)]
                report(name, f"controls {width} {scheme}", (sum(count for count, _ in found), faults + ears.complaints))


def instruments(site: Site, name: str) -> list[str]:
    """The instruments of a page."""
    return [found.removeprefix("instrument-") for found in sorted(site.read(name).ids) if found.startswith("instrument-") and not found.endswith("-name")]


def place(page: Page, instrument: str) -> Locator:
    """Where an instrument stands."""
    return page.locator(f".di-live[data-instrument={instrument}]")


def too_early(page: Page, instrument: str) -> bool:
    """Whether an instrument far below the window has loaded anything."""
    return place(page, instrument).evaluate("(e) => e.getBoundingClientRect().top > innerHeight + 400 && 'state' in e.dataset")


def comes_alive(page: Page, instrument: str) -> Iterator[str]:
    """Near the window an instrument gets its library."""
    where = place(page, instrument)
    where.scroll_into_view_if_needed()
    try:
        page.wait_for_selector(f".di-live[data-instrument={instrument}][data-state=ready]", timeout=READY)
        page.wait_for_timeout(300)
    except Error:
        yield f"{instrument} does not get its library"
    if refusal := where.locator(".di-live-refusal").inner_text().strip():
        yield f"{instrument} says “{refusal}” from the start"


def anew(page: Page, answer: Callable[[Route], object]) -> None:
    """Opens a page once more, and lets this answer what it asks the main module for."""
    url = page.url
    page.goto("about:blank")  # else what the page still asks for until it goes would be answered, too, and first
    page.route("**/live.wasm.js", answer)
    page.goto(url, wait_until="load")


def keeps_focus(browser: Browser, url: str) -> Found:
    """A reader whose focus is on the film's slider when the live picture takes over has it on its slider then."""
    held: list[Route] = []
    with opened(browser, url) as (page, _):
        anew(page, lambda route: held.append(route))
        slider = page.locator(".di-controls input[type=range]").first
        slider.focus()
        old = slider.element_handle()
        for _ in range(READY // 50):
            page.wait_for_timeout(50)
            if held:
                break
        else:
            return 1, ["the live picture does not ask for its library"]
        held[0].continue_()
        try:
            page.wait_for_selector(".di-hero", timeout=READY)
        except Error:
            return 1, ["the live picture does not take the film over once it has its library"]
        if slider.evaluate("(slider, old) => slider === old", old):
            return 1, ["the live picture has not taken the slider over"]
        kept = slider.evaluate("(slider) => slider === document.activeElement")
        return 1, [] if kept else ["the focus is lost with the film's slider"]


def driven(page: Page, instrument: str, ways: tuple[Way, ...]) -> Found:
    """Every slider, choice and button of an instrument, moved or pressed in these ways: no complaint, and Reset undoes all."""
    where = place(page, instrument)
    faults: list[str] = []
    list(comes_alive(page, instrument))  # what is wrong with that is said elsewhere
    controls = where.locator(CONTROLS)
    start = values(where)
    for way in ways:
        for control in controls.all():
            if control.is_visible() and control.is_enabled():
                fault = way(page, control)
                faults += [f"{instrument}: {fault}"] if fault else []
    page.wait_for_timeout(300)
    if refusal := where.locator(".di-live-refusal").inner_text().strip():
        faults.append(f"{instrument} says “{refusal}” after its controls were moved")
    for plot in where.locator("svg.di-plot").all():
        box = plot.bounding_box()
        if not box or box["width"] < 100 or box["height"] < 80 or box["x"] < 0 or box["x"] + box["width"] > page.viewport_size["width"]:
            faults.append(f"{instrument}: a plot lies at {box}")
    if stale := where.evaluate(AXES):
        faults.append(f"{instrument}: {stale} plots have other axes than if they were drawn anew")
    where.locator(".di-live-reset").click()
    page.wait_for_timeout(300)
    if values(where) != start:
        faults.append(f"{instrument}: Reset does not bring back how it began")
    return controls.count(), faults


# Asks what is refused after Reset, and after all that Reset asks.
LATE = """(name) => {
  const stage = window.diLive.stages[name];
  const { library } = stage;
  stage.library = { ask: () => new Promise((_, no) => window.setTimeout(() => no(new Error("too late")), 400)) };
  stage.ask("anything").catch((error) => stage.refuse(error));
  stage.library = library;
  stage.reset();
}"""


def misspelt(page: Page, instrument: str) -> Iterator[str]:
    """A word that nobody knows is named where it was typed, and Reset takes it back."""
    where = place(page, instrument)
    for field in where.locator("input[type=text]").all()[:1]:
        start = values(where)
        field.fill("nosuchword")
        field.press("Enter")
        try:
            page.wait_for_function(f"""() => document.querySelector(".di-live[data-instrument={instrument}] .di-live-refusal").textContent.includes("nosuchword")""", timeout=READY)
        except Error:
            yield f"{instrument} says nothing of a word that does not exist"
        where.locator(".di-live-reset").click()
        # At once, whatever the library is still at; and it stays away when that has answered.
        for _ in range(2):
            if refusal := where.locator(".di-live-refusal").inner_text().strip():
                yield f"{instrument} still says “{refusal}” after Reset"
                break
            page.wait_for_timeout(300)
        # And a refusal that comes later still, of a question from before, is never said.
        page.evaluate(LATE, instrument)
        page.wait_for_timeout(500)
        if refusal := where.locator(".di-live-refusal").inner_text().strip():
            yield f"{instrument} says “{refusal}” of what Reset took back"
        if values(where) != start:
            yield f"{instrument}: Reset does not take back what was typed"


def values(where: Locator) -> list[str]:
    """What the controls of an instrument are set to."""
    return where.locator(":is(input[type=range], input[type=text], select)").evaluate_all("(all) => all.map((e) => `${e.id} ${e.value}`)")


def same_answers(page: Page, instrument: str, native: Path, path: Path = QUESTIONS) -> Found:
    """The page's answers beside those of the library on this machine: the same bits."""
    lines = subprocess.run([native, path], capture_output=True, text=True, check=True).stdout.splitlines()
    questions = [block for block in path.read_text(encoding="utf-8").split("\n\n") if block.strip()]
    count, faults = 0, []
    for number, (block, contents, bits) in enumerate(zip(questions, lines[::2], lines[1::2], strict=True), start=1):
        question, _, numbers = block.partition("\nnumbers")
        given = [float(number) for number in numbers.split()]
        answer = page.evaluate(
            f"""([question, numbers]) => {{
              const {{ library }} = window.diLive.stages[{instrument!r}];
              const file = question.match(/^file (.*)$/m)?.[1];
              const asked = file ? library.give(question, `weights-${{file}}.js`, "diWeights") : library.exactly(question, numbers);
              return asked.then(
                ({{ contents, answer }}) => [contents.replaceAll('\\n', ';'), ({BITS})(answer).join(' ')],
                (error) => ['refused', error.message]);
            }}""",
            [question.strip("\n"), given],
        )
        count += 1
        faults += [f"question {number}, {text}" for text in differences(question.split()[0], [contents, bits], answer)]
    return count, faults


def differences(name: str, here: list[str], there: list[str]) -> Iterator[str]:
    """Where two answers differ."""
    if here[0] != there[0]:
        yield f"{name}: {here[0]} here, {there[0]} in the page"
        return
    if here[0] == "refused":
        if here[1] != there[1]:
            yield f"{name}: refused with “{here[1]}” here, “{there[1]}” in the page"
        return
    start, ours, theirs = 0, here[1].split(), there[1].split()
    for array in here[0].split(";"):
        word, length = array.split()
        pairs = list(zip(ours[start : start + int(length)], theirs[start : start + int(length)], strict=True))
        start += int(length)
        allowed = LEARNED.get(f"{name} {word}", EXACT_TO if word in DOUBLE else 0.0)
        if allowed:
            size = max([1.0, *(abs(number(a)) for a, _ in pairs)])
            worst = max((abs(number(a) - number(b)) / size for a, b in pairs), default=0.0)
            if not worst <= allowed:
                yield f"{name}: {word} is {worst:.1e} off in the page, of {size:.1e}"
        elif unlike := sum(a != b for a, b in pairs):
            yield f"{name}: {unlike} of {length} numbers of {word} have other bits in the page"


def number(bits: str) -> float:
    """The number that these bits are."""
    return struct.unpack(">d", bytes.fromhex(bits.rjust(16, "0")))[0]
