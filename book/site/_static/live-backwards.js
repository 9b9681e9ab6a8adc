/* Backwards: a point under the reader's finger, and all that it says of where it came from. */

"use strict";

window.diLive.start("backwards", (stage) => {
  const { element, Plot, legend, heat, linspace, number, choice, digits, minus } = window.diLive;
  const [REACH, COLUMNS, ROWS, WAYS] = [4, 120, 121, 24];
  const GRID = linspace(-REACH, REACH, 401);
  const HEAPS = { two: [0.5, -2, 0.3, 0.5, 2, 0.3], three: [0.4, -2.4, 0.25, 0.2, 0, 0.25, 0.4, 2.4, 0.25], uneven: [0.85, -1, 0.5, 0.15, 2.2, 0.2], one: [1, 1, 0.5] };
  const values = stage.settings({
    t: number(120, 0, 999),
    x: number(0.4, -4, 4, { step: 0.05, format: (x) => minus(x.toFixed(2)) }),
    data: choice("two", { two: "two heaps", three: "three heaps", uneven: "a broad and a rare heap", one: "one heap" }),
    kind: choice("linear-rescaled", { "linear-rescaled": "linear, ends in noise", linear: "linear, 0.0001 to 0.02", cosine: "cosine" }),
    T: number(200, 5, 1000, { log: true, whole: true }),
    seed: number(0, 0, 999),
  });

  const plane = new Plot({ label: "Time and place", x: [-1, 199], y: [-REACH, REACH], xName: "timestep t", yName: "x", ratio: 1.02, least: 260, canvas: true });
  const origin = new Plot({ label: "Where it came from", x: [-REACH, REACH], y: [0, 1.4], xName: "x₀, given the point", yName: "density", ratio: 0.5, least: 140 });
  const step = new Plot({ label: "One step back", x: [-1, 1], y: [0, 1], xName: "x one step before", yName: "density", ratio: 0.5, least: 140 });
  plane.box.classList.add("di-heat");
  plane.svg.classList.add("di-paper");
  const left = element("div", { class: "di-live-stack" }, plane.box, legend([["line", "way", "ways home, drawn step by step"], ["line", "bright", "the way without noise"]]));
  const right = element("div", { class: "di-live-stack" }, origin.box, legend([["line", "exact", "q(x₀ | x), exact"], ["line", "second", "its mean, the best guess"]]),
    step.box, legend([["line", "exact", "q(one step back | x), exact"], ["line", "normal", "the Gaussian as wide"]]));
  stage.body.append(element("div", { class: "di-live-pair" }, left, right));
  plane.drag(plane.svg, (t, x) => {
    values.t = Math.round(Math.min(Math.max(t, 0), values.T - 1));
    values.x = Math.round(Math.min(Math.max(x, -REACH), REACH) * 20) / 20;
    stage.changed("x");
  });
  stage.row({ t: "timestep t", x: "place x" });
  const row = stage.row({ data: "data", kind: "schedule", T: "steps T" });
  row.append(stage.button("Other ways", () => stage.set("seed", (values.seed + 1) % 1000)));
  const read = stage.readings({ guess: "best guess of x₀", eps: "best guess of ε", home: "ways that end above 0" });

  const settings = () => ({ kind: values.kind, T: values.T, start: 1e-4, end: 0.02, reach: REACH });

  const road = stage.newest((answer) => {
    plane.range("x", -1, answer.signal.length - 1);
    heat(plane.canvas, answer.heat, COLUMNS, ROWS, Math.min(1.2 * Math.max(...answer.heat), 0.8));
  });

  const way = stage.newest((answer) => {
    const { guess: [guess], eps: [eps], middle: [middle], width: [width], ways, flow } = answer;
    const t = flow.length - 2;
    const times = Array.from(flow, (_, at) => t - at);
    const count = times.length;
    const [xs, ys] = [new Float64Array(WAYS * count), new Float64Array(WAYS * count)];
    for (let at = 0; at < xs.length; at += 1) {
      xs[at] = times[at % count];
      ys[at] = ways[(at % count) * WAYS + Math.floor(at / count)];
    }
    plane.draw("ways", { kind: "ways", role: "way", xs, ys, count });
    plane.draw("flow", { kind: "line", role: "bright", xs: times, ys: flow });
    plane.draw("point", { kind: "dots", role: "bright", xs: [t], ys: [flow[0]] });
    origin.range("y", 0, Math.max(1.4, Math.ceil(Math.max(...answer.origin) * 1.1)));
    origin.draw("origin", { kind: "line", role: "exact", xs: GRID, ys: answer.origin });
    origin.draw("guess", { kind: "rule", role: "second", xs: [guess], ys: [] });
    step.range("x", middle - 4 * width, middle + 4 * width);
    step.range("y", 0, 1.15 * Math.max(...answer.step, ...answer.gaussian));
    const near = linspace(middle - 4 * width, middle + 4 * width, 201);
    step.draw("step", { kind: "line", role: "exact", xs: near, ys: answer.step });
    step.draw("gaussian", { kind: "line", role: "normal", xs: near, ys: answer.gaussian });
    const above = Array.from({ length: WAYS }, (_, one) => ways[ways.length - WAYS + one]).filter((x) => x > 0).length;
    read("guess", digits(guess));
    read("eps", digits(eps));
    read("home", `${above} of ${WAYS}`);
    plane.say(`From x = ${digits(flow[0])} at t = ${t}, ${above} of ${WAYS} ways end above 0; without noise the way ends at ${digits(flow[flow.length - 1])}.`);
    origin.say(`Where x = ${digits(flow[0])} came from: the best guess is ${digits(guess)}.`);
  });

  return {
    before() {
      values.t = Math.min(values.t, values.T - 1);
      stage.controls.t.limit(values.T - 1);
    },
    change(key) {
      if (!["t", "x", "seed"].includes(key)) {
        road.want("road", settings(), HEAPS[values.data]);
      }
      way.want("back", { ...settings(), t: values.t, x: values.x, seed: values.seed }, HEAPS[values.data]);
    },
  };
});
