/* Training: a network beside the best prediction that there is. */

"use strict";

window.diLive.start("training", (stage) => {
  const { element, Plot, legend, linspace, number, choice, digits, smoothed } = window.diLive;
  const [REACH, PIECE, FLOOR] = [5, 10, 1e-4];
  const GRID = linspace(-REACH, REACH, 161);
  const SCHEDULE = { kind: "linear", T: 200, start: 1e-4, end: 0.02 };
  const values = stage.settings({
    t: number(60, 0, 199),
    rate: number(4e-3, 1e-4, 0.1, { log: true, format: (rate) => digits(rate, 2) }),
    batch: choice("256", { 32: "32", 64: "64", 128: "128", 256: "256", 512: "512" }),
    width: choice("128", { 8: "8", 32: "32", 64: "64", 128: "128" }),
    steps: number(3000, 200, 10000, { log: true, whole: true }),
    time: choice("told", { told: "told", untold: "not told" }),
    seed: number(0, 0, 999),
  });
  const fresh = () => ({ losses: [], excess: null, means: [], floor: null, step: 0, seconds: 0, begun: false });
  let lesson = fresh();

  const loss = new Plot({ label: "Loss", x: [0, values.steps], y: [0.4, 1.1], xName: "training step", yName: "loss", ratio: 0.6, least: 170 });
  const guess = new Plot({ label: "Prediction", x: [-REACH, REACH], y: [-3, 3], xName: "x at timestep t", yName: "ε", ratio: 0.6, least: 170 });
  const beyond = new Plot({ label: "Excess", x: [0, 199], y: [-4, 0], xName: "timestep t", yName: "excess", ratio: 0.6, least: 170, powers: true, edge: 38 });
  const course = new Plot({ label: "Mean excess", x: [0, values.steps], y: [-4, 0], xName: "training step", yName: "mean excess", ratio: 0.6, least: 170, powers: true, edge: 38 });
  const grid = element("div", { class: "di-live-pair" });
  for (const [plot, keys] of [
    [loss, [["line", "learned", "loss, mean of 50 steps"], ["line", "exact", "its floor"]]],
    [guess, [["line", "learned", "learned"], ["line", "exact", "best possible"], ["area", "data", "where x is"]]],
    [course, [["line", "learned", "excess, mean over t"]]],
    [beyond, [["line", "learned", "excess at every t"]]],
  ]) {
    grid.append(element("div", { class: "di-live-stack" }, plot.box, legend(keys)));
  }
  const go = stage.button("Train", () => (running ? pause() : run()));
  go.classList.add("di-live-main");
  const again = stage.button("New network", () => stage.set("seed", (values.seed + 1) % 1000));
  stage.body.append(element("div", { class: "di-live-row di-live-buttons" }, go, again), grid);
  stage.row({ t: "timestep t of the second plot" });
  stage.row({ rate: "learning rate", steps: "steps", batch: "rows of a batch", width: "width", time: "the time" });
  const read = stage.readings({ step: "step", loss: "loss now", floor: "its floor", excess: "excess, mean over t", parameters: "parameters", pace: "steps a second" });

  let running = false;
  function pause() {
    running = false;
    go.textContent = lesson.step >= values.steps ? "Trained" : lesson.step ? "Go on" : "Train";
    go.disabled = lesson.step >= values.steps;
  }

  const trouble = (error) => {
    pause();
    stage.refuse(error);
  };

  async function begin() {
    const mine = lesson;
    const answer = await stage.ask("begin", { ...SCHEDULE, ...values });
    mine.begun = true;
    [mine.floor] = answer.floor;
    read("floor", digits(mine.floor, 4));
    read("parameters", answer.parameters[0].toLocaleString("en").replaceAll(",", "\u202f"));
    loss.draw("floor", { kind: "line", role: "exact", xs: [0, values.steps], ys: [mine.floor, mine.floor] });
    look();
  }

  async function measure(mine) {
    const { excess, ts } = await stage.ask("excess");
    if (mine === lesson) {
      const mean = excess.reduce((sum, e) => sum + e, 0) / excess.length;
      mine.means.push([mine.step, mean]);
      read("excess", digits(mean, 2));
      const log = (e) => Math.log10(Math.max(e, FLOOR));
      beyond.draw("excess", { kind: "line", role: "learned", xs: ts, ys: Array.from(excess, log) });
      course.draw("excess", { kind: "line", role: "learned", xs: mine.means.map(([step]) => step), ys: mine.means.map(([, e]) => log(e)) });
      course.say(`The excess, mean over t, is ${digits(mean, 2)} after ${mine.step} steps.`);
    }
  }

  async function run() {
    const mine = lesson;
    running = true;
    go.textContent = "Pause";
    stage.refusal.textContent = "";
    try {
      let measured = -1000;
      while (running && mine === lesson && mine.step < values.steps && stage.seen) {
        const steps = Math.min(PIECE, values.steps - mine.step);
        const { losses, milliseconds } = await stage.ask("train", { steps });
        mine.step += steps;
        mine.losses.push(...losses);
        mine.seconds += milliseconds / 1000;
        if (mine === lesson) {
          tell();
          await look();
        }
        if (mine === lesson && (performance.now() - measured > 1500 || mine.step >= values.steps)) {
          await measure(mine);
          measured = performance.now();
        }
      }
      if (mine === lesson) {
        pause();
      }
    } catch (error) {
      trouble(error);
    }
  }

  function tell() {
    const { losses, step, seconds, floor } = lesson;
    const { xs, ys } = smoothed(losses);
    loss.draw("loss", { kind: "line", role: "learned", xs, ys });
    const last = ys[ys.length - 1];
    read("step", String(step));
    read("loss", digits(last, 3));
    read("pace", seconds ? String(Math.round(step / seconds)) : "");
    loss.say(`The loss is ${digits(last, 3)} after ${step} steps; its floor is ${digits(floor, 4)}.`);
  }

  const looks = stage.newest(({ learned, best, density }) => {
    guess.draw("density", { kind: "area", role: "data", xs: GRID, ys: Array.from(density, (q) => 4 * q) });
    guess.draw("best", { kind: "line", role: "exact", xs: GRID, ys: best });
    guess.draw("learned", { kind: "line", role: "learned", xs: GRID, ys: learned });
  });
  const look = () => (lesson.begun ? looks.want("look", { t: values.t, reach: REACH }) : null);

  function restart() {
    lesson = fresh();
    running = false;
    [loss, course].forEach((plot) => plot.range("x", 0, values.steps));
    for (const [plot, name] of [[loss, "loss"], [course, "excess"], [beyond, "excess"], [guess, "learned"]]) {
      plot.draw(name, { kind: "line", role: "learned", xs: [], ys: [] });
    }
    ["step", "loss", "excess", "pace"].forEach((key) => read(key, "–"));
    pause();
    begin().catch(trouble);
  }

  return {
    pause() {
      if (running) {
        pause();
      }
    },
    before() {},
    change(key) {
      if (key === "t") {
        look();
      } else {
        restart();
      }
    },
  };
});
