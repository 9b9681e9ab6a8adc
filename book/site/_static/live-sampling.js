/* Sampling: the same starts under two samplers, side by side. */

"use strict";

window.diLive.start("sampling", (stage) => {
  const { element, Plot, scatter, contours, between, legend, number, choice, calm, digits, Newest } = window.diLive;
  const [REACH, SECONDS] = [2.5, 5];
  const SIDES = ["a", "b"];
  const LEVELS = [2, 10, 50].map((part) => -Math.log(part)); // of the highest
  const POINTS = { ring: 1000, grid: 1000, crab: 600 };
  const SCHEDULES = {
    linear: { kind: "linear", T: 1000, start: 1e-4, end: 0.02 },
    cosine: { kind: "cosine", T: 1000, start: 1e-4, end: 0.02 },
    short: { kind: "linear", T: 200, start: 1e-4, end: 0.02 },
  };
  const METHODS = { ddpm: "DDPM", ddim: "DDIM", heun: "Heun", dpm: "DPM-Solver++" };
  const SPACINGS = { trailing: "trailing", linspace: "both ends", leading: "leading", quadratic: "quadratic", cubic: "cubic", lambda: "even in λ" };
  const heaps = { 0: "none", ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [at + 1, `heap ${at + 1}`])) };
  const side = (name, method, spacing) => ({
    [`${name}Method`]: choice(method, METHODS),
    [`${name}Steps`]: number(10, 1, 200, { log: true, whole: true }),
    [`${name}Spacing`]: choice(spacing, SPACINGS),
    [`${name}Eta`]: number(0, 0, 1, { step: 0.05 }),
    [`${name}Variance`]: number(0, 0, 1, { step: 0.05, format: (v) => (v === 0 ? "0, β̃" : v === 1 ? "1, β" : String(v)) }),
    [`${name}Last`]: choice("clean", { clean: "adds no noise", noisy: "adds noise (a bug)" }),
    [`${name}Scale`]: number(name === "a" ? 1 : 3, 0, 6, { step: 0.25 }),
  });
  const values = stage.settings({
    data: choice("ring", { ring: "a ring of 8 heaps", grid: "a grid of 25 heaps", crab: "a crab" }),
    schedule: choice("linear", { linear: "linear, T = 1000", cosine: "cosine, T = 1000", short: "linear, T = 200: ends early" }),
    towards: choice("0", heaps),
    seed: number(0, 0, 999),
    walk: number(100, 0, 100, { format: (percent) => (percent === 100 ? "arrived" : `${percent} %`) }),
    follow: number(-1, -1, 999, { format: (at) => (at < 0 ? "nobody" : `start ${at}`) }),
    ...side("a", "ddim", "trailing"),
    ...side("b", "dpm", "cubic"),
  });

  // ---- What is seen

  const seen = {};
  stage.row({ data: "data", schedule: "schedule", towards: "guided towards" });
  const duo = element("div", { class: "di-live-duo" });
  for (const name of SIDES) {
    const plot = new Plot({ label: `Samples ${name.toUpperCase()}`, x: [-REACH, REACH], y: [-REACH, REACH], ratio: 1, least: 120, xTicks: false, yTicks: false, canvas: true });
    plot.svg.classList.add("di-pick");
    const said = element("p", { class: "di-live-said" });
    const column = element("div", { class: "di-live-stack", role: "group", "aria-label": `sampler ${name.toUpperCase()}` });
    seen[name] = { plot, said, column, way: null };
    column.append(plot.box, said);
    stage.row({
      [`${name}Method`]: "method", [`${name}Steps`]: "steps", [`${name}Spacing`]: "timesteps", [`${name}Eta`]: "fresh noise η",
      [`${name}Variance`]: "variance", [`${name}Last`]: "last step", [`${name}Scale`]: "guidance",
    }, column);
    duo.append(column);
    plot.after.push(() => draw(name));
    plot.svg.addEventListener("click", (event) => follow(name, plot.at(event)));
  }
  const player = stage.walker({
    stop: "Pause",
    seconds: SECONDS,
    from: () => (values.walk >= 100 ? 0 : values.walk / 100),
    show: () => SIDES.forEach(draw),
  });
  stage.body.append(legend([["dots", "samples", "samples"], ["dots", "data", "data"], ["line", "exact", "½, ⅒ and 1⁄50 of the highest density, exact"], ["line", "way", "the way of one start"]]), duo);
  const walk = stage.row({ walk: "the walk" });
  walk.classList.add("di-live-times");
  walk.prepend(player.button);
  const more = stage.row({ follow: "follow" });
  more.classList.add("di-live-times");
  more.prepend(stage.button("New starts", () => stage.set("seed", (values.seed + 1) % 1000)));

  // ---- Moving

  const left = (way, percent) => (1 - percent / 100) * way.noise_steps[0];
  const moment = (way, percent) => between(way, left(way, percent));

  function draw(name) {
    const { plot, way } = seen[name];
    if (!way || !plot.width) {
      return;
    }
    const place = moment(way, values.walk);
    const layers = [{ points: goal ?? [], role: "data", size: 1.8, opacity: 0.35 }, { points: place, role: "samples", size: 2.2, opacity: 0.7 }];
    scatter(plot, layers);
    survey(name, { ...shared(), reach: REACH, u: left(way, values.walk) / SCHEDULES[values.schedule].T });
    const { states, noise_steps: levels } = way;
    const width = states.length / levels.length;
    const one = values.follow >= 0 && 2 * values.follow < width;
    const steps = Array.from(levels, (_, at) => at * width + 2 * values.follow);
    plot.draw("way", { kind: "line", role: "way", xs: one ? steps.map((at) => states[at]) : [], ys: one ? steps.map((at) => states[at + 1]) : [] });
    plot.draw("one", { kind: "dots", role: "way", xs: one ? [place[2 * values.follow]] : [], ys: one ? [place[2 * values.follow + 1]] : [] });
  }

  function follow(name, [x, y]) {
    const { way } = seen[name];
    const place = way && moment(way, values.walk);
    let [best, near] = [-1, 0.35 ** 2];
    for (let i = 0; place && i < place.length / 2; i += 1) {
      const far = (place[2 * i] - x) ** 2 + (place[2 * i + 1] - y) ** 2;
      [best, near] = far < near ? [i, far] : [best, near];
    }
    stage.set("follow", best === values.follow ? -1 : best);
  }

  // ---- Asking

  let [goal, floor] = [null, null];
  const goals = stage.newest((answer) => {
    goal = answer.data;
    [floor] = answer.floor;
    SIDES.forEach(tell);
  });
  const walks = Object.fromEntries(SIDES.map((name) => [name, stage.newest((answer) => {
    seen[name].way = answer;
    tell(name);
    if (!stage.begun && SIDES.every((other) => seen[other].way)) {
      stage.begun = true;
      if (!calm.matches && !stage.state.given) {
        player.run();
      }
    }
  })]));

  // What is wrong with a question is said of the walk.
  const terrain = (question) => stage.ask("terrain", question);
  const terrains = Object.fromEntries(SIDES.map((name) => [name, new Newest(terrain, [({ heights }) => {
    seen[name].plot.draw("heights", { kind: "ways", role: "exact", ...contours(heights, REACH, LEVELS), count: 2, opacity: 0.5 });
  }, () => {}])]));

  function survey(name, question) {
    const text = JSON.stringify(question);
    if (seen[name].surveyed !== text) {
      seen[name].surveyed = text;
      terrains[name].want(question);
    }
  }

  function tell(name) {
    const { way, said, plot } = seen[name];
    if (way) {
      const [far] = way.distance;
      const floors = floor ? `; two draws of the data: ${digits(floor, 2)}` : "";
      said.textContent = `${METHODS[values[`${name}Method`]]}, ${way.evaluations[0]} evaluations, distance ${digits(far, 2)}${floors}`;
      plot.say(`Samples of ${said.textContent}, ${Math.round(100 * way.near[0])} % within three widths of a heap.`);
      draw(name);
    }
  }

  const shared = () => ({ ...SCHEDULES[values.schedule], data: values.data, towards: values.towards, points: POINTS[values.data] });

  function ask(name) {
    const own = (key) => values[name + key];
    walks[name].want("walk", {
      ...shared(), method: own("Method"), steps: own("Steps"), spacing: own("Spacing"), eta: own("Eta"), variance: own("Variance"),
      last: own("Last"), scale: own("Scale"), seed: values.seed,
    });
  }

  return {
    pause: () => player.pause(),
    before() {
      const single = values.data !== "ring";
      values.towards = single ? "0" : values.towards;
      stage.controls.towards.input.disabled = single;
      values.follow = Math.min(values.follow, POINTS[values.data] - 1);
      stage.controls.follow.limit(POINTS[values.data] - 1);
      for (const name of SIDES) {
        const method = values[`${name}Method`];
        stage.controls[`${name}Eta`].box.hidden = method !== "ddim";
        stage.controls[`${name}Variance`].box.hidden = method !== "ddpm";
        stage.controls[`${name}Scale`].box.hidden = values.towards === "0";
      }
    },
    change(key) {
      if (key === "walk" || key === "follow") {
        player.pause();
        SIDES.forEach(draw);
        return;
      }
      if (key === null || key === "data" || key === "towards") {
        goals.want("goal", shared());
      }
      SIDES.filter((name) => key === null || !SIDES.some((own) => own !== name && key.startsWith(own) && key[1] < "a")).forEach(ask);
    },
  };
});
