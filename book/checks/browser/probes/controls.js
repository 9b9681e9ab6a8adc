// Sliders, sidebars, focus, copy buttons.

"use strict";

(() => {
  const { all, seen, describe } = window.bookTools;
  const probes = window.bookProbes;

  // Which frames are seen, and everything that must stay in place while they change.
  probes.frames = (figure) => {
    const place = (element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x + scrollX, y + scrollY, width, height].map((n) => Math.round(n * 2) / 2).join(" ");
    };
    // A drawing holds its frames once in each of its forms, of which one is shown.
    const form = all(":scope > .di-wide, :scope > .di-narrow", figure).find(seen) ?? figure;
    const frames = all(".di-frame", form);
    const controls = figure.closest(".di-figure-frame")?.parentElement.querySelector(".di-controls");
    const parts = [figure, controls, ...(controls ? all("button, input", controls) : [])];
    return {
      shown: frames.flatMap((frame, at) => (seen(frame) || getComputedStyle(frame).visibility === "visible" ? [at] : [])),
      places: parts.map((part) => (part ? place(part) : "")).join(" | ") + ` | ${document.scrollingElement.scrollHeight}`,
      moving: frames.some((frame) => frame.getAnimations().some((a) => a.playState === "running")),
      button: controls?.querySelector("button")?.getAttribute("aria-label") ?? "",
    };
  };

  // Links of a sidebar that lie in the window with nothing over them.
  probes.reachable = (side) =>
    all("a[href]").filter((link) => {
      if (!link.closest(side) || !seen(link)) {
        return false;
      }
      const box = link.getBoundingClientRect();
      const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + box.height / 2];
      const top = document.elementFromPoint(x, y);
      return Boolean(top) && (link.contains(top) || top.contains(link));
    }).length;

  // What marks an element as the one that the keyboard is at.
  const marks = (element) => {
    const style = getComputedStyle(element);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    return (outline ? `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}` : "") + style.boxShadow;
  };

  // The element with the focus, and what is wrong with it; nothing when the tab key has left the page.
  probes.stop = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element.dataset.bookSeen) {
      return null;
    }
    element.dataset.bookSeen = "yes";
    const fault = (text) => ({ fault: `${describe(element)} ${text}` });
    const box = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) {
      return { fault: "" }; // a link without a word, which is another check's business
    }
    const scrolls = element.scrollWidth > element.clientWidth + 1;
    if (element.closest("math, .math, mjx-container") && !element.closest("a") && !scrolls) {
      return fault("is a formula and a stop of the tab key");
    }
    const round = [element, element.parentElement].filter(Boolean);
    const focused = round.map(marks);
    element.blur();
    const left = round.map(marks);
    element.focus({ preventScroll: true, focusVisible: true });
    return focused.some((mark, at) => mark !== left[at] && mark !== "none") ? { fault: "" } : fault("does not show its focus");
  };

  probes.copyButtons = (touch) => {
    const faults = [];
    for (const button of all("div.cell_input button.copybtn").filter((b) => !b.closest("details:not([open])"))) {
      const box = button.getBoundingClientRect();
      const least = touch ? 40 : 24;
      if (Number(getComputedStyle(button).opacity) < (touch ? 0.99 : 0.4) || !seen(button)) {
        faults.push(`${describe(button.closest("div.cell_input"))}: its copy button is not seen`);
      } else if (box.width < least || box.height < least) {
        faults.push(`a copy button of ${Math.round(box.width)} × ${Math.round(box.height)} px`);
      }
    }
    return [...new Set(faults)];
  };
})();
