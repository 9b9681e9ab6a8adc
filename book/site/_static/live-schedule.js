/* Schedule: heaps of data under the reader's finger, and what a schedule makes of them. */

"use strict";

window.diLive.start("schedule", (stage) => {
  const { element, Plot, shape, legend, heat, linspace, number, choice, list, minus, digits } = window.diLive;
  const REACH = 5;
  const [COLUMNS, ROWS, BINS, MOST] = [120, 121, 60, 4];
  const GRID = linspace(-REACH, REACH, 401);
  const EDGES = linspace(-REACH, REACH, BINS + 1);

  const KINDS = {
    linear: "linear",
    "scaled-linear": "scaled linear",
    "linear-rescaled": "linear, β · 1000/T",
    "linear-zero-snr": "linear, shifted to end at 0",
    cosine: "cosine",
    sigmoid: "sigmoid",
    sqrt: "square root",
  };
  const values = stage.settings({
    t: number(60, 0, 1999, { format: (t) => `${t}` }),
    kind: choice("linear", KINDS),
    T: number(200, 2, 2000, { log: true, whole: true }),
    start: number(1e-4, 1e-5, 0.5, { log: true, format: (beta) => digits(beta) }),
    end: number(0.02, 1e-4, 0.999, { log: true, format: (beta) => digits(beta) }),
    heaps: list([0.5, -2, 0.3, 0.5, 2, 0.3], (all) => all.length % 3 === 0 && all.length >= 3 && all.length <= 3 * MOST),
    place: number(-2, -4, 4, { step: 0.05, aside: true, format: (x) => minus(x.toFixed(2)) }),
    width: number(0.3, 0.05, 1.5, { step: 0.01, aside: true, format: (x) => x.toFixed(2) }),
    weight: number(0.5, 0.05, 0.95, { step: 0.01, aside: true, format: (x) => x.toFixed(2) }),
  });
  let chosen = 0;

  // ---- Heaps

  const heap = (index) => values.heaps.slice(3 * index, 3 * index + 3);
  const count = () => values.heaps.length / 3;
  const total = () => values.heaps.filter((_, at) => at % 3 === 0).reduce((sum, weight) => sum + weight, 0);
  const share = (index) => heap(index)[0] / total();
  const peak = (index) => share(index) / (heap(index)[2] * Math.sqrt(2 * Math.PI));
  const clip = (value, low, high) => Math.min(Math.max(value, low), high);

  function change(index, part, value) {
    const heaps = [...values.heaps];
    if (part === 0 && count() > 1) {
      // The others keep their proportions.
      const rest = 1 - share(index);
      for (let other = 0; other < count(); other += 1) {
        heaps[3 * other] = other === index ? value : (share(other) / rest) * (1 - value);
      }
    } else if (part > 0) {
      heaps[3 * index + part] = value;
    }
    values.heaps = heaps;
  }

  // ---- Plots

  const density = new Plot({ label: "Density of x at the chosen timestep", x: [-REACH, REACH], y: [0, 0.8], xName: "x", yName: "density", ratio: 0.78, least: 230 });
  const road = new Plot({ label: "Density of x at every timestep", x: [0, 199], y: [-REACH, REACH], yName: "x", xTicks: false, ratio: 0.38, least: 130, canvas: true });
  const levels = new Plot({ label: "Signal and noise at every timestep", x: [0, 199], y: [0, 1.02], xName: "timestep t", yName: "amplitude", ratio: 0.47, least: 130 });
  const keys = [
    legend([["area", "data", "data"], ["bars", "samples", "400 samples"], ["line", "exact", "exact density"], ["line", "normal", "N(0, 1)"]]),
    legend([["line", "exact", "√ᾱ, signal"], ["line", "second", "√(1 − ᾱ), noise level"]]),
  ];
  road.box.classList.add("di-heat");
  const right = element("div", { class: "di-live-stack" }, road.box, levels.box, keys[1]);
  stage.body.append(element("div", { class: "di-live-pair" }, element("div", { class: "di-live-stack" }, density.box, keys[0]), right));

  const handles = [];
  function handle(index) {
    const group = shape("g", { class: "di-handle" }, density.top);
    const bar = shape("path", { class: "di-handle-width" }, group);
    const [dot, side] = [shape("circle", { r: 7 }, group), shape("circle", { r: 5, class: "di-handle-side" }, group)];
    const [reach, wide] = [shape("circle", { r: 20, class: "di-handle-reach" }, group), shape("circle", { r: 16, class: "di-handle-reach" }, group)];
    density.drag(reach, (x, y) => {
      change(index, 1, Math.round(clip(x, -4, 4) * 20) / 20);
      if (count() > 1) {
        change(index, 0, clip(y * heap(index)[2] * Math.sqrt(2 * Math.PI), 0.05, 0.95));
      }
      stage.changed("heaps");
    }, () => choose(index));
    density.drag(wide, (x) => {
      change(index, 2, clip(Math.abs(x - heap(index)[1]), 0.05, 1.5));
      stage.changed("heaps");
    }, () => choose(index));
    handles.push({ group, bar, dot, side, reach, wide });
  }

  function choose(index) {
    chosen = index;
    stage.show();
  }

  function placeHandles() {
    while (handles.length < count()) {
      handle(handles.length);
    }
    handles.forEach(({ group, bar, dot, side, reach, wide }, index) => {
      group.style.display = index < count() ? "" : "none";
      if (index >= count() || !density.width) {
        return;
      }
      const [, mean, width] = heap(index);
      const [x, y] = [density.px(mean), density.py(peak(index))];
      const [edge, middle] = [density.px(mean + width), density.py(peak(index) * Math.exp(-0.5))];
      group.classList.toggle("di-chosen", index === chosen);
      [dot, reach].forEach((circle) => Object.entries({ cx: x, cy: y }).forEach(([key, at]) => circle.setAttribute(key, at)));
      [side, wide].forEach((circle) => Object.entries({ cx: edge, cy: middle }).forEach(([key, at]) => circle.setAttribute(key, at)));
      bar.setAttribute("d", `M${x} ${middle}H${edge}`);
    });
  }
  density.after.push(placeHandles);

  for (const plot of [road, levels]) {
    plot.svg.classList.add("di-drag");
    plot.drag(plot.svg, (t) => stage.set("t", Math.round(clip(t, 0, values.T - 1))), () => player.pause());
  }

  // ---- Controls

  const player = stage.player({
    seconds: 6,
    from: () => (values.t >= values.T - 1 ? 0 : values.t / (values.T - 1)),
    show: (share) => stage.set("t", Math.round(share * (values.T - 1))),
  });
  const times = stage.row({ t: "timestep t" });
  times.classList.add("di-live-times");
  times.prepend(player.button);
  stage.row({ kind: "schedule", T: "steps T", start: "first β", end: "last β" });
  const add = stage.button("Add a heap", () => {
    values.heaps = [...values.heaps, 1 / count(), 0, 0.3];
    choose(count() - 1);
    stage.changed("heaps");
  });
  const drop = stage.button("Remove it", () => {
    values.heaps = values.heaps.filter((_, at) => Math.floor(at / 3) !== chosen);
    choose(0);
    stage.changed("heaps");
  });
  const picks = element("div", { class: "di-live-picks", role: "group", "aria-label": "heap to change" });
  const one = stage.row({ place: "its place", width: "its width", weight: "its weight" });
  one.before(element("div", { class: "di-live-row di-live-buttons" }, picks, add, drop));
  const read = stage.readings({
    left: "signal √ᾱ at t",
    level: "noise level √(1 − ᾱ) at t",
    floor: "least loss possible at t",
    last: "ᾱ at the end",
    nats: "from N(0, 1) at the end",
  });

  // ---- Answers

  function histogram(samples) {
    const heights = new Array(BINS).fill(0);
    const width = (2 * REACH) / BINS;
    for (const x of samples) {
      const bin = Math.floor((x + REACH) / width);
      if (bin >= 0 && bin < BINS) {
        heights[bin] += 1 / (samples.length * width);
      }
    }
    return heights;
  }

  const whole = stage.newest((answer) => {
    const last = answer.signal.length - 1;
    const ts = Array.from(answer.signal, (_, t) => t);
    [road, levels].forEach((plot) => plot.range("x", 0, last));
    heat(road.canvas, answer.heat, COLUMNS, ROWS, Math.min(1.2 * Math.max(...answer.heat), 0.8));
    levels.draw("signal", { kind: "line", role: "exact", xs: ts, ys: answer.signal });
    levels.draw("noise", { kind: "line", role: "second", xs: ts, ys: answer.noise });
    const [ended, nats] = [answer.alpha_bar[0], answer.nats[0]];
    read("last", digits(ended));
    read("nats", nats < 1e-12 ? "below 10⁻¹² nats" : `${digits(nats)} nats`);
    levels.say(`Signal falls to ${digits(Math.sqrt(ended))} over ${last + 1} timesteps; the last density is ${digits(nats)} nats from N(0, 1).`);
  });

  const now = stage.newest((answer) => {
    density.draw("data", { kind: "area", role: "data", xs: GRID, ys: answer.q0 });
    density.draw("bars", { kind: "bars", role: "samples", xs: EDGES, ys: histogram(answer.x_t) });
    density.draw("normal", { kind: "line", role: "normal", xs: GRID, ys: answer.normal });
    density.draw("exact", { kind: "line", role: "exact", xs: GRID, ys: answer.q_t });
    read("level", answer.level[0].toFixed(3));
    read("left", answer.left[0].toFixed(3));
    read("floor", answer.floor[0].toFixed(3));
    density.say(`The exact density of x at t = ${values.t}, where the noise level is ${answer.level[0].toFixed(3)}, over 400 samples.`);
  });

  function settings() {
    const { kind, T, start, end } = values;
    return { kind, T, start, end, reach: REACH };
  }

  return {
    take(key, value) {
      const part = ["weight", "place", "width"].indexOf(key);
      if (part >= 0) {
        change(chosen, part, value);
      }
      return part >= 0;
    },
    before() {
      chosen = Math.min(chosen, count() - 1);
      values.t = Math.min(values.t, values.T - 1);
      stage.controls.t.limit(values.T - 1);
      [values.weight, values.place, values.width] = [share(chosen), ...heap(chosen).slice(1)];
      const betas = ["linear", "scaled-linear", "linear-zero-snr"].includes(values.kind);
      ["start", "end"].forEach((key) => {
        stage.controls[key].input.disabled = !betas;
      });
      stage.controls.weight.input.disabled = count() === 1;
      add.disabled = count() === MOST;
      drop.disabled = count() === 1;
      while (picks.childElementCount < MOST) {
        const at = picks.childElementCount;
        picks.append(stage.button(`Heap ${at + 1}`, () => choose(at)));
      }
      [...picks.children].forEach((button, at) => {
        button.hidden = at >= count();
        button.ariaPressed = String(at === chosen);
      });
      const top = Math.max(0.45, ...Array.from({ length: count() }, (_, at) => peak(at)));
      density.range("y", 0, Math.ceil(top * 1.2 * 5) / 5);
      placeHandles();
      [road, levels].forEach((plot) => plot.draw("now", { kind: "rule", role: "now", xs: [values.t], ys: [] }));
    },
    change(key) {
      if (key !== "t") {
        whole.want("road", settings(), values.heaps);
      }
      now.want("moment", { ...settings(), t: values.t, seed: 0 }, values.heaps);
    },
    pause: () => player.pause(),
  };
});
