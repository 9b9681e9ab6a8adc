// What the browser check measures inside a page. Every probe answers { count, faults }.

"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shorten = (text, length = 60) => {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > length ? `${line.slice(0, length)}…` : line;
  };
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.getClientRects().length > 0;

  function describe(element) {
    const classes = (element.getAttribute("class") || "").split(/\s+/).filter(Boolean).slice(0, 2);
    const name = [element.localName, ...classes].join(".") + (element.id ? `#${element.id}` : "");
    const text = shorten(element.querySelector(":scope > title")?.textContent || element.textContent, 40);
    return text ? `${name} “${text}”` : name;
  }

  // ---- Colours

  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function rgba(colour) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = "#000";
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  const over = (top, bottom) => top.slice(0, 3).map((c, i) => c * top[3] + bottom[i] * (1 - top[3]));

  function luminance(colour) {
    const [r, g, b] = colour.map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrastOf(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  // The opaque colour behind an element; on paper, backgrounds are not printed.
  function behind(element, paper) {
    const layers = [];
    for (let node = paper ? null : element; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] > 0) {
        layers.push(colour);
      }
      if (colour[3] === 1) {
        break;
      }
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  }

  function inked(shape) {
    const style = getComputedStyle(shape);
    if (style.fill === "none" || style.fill.startsWith("url")) {
      return [0, 0, 0, 0];
    }
    const colour = rgba(style.fill);
    colour[3] *= Number(style.fillOpacity) * Number(style.opacity);
    return colour;
  }

  // The colour behind a text in a drawing: the shapes drawn under its middle, over the page.
  function behindText(text, figure) {
    const box = text.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const shapes = all("rect, circle, ellipse, path, polygon", figure).filter((shape) => {
      if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING) || shape.closest("clipPath, defs")) {
        return false;
      }
      if (!seen(shape) || inked(shape)[3] === 0) {
        return false;
      }
      const point = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
      return shape.isPointInFill(point);
    });
    return shapes.reduce((below, shape) => over(inked(shape), below), behind(figure, false));
  }

  // ---- Probes

  const probes = {};

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

  // The smallest text of every figure, in pixels of the screen.
  probes.legible = (smallest) => {
    const faults = [];
    const figures = all("svg.di-figure");
    for (const figure of figures) {
      const sizes = all("text", figure).filter(seen).map((text) => {
        const scale = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(scale.a, scale.b);
      });
      const least = Math.min(...sizes);
      if (least < smallest) {
        faults.push(`${describe(figure)}: text of ${least.toFixed(1)} px at ${innerWidth} px, less than ${smallest}`);
      }
    }
    return { count: figures.length, faults };
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

  // ---- Overflow

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

  // ---- Colours of figures, and of everything on paper

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

  // ---- Slider

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

  // ---- Controls

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

  // Buttons and icons that show nothing.
  probes.icons = () => {
    const buttons = all("button, a.di-button").filter(seen);
    const bare = (button) =>
      !button.innerText.trim() && !all("svg", button).some((icon) => seen(icon) && icon.getBoundingClientRect().width >= 8);
    const faults = buttons.filter(bare).map((button) => `${describe(button)} shows nothing`);
    faults.push(...all("[class*='fa-']").filter((icon) => !icon.closest("svg")).map((icon) => `${describe(icon)} needs an icon font`));
    return { count: buttons.length, faults };
  };

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

  window.bookProbes = probes;
})();
