/* Game: a generator against a discriminator, and a diffusion network of its size, step by step in turn. */

"use strict";

window.diLive.start("game", (stage) => {
  const { element, Plot, scatter, legend, number, choice, digits, smoothed } = window.diLive;
  const [PIECE, OFTEN] = [25, 600]; // steps of each in turn, and milliseconds between two counts
  const [EVEN, DRAW] = [2 * Math.LN2, Math.LN2];
  const MODES = { ring: 8, grid: 25 };
  const log = { log: true, format: (rate) => digits(rate, 2) };
  const values = stage.settings({
    data: choice("ring", { ring: "a ring of 8 heaps", grid: "a grid of 25 heaps" }),
    recipe: choice("classic", { classic: "classic", keen: "classic, keen eyes", stable: "stable" }),
    steps: number(2000, 200, 8000, { log: true, whole: true }),
    game: number(1e-3, 1e-4, 0.02, log),
    diffusion: number(3e-3, 1e-4, 0.02, log),
    seed: number(0, 0, 999),
  });
  const fresh = () => ({ begun: false, step: 0, seconds: [0, 0], losses: [[], [], []], scores: [], answer: null, data: [] });
  let both = fresh();

  // ---- What is seen

  const side = (label) => {
    const plot = new Plot({ label, x: [-2, 2], y: [-2, 2], ratio: 1, least: 120, xTicks: false, yTicks: false, canvas: true });
    const said = element("p", { class: "di-live-said" });
    plot.after.push(() => draw());
    return { plot, said, box: element("div", { class: "di-live-stack" }, element("p", { class: "di-live-side" }, label), plot.box, said) };
  };
  const sides = [side("The game"), side("Diffusion")];
  const curve = (label, y, yName) => new Plot({ label, x: [0, values.steps], y, xName: "step", yName, ratio: 0.55, least: 160 });
  const loss = curve("Losses", [0, 3], "loss");
  const quality = curve("High quality", [0, 100], "high quality, %");
  const go = stage.button("Train both", () => (running ? pause() : run()));
  go.classList.add("di-live-main");
  const once = stage.button("One step", () => single());
  const again = stage.button("New networks", () => stage.set("seed", (values.seed + 1) % 1000));
  stage.body.append(element("div", { class: "di-live-row di-live-buttons" }, go, once, again),
    element("div", { class: "di-live-duo" }, ...sides.map(({ box }) => box)),
    element("div", { class: "di-live-pair" },
      element("div", { class: "di-live-stack" }, loss.box, legend([["line", "gan", "generator"], ["line", "second", "discriminator"], ["line", "normal", "ln 2 and 2 ln 2, a draw"], ["line", "samples", "diffusion"]])),
      element("div", { class: "di-live-stack" }, quality.box, legend([["line", "gan", "the game"], ["line", "samples", "diffusion"], ["line", "normal", "real data"]]))));
  stage.row({ recipe: "recipe of the game", data: "data", steps: "steps of each" });
  stage.row({ game: "rate, the game", diffusion: "rate, diffusion" });
  const read = stage.readings({ step: "step", game: "seconds, game", diffusion: "seconds, diffusion", made: "parameters, G", walked: "parameters, diffusion", judge: "parameters, D" });

  function draw() {
    const { data, answer } = both;
    const names = ["gan", "samples"];
    sides.forEach(({ plot }, at) => {
      if (plot.width) {
        const points = answer ? [answer.made, answer.walked][at] : [];
        scatter(plot, [{ points: data, role: "data", size: 5, opacity: 0.3 }, { points, role: names[at], size: 2, opacity: 0.7 }]);
      }
    });
  }

  function curves() {
    const { losses, scores, step } = both;
    ["discriminator", "generator", "diffusion"].forEach((name, at) => {
      const { xs, ys } = smoothed(losses[at]);
      loss.draw(name, { kind: "line", role: ["second", "gan", "samples"][at], xs, ys });
    });
    const xs = scores.map((score) => score.step);
    ["gan", "samples"].forEach((role, at) => quality.draw(role, { kind: "line", role, xs, ys: scores.map((score) => score.quality[at]) }));
    read("step", String(step));
    read("game", digits(both.seconds[0], 2));
    read("diffusion", digits(both.seconds[1], 2));
  }

  function tell() {
    const score = both.scores[both.scores.length - 1];
    sides.forEach(({ plot, said }, at) => {
      const text = score ? `${score.covered[at]} of ${MODES[values.data]} modes, ${digits(score.quality[at], 3)} % of high quality` : "not trained yet";
      said.textContent = text;
      plot.say(`${["The game", "Diffusion"][at]}: ${text}.`);
    });
    const [made, walked] = score?.quality ?? [0, 0];
    quality.say(`High quality after ${both.step} steps: the game ${digits(made)} %, diffusion ${digits(walked)} %.`);
  }

  // ---- Training

  let running = false;
  function pause() {
    running = false;
    const done = both.step >= values.steps;
    go.textContent = done ? "Trained" : both.step ? "Go on" : "Train both";
    [go, once].forEach((button) => {
      button.disabled = done;
    });
  }

  const trouble = (error) => {
    pause();
    stage.refuse(error);
  };

  async function begin() {
    const mine = both;
    const answer = await stage.ask("pair", { ...values, batch: 256 });
    if (mine === both) {
      Object.assign(both, { begun: true, data: answer.data });
      const [made, walked, judge] = [...answer.parameters].map((count) => count.toLocaleString("en").replaceAll(",", "\u202f"));
      Object.entries({ made, walked, judge }).forEach(([key, count]) => read(key, count));
      const [xs, real] = [[0, values.steps], 100 * answer.ceiling[0]];
      quality.draw("real", { kind: "line", role: "normal", xs, ys: [real, real] });
      loss.draw("draw", { kind: "ways", role: "normal", xs: [...xs, ...xs], ys: [EVEN, EVEN, DRAW, DRAW], count: 2 });
      draw();
    }
  }

  async function turn(mine, steps) {
    const game = await stage.ask("play", { steps });
    const diffusion = await stage.ask("learn", { steps });
    if (mine === both) {
      mine.step += steps;
      mine.seconds = mine.seconds.map((seconds, at) => seconds + [game, diffusion][at].milliseconds / 1000);
      game.losses.forEach((value, at) => mine.losses[at % 2].push(value));
      mine.losses[2].push(...diffusion.losses);
      curves();
    }
  }

  async function score(mine) {
    const answer = await stage.ask("score", { seed: 0 });
    if (mine === both) {
      mine.answer = answer;
      mine.scores.push({ step: mine.step, covered: [...answer.covered], quality: Array.from(answer.quality, (share) => 100 * share) });
      curves();
      tell();
      draw();
    }
  }

  async function run() {
    const mine = both;
    running = true;
    go.textContent = "Pause";
    stage.refusal.textContent = "";
    try {
      let counted = 0;
      while (running && mine === both && mine.step < values.steps && stage.seen) {
        await turn(mine, Math.min(PIECE, values.steps - mine.step));
        if (performance.now() - counted > OFTEN || mine.step >= values.steps) {
          await score(mine);
          counted = performance.now();
        }
      }
      if (mine === both) {
        pause();
      }
    } catch (error) {
      trouble(error);
    }
  }

  function single() {
    const mine = both;
    if (!running) {
      turn(mine, 1).then(() => score(mine)).then(pause, trouble);
    }
  }

  function restart() {
    both = fresh();
    stage.body.classList.toggle("di-remedies", values.recipe === "stable"); // another role, another colour
    [loss, quality].forEach((plot) => plot.range("x", 0, values.steps));
    pause();
    curves();
    tell();
    begin().catch(trouble);
  }

  return {
    pause() {
      if (running) {
        pause();
      }
    },
    change: restart,
  };
});
