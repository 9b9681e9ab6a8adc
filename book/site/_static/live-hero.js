/* The first picture of the book, live: once the library is there, it draws over the film, at every moment between. */

"use strict";

(() => {
  const { element, calm, number, list, heat, between, digits, minus } = window.diLive;
  const [REACH, SIDE, FINE, POINTS, STEPS] = [2.4, 60, 120, 150, 200];
  const [SECONDS, HOME, AGAIN] = [0.8, 1.6, 4]; // a frame, a way home, and the frame to return to when all are at home

  const build = (stage) => {
    const figure = [...document.querySelectorAll("svg.di-figure[data-frames]")].find((one) => one.compareDocumentPosition(stage.place) & Node.DOCUMENT_POSITION_FOLLOWING);
    const film = figure.diPlayer;
    const box = figure.closest(".di-figure-frame");
    const times = film.frames.map(({ dataset: { label } }) => (label === "clean" ? -1 : Number(label.replace("t = ", ""))));
    const last = times.length - 1;
    const values = stage.settings({
      at: number(calm.matches ? last : 0, 0, last, { step: 0.01 }),
      // Place, and the timestep at which it was put there.
      point: list([], ([x, y, t, ...more]) => Math.abs(x) <= REACH && Math.abs(y) <= REACH && t >= 0 && t < STEPS && t % 1 === 0 && !more.length),
    });
    let [ways, taking, found, shown, held, timer] = [null, null, null, null, false, 0];

    // ---- What lies over the film: the density, and on it all that moves

    const low = element("canvas", { "aria-hidden": "true" });
    const high = element("canvas", { role: "application", tabindex: "0", "aria-label": "A point in the picture: arrow keys move it, Enter lets it go" });
    const sheet = element("div", { class: "di-hero" }, low, high);
    const [glow, point] = [element("canvas", { width: SIDE, height: SIDE }), element("canvas", { width: 0 })];
    const slider = film.slider.cloneNode();
    slider.step = "0.01";
    const button = film.button.cloneNode(true);

    // Where the film has its picture, in the form that is shown.
    function fit() {
      const forms = [...figure.querySelectorAll(":scope > .di-wide, :scope > .di-narrow")];
      const form = forms.find((one) => getComputedStyle(one).display !== "none") ?? figure;
      const [panel, whole] = [form.querySelector(".di-frame :is(g[id], use)"), box].map((one) => one.getBoundingClientRect());
      const place = { left: panel.left - whole.left, top: panel.top - whole.top, width: panel.width, height: panel.height };
      Object.entries(place).forEach(([key, pixels]) => {
        sheet.style[key] = `${pixels}px`;
      });
      const fine = window.devicePixelRatio || 1;
      [high.width, high.height] = [Math.round(panel.width * fine), Math.round(panel.height * fine)];
      draw();
    }

    const timeAt = (at) => {
      const before = Math.min(Math.floor(at), last - 1);
      return times[before] + (at - before) * (times[before + 1] - times[before]);
    };

    // What is as it was is not painted again.
    function write(node, text) {
      if (node.textContent !== text) {
        node.textContent = text;
      }
    }

    // The film follows below: its nearest frame says in words what is seen.
    function say() {
      const t = Math.round(timeAt(values.at));
      const now = Math.round(values.at);
      if (now !== film.index) {
        film.show(now);
      }
      const word = t < 0 ? "clean" : `t = ${t}`;
      film.labels.forEach((label, at) => write(label, at === now ? word : film.frames[at].dataset.label));
      const guess = held && found ? `, best guess (${[...found.guess].map((x) => minus(x.toFixed(2))).join(", ")})` : "";
      film.films.forEach((frames) => write(frames[now].querySelector("text"), word + guess));
      slider.value = String(values.at);
      slider.style.setProperty("--di-fill", `${(100 * values.at) / last}%`);
      slider.setAttribute("aria-valuetext", word);
    }

    // A point, drawn once: stamping it is cheaper than drawing it for each.
    function stamp(unit) {
      const side = 2 * Math.ceil(2.5 * unit);
      if (point.width !== side) {
        [point.width, point.height] = [side, side];
        disc(point.getContext("2d"), [side / 2, side / 2], 1.7 * unit, "#e74c3c", "rgb(255 255 255 / 65%)", 0.6 * unit);
      }
      return point;
    }

    function disc(brush, [x, y], radius, fill, line, thick) {
      brush.beginPath();
      brush.arc(x, y, radius, 0, 7);
      brush.fillStyle = fill;
      brush.fill();
      brush.lineWidth = thick;
      brush.strokeStyle = line;
      brush.stroke();
    }

    function draw() {
      if (!shown || !high.width) {
        return;
      }
      const brush = high.getContext("2d");
      const { width, height } = high;
      const unit = width / 340;
      const place = (x, y) => [((x + REACH) / (2 * REACH)) * width, ((REACH - y) / (2 * REACH)) * height];
      const dot = (x, y, radius, fill, line, thick) => disc(brush, place(x, y), radius * unit, fill, line, thick * unit);
      brush.clearRect(0, 0, width, height);
      if (held && found) {
        brush.fillStyle = "rgb(0 0 0 / 60%)";
        brush.fillRect(0, 0, width, height);
        brush.drawImage(glow, 0, 0, width, height);
      }
      brush.globalAlpha = held ? 0.4 : 1;
      const all = between(ways, shown.u[0] * STEPS);
      const mark = stamp(unit);
      for (let i = 0; i < all.length; i += 2) {
        const [x, y] = place(all[i], all[i + 1]);
        brush.drawImage(mark, x - mark.width / 2, y - mark.height / 2);
      }
      brush.globalAlpha = 1;
      if (found) {
        const { states, noise_steps: levels } = found;
        const way = new Path2D();
        for (let i = 0; i < states.length; i += 2) {
          way.lineTo(...place(states[i], states[i + 1]));
        }
        brush.lineJoin = "round";
        for (const [thick, colour] of [[4, "rgb(0 0 0 / 45%)"], [2, "#ffffff"]]) {
          brush.lineWidth = thick * unit;
          brush.strokeStyle = colour;
          brush.stroke(way);
        }
        if (held) {
          dot(...found.guess, 7, "transparent", "rgb(0 0 0 / 45%)", 4);
          dot(...found.guess, 7, "transparent", "#ffffff", 2);
        }
        dot(...between(found, Math.min(shown.u[0] * STEPS, levels[0])), 5.5, "#e74c3c", "#ffffff", 2);
      } else if (!timer) {
        brush.font = `600 ${14 * unit}px system-ui, sans-serif`;
        brush.textAlign = "center";
        brush.fillStyle = "#ffffff";
        brush.fillText("Touch the picture", width / 2, height - 10 * unit);
      }
    }

    // Every pixel's probability to be where the point came from, as light.
    function light(origins) {
      const brush = glow.getContext("2d");
      const image = brush.createImageData(SIDE, SIDE);
      const most = Math.max(...origins);
      origins.forEach((weight, at) => {
        const to = 4 * ((SIDE - 1 - Math.floor(at / SIDE)) * SIDE + (at % SIDE));
        image.data.set([255, 206, 84, 255 * Math.sqrt(weight / most)], to);
      });
      brush.putImageData(image, 0, 0);
    }

    // ---- Asking

    const densities = stage.newest((answer) => {
      shown = answer;
      heat(low, answer.heat, FINE, FINE, 1);
      draw();
    });
    const touches = stage.newest((answer) => {
      found = values.point.length ? answer : null;
      light(answer.origins);
      say();
      draw();
    });

    function move() {
      say();
      densities.want("blurred", { u: (timeAt(values.at) + 1) / STEPS });
    }

    function touch(x, y) {
      pause();
      values.at = values.at > last - 0.5 ? AGAIN : values.at;
      held = true;
      const [inside, t] = [(place) => Math.min(Math.max(place, -REACH), REACH), Math.round(timeAt(values.at))];
      values.point = [inside(x), inside(y), Math.max(t, 0)];
      stage.changed("point");
    }

    function forget() {
      [held, found, values.point] = [false, null, []];
      say();
      draw();
    }

    // ---- Moving

    function pause() {
      window.cancelAnimationFrame(timer);
      timer = 0;
      film.say("Play");
      draw();
    }

    function run(seconds, from = values.at) {
      pause();
      const start = performance.now();
      const step = (now) => {
        const share = Math.min((now - start) / (1000 * seconds), 1);
        values.at = from + (last - from) * share;
        move();
        stage.state.write();
        if (share < 1 && stage.seen) {
          timer = window.requestAnimationFrame(step);
        } else {
          pause();
        }
      };
      film.say("Pause");
      timer = window.requestAnimationFrame(step);
    }

    function home() {
      if (held) {
        held = false;
        if (calm.matches) {
          values.at = last;
          move();
        } else {
          run(HOME);
        }
      }
    }

    function listen() {
      button.addEventListener("click", () => {
        if (timer) {
          pause();
        } else {
          const from = values.at >= last ? 0 : values.at;
          run(SECONDS * (last - from), from);
        }
      });
      slider.addEventListener("input", () => {
        pause();
        held = false;
        stage.set("at", Number(slider.value));
      });
      slider.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (step) {
          event.preventDefault();
          pause();
          stage.set("at", Math.min(Math.max(Math.round(values.at) + step, 0), last));
        }
      });
      const at = (event) => {
        const { left, top, width, height } = high.getBoundingClientRect();
        touch(((event.clientX - left) / width) * 2 * REACH - REACH, REACH - ((event.clientY - top) / height) * 2 * REACH);
      };
      let finger = null;
      high.addEventListener("pointerdown", (event) => {
        if (event.button === 0) {
          finger = event.pointerId;
          high.setPointerCapture(finger);
          at(event);
        }
      });
      high.addEventListener("pointermove", (event) => {
        if (event.pointerId === finger) {
          at(event);
        }
      });
      for (const [name, then] of [["pointerup", home], ["pointercancel", forget]]) {
        high.addEventListener(name, (event) => {
          if (event.pointerId === finger) {
            finger = null;
            then();
          }
        });
      }
      high.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
        if (step) {
          const [x, y] = held ? values.point : [0.6, 1];
          touch(x + step[0], y + step[1]);
        } else if (event.key === "Enter" || event.key === " ") {
          home();
        } else if (event.key === "Escape") {
          forget();
        } else {
          return;
        }
        event.preventDefault();
      });
      new ResizeObserver(fit).observe(figure);
    }

    // The film hands over where it stands, once all points have their ways.
    async function take() {
      ways = await stage.ask("ferris", { points: POINTS, seed: 2 });
      const { index, moving } = film.release();
      const given = stage.state.given;
      values.at = given ? values.at : index;
      for (const [old, own] of [[film.slider, slider], [film.button, button]]) {
        const focused = old === document.activeElement;
        old.replaceWith(own);
        if (focused) {
          own.focus();
        }
      }
      Object.assign(film, { slider, button });
      box.append(sheet);
      box.classList.add("di-under-hero");
      fit();
      listen();
      stage.changed(null);
      if (moving && !given) {
        run(SECONDS * (last - index));
      }
    }

    return {
      pause,
      change(key) {
        if (!ways) {
          taking ??= take().catch((error) => stage.refuse(error));
          return;
        }
        move();
        const [x, y, t] = values.point;
        if (x === undefined) {
          forget();
        } else if (key !== "at") {
          touches.want("touched", { x, y, t });
        }
      },
    };
  };

  window.diLive.start("hero", build);
})();
