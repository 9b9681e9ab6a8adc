/* Gives every figure with frames a slider and a play button. */

"use strict";

(() => {
  const PLAY = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 1.5v13l11-6.5z"/></svg>';
  const PAUSE = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 2h4v12H3zM9 2h4v12H9z"/></svg>';
  const SECONDS = 8; // one passage through the frames, unless the figure says otherwise
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function element(name, attributes) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    return made;
  }

  class Player {
    constructor(figure, controls) {
      this.figure = figure;
      // The drawing holds its frames once in each of its forms, of which the page shows one.
      const forms = figure.querySelectorAll(":scope > .di-wide, :scope > .di-narrow");
      this.films = [...(forms.length ? forms : [figure])].map((form) => [...form.querySelectorAll(".di-frame")]);
      this.frames = this.films[0];
      this.timer = 0;
      const title = figure.querySelector("title")?.textContent.trim() || "figure";
      this.button = element("button", { type: "button" });
      this.slider = element("input", {
        type: "range",
        min: "0",
        max: String(this.frames.length - 1),
        step: "1",
        value: "0",
        "aria-label": `Frame of: ${title}`,
      });
      // All labels lie on top of each other, one of them visible: the widest sets the width, and nothing moves.
      this.labels = this.frames.map((frame, at) => {
        const label = element("span", {});
        label.textContent = frame.dataset.label || `${at + 1} / ${this.frames.length}`;
        return label;
      });
      const output = element("output", { "aria-hidden": "true" });
      output.replaceChildren(...this.labels);
      controls.replaceChildren(this.button, this.slider, output);
      figure.classList.add("di-slider-on");
      // Where nothing moves by itself, the frame stands that tells the story.
      this.show(calm.matches ? Number(figure.dataset.storyFrame) || 0 : 0);
      this.pause();
      this.listen();
    }

    listen() {
      // Whoever takes the controls keeps them: nothing moves by itself afterwards.
      this.button.addEventListener("click", () => {
        this.taken = true;
        if (this.timer) {
          this.pause();
        } else {
          this.play();
        }
      });
      this.slider.addEventListener("input", () => {
        this.taken = true;
        this.pause();
        this.show(Number(this.slider.value));
      });
      this.seen = new IntersectionObserver(([entry]) => {
        if (!entry.isIntersecting) {
          this.pause();
        } else if (!this.taken && !calm.matches) {
          this.play();
        }
      }, { threshold: 0.6 });
      this.seen.observe(this.figure);
    }

    // Leaves the frames to somebody else; says where they stood, and whether they moved.
    release() {
      const moving = this.timer !== 0;
      this.seen.disconnect();
      this.pause();
      return { index: this.index, moving };
    }

    show(index) {
      this.index = index;
      this.films.forEach((film) => film.forEach((frame, at) => frame.classList.toggle("di-current", at === index)));
      this.labels.forEach((label, at) => label.classList.toggle("di-current", at === index));
      this.slider.value = String(index);
      this.slider.style.setProperty("--di-fill", `${(100 * index) / Math.max(this.slider.max, 1)}%`);
      this.slider.setAttribute("aria-valuetext", this.labels[index].textContent);
    }

    play() {
      this.pause();
      const seconds = Number(this.figure.dataset.seconds) || SECONDS;
      const pace = Math.max(50, (1000 * seconds) / this.frames.length);
      const step = () => {
        this.show((this.index + 1) % this.frames.length);
        // The last frame is the one to look at.
        const last = this.index === this.frames.length - 1;
        this.timer = window.setTimeout(step, last ? 1500 : pace);
      };
      this.timer = window.setTimeout(step, pace);
      this.say("Pause");
    }

    say(name) {
      this.button.innerHTML = name === "Play" ? PLAY : PAUSE;
      this.button.setAttribute("aria-label", name);
    }

    pause() {
      window.clearTimeout(this.timer);
      this.timer = 0;
      this.say("Play");
    }
  }

  for (const figure of document.querySelectorAll("svg.di-figure[data-frames]")) {
    const controls = figure.closest(".di-figure-frame")?.parentElement.querySelector(".di-controls");
    if (controls && figure.querySelector(".di-frame")) {
      figure.diPlayer = new Player(figure, controls);
    }
  }
})();
