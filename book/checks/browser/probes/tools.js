// What all probes use. A probe measures something inside a page; most answer { count, faults }.

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

  window.bookTools = { all, shorten, seen, describe, brush, rgba, over, contrastOf, behind, inked, behindText };
  window.bookProbes = {};
})();
