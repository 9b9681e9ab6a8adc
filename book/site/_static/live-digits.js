/* Digits: sixteen out of noise, each beside the training picture nearest to it; a scribble to be finished; and half a digit. */

"use strict";

window.diLive.start("digits", (stage) => {
  const { element, number, choice, list, calm, digits } = window.diLive;
  const [SIDE, PIXELS, MANY, UNIT, LAST] = [8, 64, 16, 10, 299];
  const classes = Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [digit, String(digit)]));
  const values = stage.settings({
    digit: choice("all", { all: "all of them", ...classes }),
    scale: number(2, 0, 6, { step: 0.25, format: (scale) => (scale === 0 ? "0, not told" : scale === 1 ? "1, none" : String(scale)) }),
    steps: number(12, 4, 50),
    seed: number(0, 0, 999),
    walk: number(100, 0, 100, { aside: true, format: (percent) => (percent === 100 ? "arrived" : `${percent} %`) }),
    wish: choice("none", { none: "not told", ...classes }),
    depth: number(600, 100, 950, { step: 10 }),
    part: choice("left", { left: "its left half", right: "its right half", upper: "its upper half", lower: "its lower half", all: "all of it" }),
    row: number(0, 0, LAST),
    scribble: list([], (all) => all.every((at) => Number.isInteger(at) && at >= 0 && at < PIXELS)),
  });
  let [way, loaded, begun] = [null, null, false];

  // ---- Pictures: pixels from −1, black, to 1, white

  class Sheet {
    constructor(label, across, down) {
      const gap = across > 1 ? 6 : 0;
      const size = (count) => count * (SIDE * UNIT + gap) - gap;
      Object.assign(this, { across, step: SIDE * UNIT + gap });
      this.canvas = element("canvas", { class: "di-sheet", width: size(across), height: size(down), role: "img", "aria-label": label });
      this.brush = this.canvas.getContext("2d");
    }

    draw(pixels) {
      const { brush, across, step } = this;
      for (let at = 0; at < pixels.length; at += 1) {
        const [picture, pixel] = [Math.floor(at / PIXELS), at % PIXELS];
        const x = (picture % across) * step + (pixel % SIDE) * UNIT;
        const y = Math.floor(picture / across) * step + Math.floor(pixel / SIDE) * UNIT;
        const grey = Math.round(127.5 * (Math.min(Math.max(pixels[at], -1), 1) + 1));
        brush.fillStyle = `rgb(${grey} ${grey} ${grey})`;
        brush.fillRect(x, y, UNIT, UNIT);
      }
    }
  }

  const made = new Sheet("Sixteen digits made of noise", 4, 4);
  const known = new Sheet("The nearest training pictures", 4, 4);
  const paper = new Sheet("Paper of eight by eight pixels", 1, 1);
  const ends = new Sheet("Four ways to finish the scribble", 2, 2);
  const half = new Sheet("Half of a digit that somebody wrote", 1, 1);
  const wholes = new Sheet("Four ways to go on from it", 2, 2);
  const column = (sheet, text) => {
    const said = element("p", { class: "di-live-said" }, text);
    return { said, box: element("div", { class: "di-live-stack" }, sheet.canvas, said) };
  };
  const parts = { made: column(made, ""), known: column(known, "The training pictures nearest to them."), paper: column(paper, ""), ends: column(ends, ""), half: column(half, ""), wholes: column(wholes, "") };
  const go = stage.button("Paint sixteen", () => paint());
  go.classList.add("di-live-main");
  const player = stage.walker({ name: "See them form", seconds: 2.5, show: () => show() });
  const more = stage.button("New noise", () => stage.set("seed", (values.seed + 1) % 1000));
  stage.body.append(element("div", { class: "di-live-row di-live-buttons" }, go, player.button, more), element("div", { class: "di-live-duo" }, parts.made.box, parts.known.box));
  stage.row({ walk: "from noise to digits" });
  stage.row({ digit: "digit", scale: "guidance", steps: "steps" });
  const finish = stage.button("Finish it", () => finishes());
  const clear = stage.button("Clean paper", () => stage.set("scribble", []));
  stage.body.append(element("p", { class: "di-live-part" }, "A scribble, finished"),
    element("div", { class: "di-live-duo" }, parts.paper.box, parts.ends.box), element("div", { class: "di-live-row di-live-buttons" }, finish, clear));
  stage.row({ wish: "it shall be a", depth: "noised to t" });
  const goOn = stage.button("Go on from it", () => halves());
  const another = stage.button("Another digit", () => stage.set("row", (values.row + 1) % (LAST + 1)));
  stage.body.append(element("p", { class: "di-live-part" }, "Half a digit, four ways to go on"),
    element("div", { class: "di-live-duo" }, parts.half.box, parts.wholes.box), element("div", { class: "di-live-row di-live-buttons" }, goOn, another));
  stage.row({ part: "what is kept" });

  // ---- The paper, for a pointer and for keys

  const pen = { at: 27, on: true };
  paper.canvas.classList.add("di-paper");
  paper.canvas.setAttribute("role", "application");
  paper.canvas.tabIndex = 0;

  function put(at, on) {
    const before = values.scribble.includes(at);
    if (at >= 0 && at < PIXELS && before !== on) {
      stage.set("scribble", on ? [...values.scribble, at] : values.scribble.filter((other) => other !== at));
    }
  }

  function pixel(event) {
    const box = paper.canvas.getBoundingClientRect();
    const part = (at, size) => Math.min(Math.max(Math.floor((at / size) * SIDE), 0), SIDE - 1);
    return SIDE * part(event.clientY - box.top, box.height) + part(event.clientX - box.left, box.width);
  }

  let drawing = null;
  paper.canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    paper.canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    pen.on = !values.scribble.includes(pixel(event));
    put(pixel(event), pen.on);
  });
  paper.canvas.addEventListener("pointermove", (event) => {
    if (drawing === event.pointerId) {
      put(pixel(event), pen.on);
    }
  });
  ["pointerup", "pointercancel"].forEach((end) => paper.canvas.addEventListener(end, () => {
    drawing = null;
  }));
  paper.canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE }[event.key];
    if (step && pen.at + step >= 0 && pen.at + step < PIXELS) {
      pen.at += step;
    } else if (event.key === " " || event.key === "Enter") {
      put(pen.at, !values.scribble.includes(pen.at));
    } else {
      return;
    }
    event.preventDefault();
    show();
  });
  ["focus", "blur"].forEach((name) => paper.canvas.addEventListener(name, () => show()));

  // The numbers of a picture: ink is 1, paper −1.
  function scribble() {
    const ink = new Array(PIXELS).fill(-1);
    values.scribble.forEach((at) => {
      ink[at] = 1;
    });
    return ink;
  }

  function show() {
    if (way) {
      const width = MANY * PIXELS;
      const steps = way.states.length / width - 1;
      const at = Math.round((steps * values.walk) / 100);
      made.draw(way.states.subarray(at * width, (at + 1) * width));
      known.draw(way.nearest);
    }
    const ink = scribble();
    paper.draw(document.activeElement === paper.canvas && paper.canvas.matches(":focus-visible") ? ink.map((x, at) => (at === pen.at ? x * 0.3 : x)) : ink);
  }

  // ---- Asking. The weights come when somebody wants to see them at work.

  async function ready(said) {
    if (!loaded) {
      said.textContent = "Loading the library for pictures and its network, 1.4 MB, once …";
      loaded = stage.library.give("load", "weights-digits.js", "diWeights");
    }
    await loaded;
    parts.made.said.textContent = way ? parts.made.said.textContent : "Press Paint sixteen.";
  }

  async function busy(said, work) {
    [go, finish, goOn].forEach((button) => {
      button.disabled = true;
    });
    try {
      await ready(said);
      await work();
    } catch (error) {
      said.textContent = "";
      stage.refuse(error);
    }
    [go, finish, goOn].forEach((button) => {
      button.disabled = false;
    });
  }

  const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

  const paint = () => busy(parts.made.said, async () => {
    const labels = Array.from({ length: MANY }, (_, at) => (values.digit === "all" ? at % 10 : Number(values.digit)));
    parts.made.said.textContent = "Painting …";
    const start = performance.now();
    const { scale, steps, seed } = values;
    way = await stage.ask("digits", { scale, steps, seed }, labels);
    parts.made.said.textContent = `Made of noise in ${digits((performance.now() - start) / 1000, 2)} s: ${steps} steps of the network.`;
    parts.known.said.textContent = `The training pictures nearest to them, ${digits(mean(way.distances), 2)} away on average; a copy would be 0 away.`;
    stage.refusal.textContent = "";
    stage.show();
    if (calm.matches) {
      show();
    } else {
      player.run();
    }
  });

  const finishes = () => busy(parts.ends.said, async () => {
    parts.ends.said.textContent = "Painting …";
    const settings = { digit: values.wish, t: values.depth, steps: 25, seed: values.seed };
    const answer = await stage.ask("finish", settings, scribble());
    ends.draw(answer.states);
    parts.ends.said.textContent = `Noised to t = ${values.depth} of 1000, and painted from there, four times.`;
  });

  const halves = () => busy(parts.wholes.said, async () => {
    parts.wholes.said.textContent = "Painting …";
    const answer = await stage.ask("half", { row: values.row, part: values.part, seed: values.seed });
    begun = true;
    half.draw(answer.known);
    wholes.draw(answer.states);
    parts.half.said.textContent = `Somebody wrote it, and the network was not trained on it.${values.part === "all" ? "" : " The half that is one grey is not known."}`;
    parts.wholes.said.textContent = `Four pictures with that part; the training pictures nearest to them are ${digits(mean(answer.distances), 2)} away on average.`;
  });

  return {
    pause: () => player.pause(),
    before() {
      player.button.disabled = !way;
      stage.controls.walk.input.disabled = !way;
      clear.disabled = values.scribble.length === 0;
    },
    change(key) {
      if (key === null) {
        player.pause();
        parts.made.said.textContent = loaded ? "Press Paint sixteen." : "Press Paint sixteen: the library for pictures and its network, 1.4 MB, load then.";
        parts.paper.said.textContent = "Scribble here with finger or mouse, or with arrow keys and space.";
        parts.ends.said.textContent = "Press Finish it.";
        parts.wholes.said.textContent = "Press Go on from it.";
        [ends, wholes].forEach((sheet) => sheet.draw(new Array(4 * PIXELS).fill(-1)));
        half.draw(new Array(PIXELS).fill(0));
        begun = false;
        if (!way) {
          [made, known].forEach((sheet) => sheet.draw(new Array(MANY * PIXELS).fill(-1)));
        }
      } else if (["digit", "scale", "steps", "seed"].includes(key) && way) {
        paint();
      }
      if (["part", "row"].includes(key) && begun) {
        halves();
      }
      if (key === "walk") {
        player.pause();
      }
      show();
    },
  };
}, { module: ["live-pictures.wasm.js", "diPictures"], sleeps: true });
