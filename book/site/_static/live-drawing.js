/* Drawing: data of the reader's own, and a network that learns it while one looks. */

"use strict";

window.diLive.start("drawing", (stage) => {
  const { element, Plot, scatter, legend, number, choice, list, calm, digits, smoothed } = window.diLive;
  const [REACH, MOST, NEAR, BRUSH, PIECE, STEPS] = [2.5, 400, 0.06, 0.06, 20, 14];
  const GRIDS = 64; // of an address, in which a point is two signs
  const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const PAPERS = { own: "your drawing", moons: "two moons", ring: "a ring", spiral: "a spiral", checkerboard: "a checkerboard", crab: "a crab" };
  const values = stage.settings({
    paper: choice("moons", PAPERS),
    points: { kind: "list", start: [], show: write, read: read },
    rate: number(4e-3, 1e-4, 0.1, { log: true, format: (rate) => digits(rate, 2) }),
    width: choice("64", { 16: "16", 32: "32", 64: "64", 128: "128" }),
    steps: number(1500, 200, 10000, { log: true, whole: true }),
    time: choice("told", { told: "told", untold: "not told" }),
    walk: number(100, 0, 100, { aside: true, format: (percent) => (percent === 100 ? "arrived" : `${percent} %`) }),
  });
  const fresh = () => ({ losses: [], step: 0, seconds: 0, floor: null, way: null });
  let [lesson, given, running] = [fresh(), [], false];

  function write(points) {
    const sign = (x) => SIGNS[Math.min(Math.max(Math.round(((x + REACH) / (2 * REACH)) * (GRIDS - 1)), 0), GRIDS - 1)];
    return points.map(sign).join("");
  }

  function read(text) {
    const points = [...text].map((sign) => (SIGNS.indexOf(sign) / (GRIDS - 1)) * 2 * REACH - REACH);
    return points.length % 2 === 0 && points.length <= 2 * MOST && points.every((x) => x >= -REACH) ? points : undefined;
  }

  // ---- Paper, and what comes out

  const square = { x: [-REACH, REACH], y: [-REACH, REACH], ratio: 1, least: 120, xTicks: false, yTicks: false, canvas: true };
  const paper = new Plot({ ...square, label: "Paper to draw on" });
  const result = new Plot({ ...square, label: "What the network makes of noise" });
  const loss = new Plot({ label: "Loss", x: [0, values.steps], y: [0, 1.1], xName: "training step", yName: "loss", ratio: 0.26, least: 120 });
  const said = { paper: element("p", { class: "di-live-said" }), result: element("p", { class: "di-live-said" }) };
  paper.svg.classList.add("di-paper");
  paper.svg.setAttribute("tabindex", "0");
  paper.svg.setAttribute("role", "application");
  const duo = element("div", { class: "di-live-duo di-live-paper" },
    element("div", { class: "di-live-stack" }, paper.box, said.paper), element("div", { class: "di-live-stack" }, result.box, said.result));
  const go = stage.button("Train", () => (running ? halt() : run()));
  go.classList.add("di-live-main");
  const clear = stage.button("Clean paper", () => own([]));
  const player = stage.walker({ name: "Play the walk", seconds: 3, show: () => show() });
  stage.row({ paper: "data" });
  stage.body.append(duo, element("div", { class: "di-live-row di-live-buttons" }, go, clear, player.button));
  const walks = stage.row({ walk: "the walk from noise" });
  stage.row({ rate: "learning rate", steps: "steps", width: "width", time: "the time" });
  stage.body.append(loss.box, legend([["dots", "data", "data"], ["dots", "samples", "made of noise"], ["line", "learned", "loss, mean of 50 steps"]]));

  const pen = { x: 0, y: 0, down: false };
  let last = null;
  paper.drag(paper.svg, (x, y) => {
    // A quick hand leaves no gaps.
    const [fromX, fromY] = last ?? [x, y];
    const parts = Math.max(Math.floor(Math.hypot(x - fromX, y - fromY) / NEAR), 1);
    for (let part = 1; part <= parts; part += 1) {
      put(fromX + ((x - fromX) * part) / parts, fromY + ((y - fromY) * part) / parts);
    }
    last = [x, y];
    stage.changed("points");
  }, () => {
    last = null;
  });
  paper.svg.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === " " || event.key === "Enter") {
      pen.down = !pen.down;
    } else if (move) {
      pen.x = Math.min(Math.max(pen.x + 0.1 * move[0], -REACH), REACH);
      pen.y = Math.min(Math.max(pen.y + 0.1 * move[1], -REACH), REACH);
    } else {
      return;
    }
    event.preventDefault();
    if (pen.down) {
      put(pen.x, pen.y);
      stage.changed("points");
    }
    show();
  });
  paper.svg.addEventListener("focus", show);
  paper.svg.addEventListener("blur", show);

  // A point of the drawing, unless one is there; of too many, the first go.
  function put(x, y) {
    const points = values.paper === "own" ? values.points : [];
    const far = points.length < 2 || Math.hypot(points.at(-2) - x, points.at(-1) - y) > NEAR;
    if (far && Math.abs(x) <= REACH && Math.abs(y) <= REACH) {
      values.paper = "own";
      values.points = [...points, x, y].slice(-2 * MOST);
    }
  }

  function own(points) {
    values.paper = "own";
    values.points = points;
    stage.changed("points");
  }

  function show() {
    if (paper.width) {
      scatter(paper, [{ points: given, role: "data", size: 4, opacity: 0.75 }]);
      const at = document.activeElement === paper.svg && paper.svg.matches(":focus-visible");
      paper.draw("pen", { kind: "dots", role: pen.down ? "way" : "second", xs: at ? [pen.x] : [], ys: at ? [pen.y] : [] });
    }
    if (result.width) {
      scatter(result, [{ points: given, role: "data", size: 3, opacity: 0.25 }, { points: moment(), role: "samples", size: 2.6, opacity: 0.75 }]);
    }
  }
  paper.after.push(show);
  result.after.push(show);

  function moment() {
    if (!lesson.way) {
      return [];
    }
    const { states, noise_steps: levels } = lesson.way;
    const width = states.length / levels.length;
    const place = ((levels.length - 1) * values.walk) / 100;
    const [at, share] = [Math.min(Math.floor(place), levels.length - 2), place - Math.min(Math.floor(place), levels.length - 2)];
    return Array.from({ length: width }, (_, i) => states[at * width + i] * (1 - share) + states[(at + 1) * width + i] * share);
  }

  // ---- Training

  function halt() {
    running = false;
    go.textContent = lesson.step >= values.steps ? "Train again" : lesson.step ? "Go on" : "Train";
  }

  async function run() {
    if (lesson.step >= values.steps) {
      forget();
    }
    const mine = lesson;
    running = true;
    go.textContent = "Pause";
    stage.refusal.textContent = "";
    try {
      if (mine.step === 0) {
        const { steps, rate, width, time } = values;
        const answer = await stage.ask("draw", { steps, rate, width, time, batch: 256, brush: BRUSH, seed: 0 }, given);
        [mine.floor] = answer.floor;
      }
      let shown = -1000;
      while (running && mine === lesson && mine.step < values.steps && stage.seen) {
        const steps = Math.min(PIECE, values.steps - mine.step);
        const { losses, milliseconds } = await stage.ask("paint", { steps });
        mine.step += steps;
        mine.losses.push(...losses);
        mine.seconds += milliseconds / 1000;
        if (mine === lesson && (performance.now() - shown > 400 || mine.step >= values.steps)) {
          mine.way = await stage.ask("show", { seed: 0, steps: STEPS });
          shown = performance.now();
          if (mine === lesson) {
            tell();
          }
        }
      }
      if (mine === lesson && mine.step >= values.steps && !calm.matches) {
        player.run();
      }
    } catch (error) {
      stage.refuse(error);
    }
    if (mine === lesson) {
      halt();
    }
  }

  function tell() {
    const { losses, step, seconds, floor, way } = lesson;
    loss.draw("loss", { kind: "line", role: "learned", ...smoothed(losses) });
    const [far] = way.distance;
    said.result.textContent = `After ${step} of ${values.steps} steps (${Math.round(step / seconds)} a second): distance ${digits(far, 2)}; two draws of the drawing itself: ${digits(floor, 2)}.`;
    stage.show();
    result.say(`What the network makes of noise. ${said.result.textContent}`);
    show();
  }

  function forget() {
    running = false;
    lesson = fresh();
    loss.range("x", 0, values.steps);
    loss.draw("loss", { kind: "line", role: "learned", xs: [], ys: [] });
    said.result.textContent = "Press Train: the network starts as noise.";
    halt();
    stage.show();
    show();
  }

  const papers = stage.newest(({ points }) => {
    given = Array.from(points);
    ready();
  });

  function ready() {
    const count = given.length / 2;
    said.paper.textContent = values.paper === "own"
      ? `Draw here with finger or mouse (or arrow keys; space puts the pen down and up). ${count} points.`
      : "Draw over it, with finger or mouse, to start a drawing of your own.";
    go.disabled = count < 8;
    forget();
  }

  return {
    pause() {
      if (running) {
        halt();
      }
      player.pause();
    },
    before() {
      walks.hidden = !lesson.way;
      player.button.disabled = !lesson.way;
    },
    change(key) {
      if (key === "walk") {
        player.pause();
        show();
      } else if (values.paper !== "own" && (key === null || key === "paper")) {
        papers.want("paper", { data: values.paper, points: 400, seed: 0 });
      } else {
        given = values.paper === "own" ? values.points : given;
        ready();
      }
    },
  };
});
