/* What every instrument stands on: its controls, its read-outs, its library, and when it runs. */

"use strict";

(() => {
  const { element, Library, Newest, State } = window.diLive;
  const STOPS = 240; // at most, of a slider whose scale is logarithmic

  class Slider {
    constructor(stage, key, name) {
      const setting = stage.state.settings[key];
      this.setting = setting;
      this.stops = setting.log ? stops(setting) : null;
      const scale = this.stops ? { min: 0, max: this.stops.length - 1, step: 1 } : { min: setting.low, max: setting.high, step: setting.step };
      this.input = element("input", { type: "range", id: `${stage.name}-${key}`, ...scale });
      this.shown = element("output", { for: this.input.id });
      this.box = element("div", { class: "di-live-slider" }, element("label", { for: this.input.id }, name), this.shown, this.input);
      this.input.addEventListener("input", () => stage.set(key, this.value()));
    }

    value() {
      const at = Number(this.input.value);
      return this.stops ? this.stops[at] : at;
    }

    show(value) {
      const { format } = this.setting;
      this.input.value = String(this.stops ? nearest(this.stops, value) : value);
      this.fill();
      const words = format ? format(value) : String(value);
      if (words !== this.words) {
        this.words = words;
        this.shown.textContent = words;
        this.input.setAttribute("aria-valuetext", words);
      }
    }

    fill() {
      const { min, max, value } = this.input;
      const filled = `${(100 * (value - min)) / (max - min || 1)}%`;
      // A style that is set is worked out again, even if it was the same.
      if (filled !== this.filled) {
        this.filled = filled;
        this.input.style.setProperty("--di-fill", filled);
      }
    }

    limit(high) {
      this.input.max = String(high);
    }
  }

  // Numbers of two digits, each once: a key that moves a slider moves its value.
  function stops({ low, high, whole }) {
    const all = Array.from({ length: STOPS + 1 }, (_, at) => {
      const value = Number((low * (high / low) ** (at / STOPS)).toPrecision(2));
      return whole ? Math.round(value) : value;
    });
    return [...new Set(all)];
  }

  // Where the stop that is the fewest times off from a value stands.
  function nearest(all, value) {
    const off = all.map((stop) => Math.abs(Math.log(stop / value)));
    return off.indexOf(Math.min(...off));
  }

  class Choice {
    constructor(stage, key, name) {
      const { words } = stage.state.settings[key];
      const options = Object.entries(words).map(([value, word]) => element("option", { value }, word));
      this.input = element("select", { id: `${stage.name}-${key}` }, ...options);
      this.box = element("div", { class: "di-live-choice" }, element("label", { for: this.input.id }, name), this.input);
      this.input.addEventListener("change", () => stage.set(key, this.input.value));
    }

    show(value) {
      this.input.value = value;
    }
  }

  // A button that moves something from where it stands to its end, and stops when nobody sees it.
  class Player {
    constructor(stage, { name = "Play", stop = "Pause", seconds, from, show }) {
      Object.assign(this, { stage, name, stop, seconds, from, show });
      this.timer = 0;
      this.button = stage.button(name, () => (this.timer ? this.pause() : this.run()));
    }

    pause() {
      window.cancelAnimationFrame(this.timer);
      this.timer = 0;
      this.button.textContent = this.name;
    }

    // Shares of the way, from `from()` to 1.
    run() {
      const [start, from] = [performance.now(), this.from()];
      const step = (now) => {
        const share = Math.min(from + (now - start) / (1000 * this.seconds), 1);
        this.show(share);
        if (share < 1 && this.stage.seen) {
          this.timer = window.requestAnimationFrame(step);
        } else {
          this.pause();
        }
      };
      this.button.textContent = this.stop;
      this.timer = window.requestAnimationFrame(step);
    }
  }

  // A library that comes when it is asked first.
  class Sleeping {
    constructor(...module) {
      this.wake = () => (this.library ??= new Library(...module));
      this.opened = Promise.resolve();
    }

    ask(...question) {
      return this.wake().ask(...question);
    }

    give(...file) {
      return this.wake().give(...file);
    }

    exactly(...question) {
      return this.wake().exactly(...question);
    }
  }

  class Stage {
    constructor(place, name, build, { module = [], sleeps = false }) {
      Object.assign(this, { module, sleeps });
      this.place = place;
      this.name = name;
      this.controls = {};
      this.seen = false;
      this.turn = 0; // one more with each Reset
      this.body = element("div", { class: "di-live-body" });
      this.refusal = element("p", { class: "di-live-refusal", role: "status" });
      const reset = this.button("Reset", () => this.reset());
      reset.classList.add("di-live-reset");
      place.querySelector(".di-live-lead").after(this.body, this.refusal);
      place.prepend(reset);
      this.instrument = build(this);
      this.show();
      const near = new IntersectionObserver(([entry]) => {
        this.seen = entry.isIntersecting;
        if (this.seen) {
          this.open();
        }
        if (!this.seen) {
          this.instrument.pause?.();
        }
      }, { rootMargin: "300px" });
      near.observe(place);
    }

    // Once it comes near the window.
    open() {
      if (!this.library) {
        this.library = this.sleeps ? new Sleeping(...this.module) : new Library(...this.module);
        place(this, "loading");
        this.library.opened.then(() => place(this, "ready"), (error) => this.refuse(error));
        this.instrument.change?.(null);
      }
    }

    settings(settings) {
      this.state = new State(this.name, settings);
      return this.state.values;
    }

    // Controls by key and name, in a row of their own.
    row(names, parent = this.body) {
      const made = Object.entries(names).map(([key, name]) => {
        const Kind = this.state.settings[key].kind === "choice" ? Choice : Slider;
        this.controls[key] = new Kind(this, key, name);
        return this.controls[key].box;
      });
      const row = element("div", { class: "di-live-row" }, ...made);
      parent.append(row);
      return row;
    }

    button(name, act) {
      const button = element("button", { type: "button", class: "di-live-button" }, name);
      button.addEventListener("click", act);
      return button;
    }

    player(settings) {
      return new Player(this, settings);
    }

    // One that moves the setting `walk`, in hundredths of a way.
    walker({ show, ...settings }) {
      const moved = (share) => {
        this.state.values.walk = Math.round(100 * share);
        this.controls.walk.show(this.state.values.walk);
        show(share);
      };
      return this.player({ stop: "Stop", from: () => 0, ...settings, show: moved });
    }

    // Names and values that a reader reads off.
    readings(names) {
      const values = {};
      const pairs = Object.entries(names).map(([key, name]) => {
        values[key] = document.createTextNode("");
        return element("div", {}, element("dt", {}, name), element("dd", {}, values[key]));
      });
      this.body.append(element("dl", { class: "di-live-readings" }, ...pairs));
      return (key, text) => {
        values[key].data = text;
      };
    }

    set(key, value) {
      if (!this.instrument.take?.(key, value)) {
        this.state.values[key] = value;
      }
      this.changed(key);
    }

    changed(key) {
      this.show();
      this.state.write();
      if (this.library) {
        this.instrument.change?.(key);
      }
    }

    reset() {
      this.turn += 1;
      this.state.reset();
      this.refusal.textContent = "";
      this.instrument.pause?.();
      this.changed(null);
    }

    show() {
      this.instrument?.before?.();
      for (const [key, control] of Object.entries(this.controls)) {
        control.show(this.state.values[key]);
      }
    }

    // Asks the library. Nobody is told of a refusal that comes after Reset: what was asked is no longer there.
    async ask(...question) {
      const { turn } = this;
      try {
        return await this.library.ask(...question);
      } catch (error) {
        error.past = turn !== this.turn;
        throw error;
      }
    }

    // Asks the newest of many questions and uses its answer, or what it is refused with.
    newest(use, refused = (error) => this.refuse(error)) {
      const ask = (...question) => this.ask(...question);
      const well = (answer) => {
        this.refusal.textContent = "";
        use(answer);
      };
      return new Newest(ask, [well, (error) => error.past || refused(error)]);
    }

    refuse(error) {
      if (!error.past) {
        this.refusal.textContent = error.message;
      }
    }
  }

  function place(stage, state) {
    stage.place.dataset.state = state;
  }

  window.diLive.stages = {};
  // It may have a module of its own, `[file, variable]`, and one that sleeps loads when it is asked something.
  window.diLive.start = (name, build, how = {}) => {
    const found = document.querySelector(`.di-live[data-instrument="${name}"]`);
    if (found) {
      window.diLive.stages[name] = new Stage(found, name, build, how);
    }
  };
})();
