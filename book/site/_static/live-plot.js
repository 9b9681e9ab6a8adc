/* Plots of the instruments: drawn at the pixels that they have, in the page's colours. */

"use strict";

(() => {
  const { element, cleared } = window.diLive;
  const SVG = "http://www.w3.org/2000/svg";

  function shape(name, attributes = {}, parent = null) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    parent?.append(made);
    return made;
  }

  // Round numbers between two others, about so many.
  function ticks(low, high, count) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((part) => part * power >= rough) * power;
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(6)));
  }

  const minus = (text) => String(text).replace("-", "−");
  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  // A number in so many digits, as the book writes it.
  function digits(value, count = 3) {
    const [mantissa, power] = value.toExponential(count - 1).split("e");
    const small = value === 0 || Math.abs(Number(power)) < 4;
    return minus(small ? Number(value.toPrecision(count)) : `${Number(mantissa)}·10${raised(Number(power))}`);
  }

  const power = (tick) => (tick >= -2 ? String(10 ** tick) : `10${raised(tick)}`);
  const raised = (whole) => [...String(whole)].map((sign) => RAISED[sign]).join("");
  const fixed = (value) => Math.round(10 * value) / 10;

  class Plot {
    // What is drawn is kept by name, and drawn again when the size changes.
    constructor({ label, x, y, xName = "", yName = "", ratio = 0.62, xTicks = true, yTicks = true, least = 150, edge = 34, canvas = false, powers = false }) {
      Object.assign(this, { x, y, xName, yName, ratio, xTicks, yTicks, least, edge, powers });
      this.marks = new Map();
      this.svg = shape("svg", { class: "di-plot", role: "img", "aria-label": label });
      this.box = element("div", { class: "di-plot-box" });
      if (canvas) {
        this.canvas = element("canvas", { "aria-hidden": "true" });
        this.box.append(this.canvas);
        this.box.classList.add("di-over-canvas");
      }
      this.box.append(this.svg);
      this.axes = shape("g", { class: "di-axes" }, this.svg);
      this.layer = shape("svg", { overflow: "hidden" }, this.svg);
      this.top = shape("g", {}, this.svg);
      this.after = [];
      new ResizeObserver(([{ contentRect }]) => {
        if (Math.round(contentRect.width) !== this.width) {
          this.width = Math.round(contentRect.width);
          this.redraw();
        }
      }).observe(this.box);
      // What is on canvases has the colours that it was drawn in.
      new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    }

    say(label) {
      this.svg.setAttribute("aria-label", label);
    }

    range(axis, low, high) {
      if (this[axis][0] !== low || this[axis][1] !== high) {
        this[axis] = [low, high];
        // Once, when both axes and all marks are what they will be.
        if (!this.due) {
          this.due = true;
          queueMicrotask(() => this.redraw());
        }
      }
    }

    redraw() {
      this.due = false;
      if (!this.width) {
        return;
      }
      this.height = Math.max(this.least, Math.round(this.width * this.ratio));
      const left = this.yTicks ? this.edge : 1;
      const room = this.yTicks ? 8 : 1;
      this.inner = { left: left + (this.yName ? 16 : 0), right: this.width - room, top: room, bottom: this.height - (this.xTicks ? 22 : room) - (this.xName ? 17 : 0) };
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
      this.svg.setAttribute("height", this.height);
      const { left: x, right, top: y, bottom } = this.inner;
      const [width, height] = [Math.max(right - x, 1), Math.max(bottom - y, 1)];
      Object.entries({ x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }).forEach(([key, value]) => this.layer.setAttribute(key, value));
      this.drawAxes();
      for (const canvas of this.box.querySelectorAll("canvas")) {
        Object.assign(canvas.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
      }
      this.marks.forEach((mark) => this.render(mark));
      this.after.forEach((draw) => draw());
    }

    px(x) {
      const { left, right } = this.inner;
      return left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (right - left);
    }

    py(y) {
      const { top, bottom } = this.inner;
      return bottom - ((y - this.y[0]) / (this.y[1] - this.y[0])) * (bottom - top);
    }

    // The place in the plot of a pointer's event.
    at(event) {
      const { left, top } = this.svg.getBoundingClientRect();
      const { inner, x, y } = this;
      return [
        x[0] + ((event.clientX - left - inner.left) / (inner.right - inner.left)) * (x[1] - x[0]),
        y[0] + ((inner.bottom - event.clientY + top) / (inner.bottom - inner.top)) * (y[1] - y[0]),
      ];
    }

    drawAxes() {
      const { left, right, top, bottom } = this.inner;
      const wanted = [];
      const line = (d, name = "di-gridline") => wanted.push(["path", { class: name, d }, ""]);
      const text = (x, y, words, anchor, more = {}) => wanted.push(["text", { x, y, "text-anchor": anchor, ...more }, minus(words)]);
      if (this.xTicks) {
        for (const tick of ticks(...this.x, Math.max(2, (right - left) / 75))) {
          const at = fixed(this.px(tick));
          line(`M${at} ${top}V${bottom}`);
          text(Math.min(at, this.width - 4.3 * String(tick).length), bottom + 15, tick, "middle");
        }
      }
      if (this.yTicks) {
        const all = ticks(...this.y, Math.max(2, (bottom - top) / 55));
        for (const tick of this.powers ? all.filter(Number.isInteger) : all) {
          const at = fixed(this.py(tick));
          line(`M${left} ${at}H${right}`);
          text(left - 5, Number(at) + 4, this.powers ? power(tick) : tick, "end");
        }
      }
      const frame = this.yTicks ? `M${left} ${top}V${bottom}H${right}` : `M${left} ${top}V${bottom}H${right}V${top}Z`;
      line(frame, this.yTicks ? "di-axis" : "di-frame-line");
      if (this.xName) {
        text((left + right) / 2, this.height - 4, this.xName, "middle", { class: "di-axis-name" });
      }
      if (this.yName) {
        const [x, y] = [12, (top + bottom) / 2];
        text(x, y, this.yName, "middle", { class: "di-axis-name", transform: `rotate(-90 ${x} ${y})` });
      }
      this.keep(wanted);
    }

    // What stands where it stood is left alone: a label costs a browser more to lay out than to leave.
    keep(wanted) {
      const old = new Map([...this.axes.children].map((node) => [node.wanted, node]));
      const nodes = wanted.map(([name, attributes, words]) => {
        const key = JSON.stringify([name, attributes, words]);
        const node = old.get(key) ?? shape(name, attributes);
        if (!old.delete(key)) {
          Object.assign(node, { wanted: key, textContent: words });
        }
        return node;
      });
      old.forEach((node) => node.remove());
      nodes.forEach((node, at) => {
        if (this.axes.children[at] !== node) {
          this.axes.insertBefore(node, this.axes.children[at] ?? null);
        }
      });
    }

    // Draws under a name: `{ kind: "line" | "area" | "bars" | "rule" | "dots", role, xs, ys }`.
    draw(name, mark) {
      const known = this.marks.get(name);
      const node = known?.node ?? shape("path", { class: `di-mark di-${mark.kind} di-${mark.role}` }, this.layer);
      const whole = { ...mark, node, d: known?.d };
      this.marks.set(name, whole);
      if (this.width && !this.due) {
        this.render(whole);
      }
    }

    render(mark) {
      const { kind, xs, ys, node, count } = mark;
      if (kind === "ways" && this.canvas) {
        this.brushed(mark);
        return;
      }
      const d = this[kind](xs, ys, count);
      // What is as it was is not painted again.
      if (d !== mark.d) {
        node.setAttribute("d", d);
        mark.d = d;
      }
    }

    // Many lines where there is a canvas: a browser strokes them there in a tenth of the time.
    brushed({ role, xs, ys, count, opacity = 0.75 }) {
      if (!this.over) {
        this.over = element("canvas", { "aria-hidden": "true" });
        this.over.style.cssText = this.canvas.style.cssText;
        this.canvas.after(this.over);
      }
      const brush = cleared(this.over, this.inner);
      brush.strokeStyle = getComputedStyle(this.box).getPropertyValue(`--di-${role}`);
      brush.globalAlpha = opacity;
      brush.translate(-this.inner.left, -this.inner.top);
      brush.beginPath();
      for (let i = 0; i < xs.length; i += 1) {
        const [x, y] = [this.px(xs[i]), this.py(ys[i])];
        if (i % count) {
          brush.lineTo(x, y);
        } else {
          brush.moveTo(x, y);
        }
      }
      brush.stroke();
    }

    line(xs, ys) {
      let d = "";
      for (let i = 0; i < ys.length; i += 1) {
        const y = Math.min(Math.max(this.py(ys[i]), this.inner.top - 50), this.inner.bottom + 50);
        d += `${d ? "L" : "M"}${fixed(this.px(xs[i]))} ${fixed(y)}`;
      }
      return d;
    }

    // Many lines, of so many points each.
    ways(xs, ys, count) {
      let d = "";
      for (let start = 0; start < xs.length; start += count) {
        d += this.line(xs.slice(start, start + count), ys.slice(start, start + count));
      }
      return d;
    }

    area(xs, ys) {
      const base = fixed(this.py(Math.max(0, this.y[0])));
      return ys.length ? `${this.line(xs, ys)}L${fixed(this.px(xs[xs.length - 1]))} ${base}L${fixed(this.px(xs[0]))} ${base}Z` : "";
    }

    // Heights over the spaces between edges.
    bars(edges, heights) {
      let d = "";
      const base = fixed(this.py(0));
      for (let i = 0; i < heights.length; i += 1) {
        if (heights[i] > 0) {
          d += `M${fixed(this.px(edges[i]))} ${base}V${fixed(Math.max(this.py(heights[i]), this.inner.top))}H${fixed(this.px(edges[i + 1]))}V${base}Z`;
        }
      }
      return d;
    }

    rule(xs) {
      return xs.map((x) => `M${fixed(this.px(x))} ${this.inner.top}V${this.inner.bottom}`).join("");
    }

    level(_, ys) {
      return ys.map((y) => `M${this.inner.left} ${fixed(this.py(y))}H${this.inner.right}`).join("");
    }

    dots(xs, ys) {
      let d = "";
      for (let i = 0; i < xs.length; i += 1) {
        d += `M${fixed(this.px(xs[i]))} ${fixed(this.py(ys[i]))}h0`;
      }
      return d;
    }

    // What is dragged over the plot; `start` may refuse.
    drag(target, move, start = () => true) {
      target.addEventListener("pointerdown", (event) => {
        if (event.button === 0 && start(event) !== false) {
          event.preventDefault();
          target.setPointerCapture(event.pointerId);
          this.dragged = event.pointerId;
          move(...this.at(event), event);
        }
      });
      target.addEventListener("pointermove", (event) => {
        if (this.dragged === event.pointerId) {
          move(...this.at(event), event);
        }
      });
      for (const end of ["pointerup", "pointercancel"]) {
        target.addEventListener(end, () => {
          this.dragged = null;
        });
      }
    }
  }

  // What the colours of plots mean: `[kind, role, words]` each.
  function legend(entries) {
    const items = entries.map(([kind, role, words]) => {
      const swatch = shape("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" });
      const d = { line: "M0 6H24", area: "M0 11V3H24V11Z", bars: "M1 12V1H23V12Z", dots: "M12 6h0" }[kind];
      shape("path", { class: `di-mark di-${kind} di-${role}`, d }, swatch);
      const item = element("li", {}, swatch);
      item.append(words);
      return item;
    });
    return element("ul", { class: "di-live-legend" }, ...items);
  }

  // Where points on their ways are when so much noise is left: between two states, straight on.
  function between({ noise_steps: levels, states }, noise) {
    const width = states.length / levels.length;
    let at = 0;
    while (at < levels.length - 2 && levels[at + 1] >= noise) {
      at += 1;
    }
    const share = Math.min(Math.max((levels[at] - noise) / (levels[at] - levels[at + 1]), 0), 1);
    const [from, to] = [states.subarray(at * width), states.subarray((at + 1) * width)];
    return Float32Array.from({ length: width }, (_, i) => from[i] * (1 - share) + to[i] * share);
  }

  function linspace(low, high, count) {
    return Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1));
  }

  // Losses as a line: means of 50 steps, at most some hundreds of them.
  function smoothed(losses) {
    const every = Math.max(Math.ceil(losses.length / 300), 1);
    const [xs, ys] = [[], []];
    for (let end = Math.max(Math.min(10, losses.length), 1); end <= losses.length; end += every) {
      const part = losses.slice(Math.max(0, end - 50), end);
      xs.push(end);
      ys.push(part.reduce((sum, e) => sum + e, 0) / part.length);
    }
    return { xs, ys };
  }

  Object.assign(window.diLive, { Plot, shape, legend, between, linspace, smoothed, minus, digits });
})();
