// Colours of figures, and everything on paper.

"use strict";

(() => {
  const { all, shorten, seen, describe, rgba, over, contrastOf, behind, inked, behindText } = window.bookTools;
  const probes = window.bookProbes;

  probes.contrast = () => {
    const faults = [];
    let count = 0;
    for (const figure of all("svg.di-figure")) {
      const worst = new Map();
      for (const text of all("text, tspan", figure).filter((t) => seen(t) && !t.querySelector("tspan"))) {
        count += 1;
        const ground = behindText(text, figure);
        const ratio = contrastOf(over(inked(text), ground), ground);
        const size = text.getBoundingClientRect().height;
        if (ratio < (size >= 32 ? 3 : 4.5)) {
          const colours = `${getComputedStyle(text).fill} on rgb(${ground.map(Math.round).join(", ")})`;
          worst.set(colours, `“${shorten(text.textContent, 30)}” ${ratio.toFixed(1)}:1, ${colours}`);
        }
      }
      // Curves and frames may be paler than text, but must be seen.
      for (const mark of all("path, line, polyline", figure).filter((m) => seen(m) && !m.closest("clipPath, defs"))) {
        const style = getComputedStyle(mark);
        const stroke = style.stroke === "none" ? [0, 0, 0, 0] : rgba(style.stroke);
        const ground = behind(figure, false);
        if (stroke[3] === 1 && inked(mark)[3] === 0 && contrastOf(stroke, ground) < 1.15) {
          worst.set(style.stroke, `a line in ${style.stroke} cannot be seen`);
        }
      }
      worst.forEach((text) => faults.push(`${describe(figure)}: ${text}`));
    }
    return { count, faults };
  };

  probes.print = () => {
    const faults = [];
    const controls = ".bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-area, .di-controls, button, input, nav";
    for (const control of all(controls).filter(seen)) {
      if (!control.closest("article .onlyprint, #jb-print-docs-body")) {
        faults.push(`${describe(control)} is printed`);
      }
    }
    const content = all("article :is(pre, table, .di-formula, .di-figure-frame, .text_html)").filter(seen);
    for (const part of content) {
      if (part.scrollWidth > part.clientWidth + 2 && !part.closest("svg")) {
        faults.push(`${describe(part)} is cut off on paper (${part.scrollWidth} of ${part.clientWidth} px)`);
      }
    }
    const pale = new Map();
    for (const text of all("article :is(p, li, pre, pre span, h1, h2, h3, td, th, summary, math), svg.di-figure text")) {
      const drawn = text.namespaceURI.endsWith("svg");
      if (seen(text) && text.textContent.trim()) {
        const colour = drawn ? inked(text) : rgba(getComputedStyle(text).color);
        const ratio = contrastOf(over(colour, [255, 255, 255]), [255, 255, 255]);
        if (ratio < 3) {
          pale.set(text.localName, `${describe(text)} is printed pale, ${ratio.toFixed(1)}:1 on paper`);
        }
      }
    }
    faults.push(...pale.values());
    return { count: content.length, faults };
  };

  probes.hiddenSolutions = () =>
    all("details.di-solution").filter((solution) => {
      const first = solution.querySelector(":scope > :not(summary)");
      return first && !first.checkVisibility({ contentVisibilityAuto: true });
    }).length;

  // On paper a film is the frame that tells the story.
  probes.printedFrames = () =>
    all("svg.di-figure[data-frames]").flatMap((figure) => {
      const forms = all(":scope > .di-wide, :scope > .di-narrow", figure).filter(seen);
      return (forms.length > 0 ? forms : [figure]).flatMap((form) => {
        const frames = all(".di-frame", form);
        const wanted = Math.max(frames.findIndex((frame) => frame.matches(".di-story")), -1);
        const story = wanted < 0 ? frames.length - 1 : wanted;
        const printed = frames.flatMap((frame, at) => (getComputedStyle(frame).visibility === "visible" ? [at] : []));
        return printed.length === 1 && printed[0] === story
          ? []
          : [`${describe(figure)}: frame ${printed.join(", ") || "none"} is printed, ${story} tells the story`];
      });
    });
})();
