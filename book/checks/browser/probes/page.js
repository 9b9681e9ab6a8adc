// Whether everything on a page is there, whole and within the page.

"use strict";

(() => {
  const { all, shorten, seen, describe, brush } = window.bookTools;
  const probes = window.bookProbes;

  probes.figures = () => {
    const faults = [];
    const figures = all("svg.di-figure");
    for (const figure of figures) {
      const fault = (text) => faults.push(`${describe(figure)}: ${text}`);
      const box = figure.getBoundingClientRect();
      if (!seen(figure) || box.width < 100 || box.height < 50) {
        fault(`is not shown (${Math.round(box.width)} × ${Math.round(box.height)} px)`);
        continue;
      }
      if (figure.getAttribute("role") !== "img") {
        fault("has no role=img");
      }
      for (const name of ["title", "desc"]) {
        const part = figure.querySelector(`:scope > ${name}`);
        if (!part?.textContent.trim()) {
          fault(`has no ${name}`);
        } else if (!(figure.getAttribute("aria-labelledby") || "").split(/\s+/).includes(part.id)) {
          fault(`aria-labelledby does not name its ${name}`);
        }
      }
      const marks = all("path, rect:not(.di-bg), circle, line, polyline, polygon", figure);
      if (!marks.some((mark) => seen(mark) && !mark.closest("clipPath, defs"))) {
        fault("draws nothing");
      }
      for (const node of all("*", figure)) {
        for (const { name, value } of node.attributes) {
          const id = /url\(["']?#([^"')]+)/.exec(value)?.[1];
          if (id && !figure.contains(document.getElementById(id))) {
            fault(`${name} names #${id}, which is not in this drawing`);
          }
        }
      }
      for (const text of all("text", figure).filter(seen)) {
        const t = text.getBoundingClientRect();
        if (t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 || t.bottom > box.bottom + 1) {
          fault(`text “${shorten(text.textContent)}” is cut off at the edge`);
        }
      }
    }
    const images = all("img");
    for (const image of images) {
      if (!image.complete || image.naturalWidth === 0) {
        faults.push(`${describe(image)} ${shorten(image.getAttribute("src") || "")} does not decode`);
      }
      if (!image.hasAttribute("alt")) {
        faults.push(`${describe(image)} ${shorten(image.getAttribute("src") || "")} has no alt`);
      }
    }
    for (const output of all(".cell_output .output")) {
      if (/EVCXR_(BEGIN|END)_CONTENT|<svg\b/.test(output.innerText)) {
        faults.push(`an output shows a figure's source: “${shorten(output.innerText)}”`);
      }
    }
    return { count: figures.length + images.length, faults };
  };

  function* proseNodes() {
    const skipped = "pre, code, script, style, svg, math, .math, .di-number";
    for (const article of all("article, .bd-article")) {
      const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(skipped)) {
          yield walker.currentNode;
        }
      }
    }
  }

  // Characters that the book's font of formulas lacks: they are as wide as a fallback makes them.
  function strangers(formulas) {
    const faces = [...document.fonts].filter((face) => face.family.includes("DI Math"));
    if (faces.length === 0) {
      return [];
    }
    if (!faces.some((face) => face.status === "loaded")) {
      return formulas.length > 0 ? ["the font of the formulas is not loaded"] : [];
    }
    const width = (character, fallback) => {
      brush.font = `40px "DI Math", ${fallback}`;
      return brush.measureText(character).width;
    };
    const characters = new Set(formulas.flatMap((formula) => [...formula.textContent]));
    const lost = [...characters].filter((c) => /[^\s\p{M}\p{Cf}]/u.test(c) && width(c, "monospace") !== width(c, "serif"));
    return lost.map((c) => `the font of the formulas lacks “${c}”`);
  }

  probes.formulas = () => {
    const faults = [];
    const formulas = all(".math");
    for (const formula of formulas) {
      const drawn = formula.querySelector("math");
      if (!drawn || drawn.getBoundingClientRect().width === 0) {
        faults.push(`not typeset: “${shorten(formula.textContent)}”`);
      } else if (formula.querySelector("merror, .merror")) {
        faults.push(`error in a formula: “${shorten(formula.textContent)}”`);
      }
    }
    faults.push(...strangers(all(".math math")));
    for (const node of proseNodes()) {
      if (/\\[a-zA-Z]{2,}|\\[([]|\$\$/.test(node.data)) {
        faults.push(`TeX in the text: “${shorten(node.data)}”`);
      }
    }
    return { count: formulas.length, faults };
  };

  // The numbers that formulas carry, and the numbers that the text speaks of: "(1.2)" in chapter 1, or after "equation".
  probes.equations = () => {
    const faults = [];
    const tags = all(".math .di-number").map((number) => number.textContent.trim().replace(/^\(|\)$/g, ""));
    const chapter = /^\d+/.exec(document.querySelector("h1")?.textContent.trim() ?? "")?.[0];
    const references = [];
    for (const node of proseNodes()) {
      for (const match of node.data.matchAll(/(equations?\s*)?\((\d+)\.(\d+)\)/gi)) {
        if (match[1] || match[2] === chapter) {
          references.push(`${match[2]}.${match[3]}`);
          if (!node.parentElement.closest('a[href*="#equation-"]')) {
            faults.push(`(${match[2]}.${match[3]}) is not a link`);
          }
        }
      }
    }
    for (const tag of new Set(tags.filter((tag, at) => tags.indexOf(tag) !== at))) {
      faults.push(`two formulas carry the number (${tag})`);
    }
    return { count: tags.length + references.length, faults, tags, references };
  };

  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const holds = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
  const aside = ".visually-hidden, .sr-only, .skip-link, #pst-skip-link, dialog:not([open]), .headerlink";

  probes.overflow = () => {
    const faults = [];
    const root = document.scrollingElement;
    const width = root.clientWidth;
    if (root.scrollWidth > width) {
      faults.push(`at ${innerWidth} px the page is ${root.scrollWidth} px wide`);
    }
    const candidates = all("body *").filter((e) => !e.ownerSVGElement && !e.closest(aside) && seen(e));
    const stickingOut = new Set();
    for (const element of candidates) {
      let holder = element.parentElement;
      while (holder && holder !== document.body && !holds(holder)) {
        holder = holder.parentElement;
      }
      const held = holder && holder !== document.body;
      const box = element.getBoundingClientRect();
      if (held && scrolls(holder)) {
        // What lies left of a scrolling box cannot be reached.
        const edge = holder.getBoundingClientRect().left + holder.clientLeft - holder.scrollLeft;
        if (box.left < edge - 2 && box.width > 0) {
          stickingOut.add(element);
        }
      } else if (!held && (box.right > width + 1 || box.left < -1)) {
        stickingOut.add(element);
      }
    }
    for (const element of stickingOut) {
      if (!stickingOut.has(element.parentElement)) {
        const box = element.getBoundingClientRect();
        faults.push(
          `at ${innerWidth} px ${describe(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)} px`,
        );
      }
    }
    return { count: candidates.length, faults };
  };

  // Buttons and icons that show nothing.
  probes.icons = () => {
    const buttons = all("button, a.di-button").filter(seen);
    const bare = (button) =>
      !button.innerText.trim() && !all("svg", button).some((icon) => seen(icon) && icon.getBoundingClientRect().width >= 8);
    const faults = buttons.filter(bare).map((button) => `${describe(button)} shows nothing`);
    faults.push(...all("[class*='fa-']").filter((icon) => !icon.closest("svg")).map((icon) => `${describe(icon)} needs an icon font`));
    return { count: buttons.length, faults };
  };

  // Rules that ask what something around an instrument has: a browser asks again at every change in it, and styles anew
  // whatever any such rule names.
  probes.askedAgain = () => {
    const around = all(".di-live").flatMap((live) => {
      const above = [];
      for (let one = live.parentElement; one; one = one.parentElement) {
        above.push(one);
      }
      return above;
    });
    const faults = [];
    const read = ({ cssRules }) => {
      for (const rule of cssRules ?? []) {
        for (const [, whose] of (rule.selectorText ?? "").matchAll(/([^\s>+~,()]+)(?::not\()?:has\(/g)) {
          if (around.some((one) => one.matches(whose.replace(/:not$/, "")))) {
            faults.push(`the rule “${shorten(rule.selectorText)}” is asked again at every change in an instrument`);
          }
        }
        read(rule);
      }
    };
    [...document.styleSheets].forEach(read);
    return { count: around.length, faults };
  };

  // Ends what a change of width or colours set in motion.
  probes.settle = async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const animation of document.getAnimations()) {
      if (animation.effect.getComputedTiming().endTime !== Infinity) {
        animation.finish();
      }
    }
    return { count: 0, faults: [] };
  };
})();
