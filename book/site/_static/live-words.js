/* Words: a sentence with gaps, what its words say of them, exactly and as a network has learned it, and how they fill in. */

"use strict";

window.diLive.start("words", (stage) => {
  const { element, number, choice, words, calm, legend, digits } = window.diLive;
  const NAMES = ["which", "who", "how", "does", "whose", "what", "near or for", "whose", "whom", "when"];
  const [MOST, BOTH] = [7, { exact: "exact", network: "network" }];
  const [TOLD, LABEL] = [["topic", "tense", "polarity"], "topic, tense and polarity, all three or nothing"];
  const any = (...values) => choice("any", Object.fromEntries(["any", ...values].map((value) => [value, value])));
  const wishes = {
    topic: any("sea", "city", "garden", "space"), number: any("one", "many"), gender: any("she", "he", "they"),
    tense: any("past", "present", "future"), polarity: any("affirmed", "negated"),
  };
  const values = stage.settings({
    words: words(["the", "", "always", "", "", "", "without", "her", "parrot", ""]),
    place: number(6, 1, NAMES.length),
    walk: number(0, 0, 100, { aside: true, format: () => moment() }),
    by: choice("network", { network: "the network", exact: "the exact denoiser" }),
    steps: number(50, 5, 100, { step: 5 }),
    seed: number(0, 0, 999),
    ...wishes,
  });
  let [all, filled, loaded, busy] = [null, null, null, false];

  // ---- Ten slots, each with a field for its word and what is likeliest there.

  const slots = NAMES.map((name, at) => {
    const [id, field] = [`words-${at + 1}`, { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 60, placeholder: "a gap" }];
    const input = element("input", { id, list: `${id}-list`, ...field });
    const lines = Object.fromEntries(Object.entries(BOTH).map(([key, says]) => {
      const [word, share] = [element("span"), element("span")];
      const box = element("p", { class: `di-guess di-${key === "exact" ? "exact" : "learned"}` }, element("span", { class: "di-only-read" }, `${says}: `), word, " ", share);
      return [key, { box, word, share }];
    }));
    const list = element("datalist", { id: `${id}-list` });
    const box = element("div", { class: "di-slot" }, element("label", { for: id }, `${at + 1} ${name}`), input, list, lines.exact.box, lines.network.box);
    input.addEventListener("input", () => {
      const word = input.value.trim().toLowerCase();
      if (word === "" || all?.includes(word)) {
        put(at, word);
      }
    });
    input.addEventListener("change", () => put(at, input.value));
    box.addEventListener("click", () => choose(at));
    input.addEventListener("focus", () => choose(at));
    input.addEventListener("blur", () => stage.show());
    return { input, list, box, lines };
  });

  // Several words go to as many slots; underscores and nothing are gaps.
  function put(at, text) {
    const typed = text.trim().toLowerCase().replace(/\.$/, "").split(/\s+/).map((word) => word.replace(/^_+$/, ""));
    const next = [...values.words];
    typed.slice(0, NAMES.length - at).forEach((word, more) => {
      next[at + more] = word.replace(/[,:]/g, "").slice(0, 24);
    });
    if (String(next) !== String(values.words)) {
      stage.set("words", next);
    } else {
      stage.show();
    }
  }

  function choose(at) {
    if (values.place !== at + 1) {
      stage.set("place", at + 1);
    }
  }

  stage.controls.words = {
    show(sentence) {
      slots.forEach(({ input }, at) => {
        // What somebody types is left alone.
        if (document.activeElement !== input) {
          input.value = sentence[at];
        }
      });
    },
  };
  const grid = element("div", { class: "di-slots" }, ...slots.map(({ box }) => box));
  const said = element("p", { class: "di-live-said di-sentence", role: "status" });
  const write = stage.button("Write", () => writes());
  write.classList.add("di-live-main");
  const player = stage.walker({
    name: "See it fill in",
    seconds: 4,
    show(share) {
      show();
      if (share === 1) {
        sentence();
      }
    },
  });
  const noise = stage.button("New noise", () => stage.set("seed", (values.seed + 1) % 1000));
  const empty = stage.button("Ten gaps", () => stage.set("words", NAMES.map(() => "")));
  stage.body.append(grid, said, element("div", { class: "di-live-row di-live-buttons" }, write, player.button, noise, empty));
  stage.row({ walk: "from noise to words" });
  const [part, bars] = [element("p", { class: "di-live-part" }), element("ol", { class: "di-shares" })];
  stage.body.append(part, bars, legend([["bars", "exact", "the grammar, exactly"], ["bars", "learned", "the network"]]));
  stage.row({ topic: "topic", number: "number", gender: "who", tense: "tense", polarity: "polarity" });
  stage.row({ by: "written by", steps: "steps" });

  // ---- What is shown

  const frames = () => filled.exact.length / (NAMES.length * all.length);
  const frame = () => Math.min(Math.round((frames() * values.walk) / 100), frames() - 1);
  const moment = () => (filled ? (values.walk === 100 ? "arrived" : `step ${frame() + 1} of ${frames()}`) : "");
  const percent = (share) => (share > 0.995 && share < 1 ? "99 %" : `${Math.round(100 * share)} %`);

  // Probabilities of all words at a place, of the step that is shown.
  function shares(key, at) {
    const array = filled[key];
    const start = (frame() * NAMES.length + at) * all.length;
    return array?.length ? array.subarray(start, start + all.length) : null;
  }

  function likeliest(probabilities) {
    const best = probabilities.reduce((most, share, word) => (share > probabilities[most] ? word : most), 0);
    return [all[best], probabilities[best]];
  }

  function show() {
    slots.forEach(({ box, lines }, at) => {
      box.classList.toggle("di-chosen", values.place === at + 1);
      Object.entries(lines).forEach(([key, line]) => {
        const now = filled && !values.words[at] && shares(key, at);
        const [word, share] = now ? likeliest(now) : ["", 0];
        line.box.hidden = Boolean(values.words[at]);
        line.word.textContent = word;
        line.share.textContent = word && percent(share);
        line.box.style.setProperty("--di-share", `${100 * share}%`);
      });
    });
    if (filled) {
      tell();
    }
  }

  // The chosen place word by word.
  function tell() {
    const at = values.place - 1;
    const known = values.words[at];
    const exact = known ? null : shares("exact", at);
    const network = known ? null : shares("network", at);
    // In an order that stays while they fill in: what ends there and what the network thinks likely are among them.
    const fits = filled.fits.subarray(at * all.length, (at + 1) * all.length);
    const weight = all.map((_, word) => (word === filled.words[at] ? 1 : Math.max(fits[word], network?.[word] ?? 0)));
    const shown = Array.from(all.keys()).filter((word) => weight[word] > 0.004).sort((a, b) => weight[b] - weight[a]).slice(0, MOST);
    shown.sort((a, b) => fits[b].toFixed(6) - fits[a].toFixed(6) || a - b);
    const when = known ? "what the other words allow" : values.walk === 0 ? "what the other words say" : `at ${moment()}`;
    const excess = known ? undefined : filled.excess?.[frame() * NAMES.length + at];
    const off = excess === undefined ? "" : `; the network is ${digits(Math.max(excess, 0), 2)} nats off`;
    part.textContent = `Place ${values.place}, ${NAMES[at]}: ${when === "at arrived" ? "in the end" : when}${off}`;
    bars.replaceChildren(...shown.map((word) => {
      const pair = [["exact", exact ?? fits], ["learned", network]].filter(([, of]) => of);
      const lines = pair.map(([role, of]) => {
        const line = element("span", { class: `di-share di-${role}` });
        line.style.setProperty("--di-share", `${100 * of[word]}%`);
        return line;
      });
      const text = pair.map(([, of]) => percent(of[word])).join(" · ");
      return element("li", {}, element("span", {}, all[word]), element("span", { class: "di-share-pair", "aria-hidden": "true" }, ...lines), element("span", {}, text));
    }));
  }

  function sentence() {
    if (!filled || busy) {
      return;
    }
    const who = values.by === "exact" || !loaded ? "The exact denoiser" : "The network";
    if (values.walk < 100) {
      const wished = Object.keys(wishes).filter((key) => values[key] !== "any");
      const told = TOLD.every((key) => wished.includes(key)) ? TOLD.length : 0;
      const pushed = wished.length > told ? `It ${told ? "is" : "can be"} told ${LABEL}; to what is wished beyond, the exact classifier pushes it.` : told ? `It is told ${LABEL}.` : "";
      said.textContent = loaded ? `${who} writes. ${values.by === "network" ? pushed : ""}` : "Press Write: the network, 0.5 MB, loads then.";
      return;
    }
    const text = Array.from(filled.words, (word) => all[word]);
    const wrong = filled.wrong[0];
    said.replaceChildren(`${who} wrote: `, ...text.flatMap((word, at) => [at === wrong ? element("s", {}, word) : at in values.words && values.words[at] ? word : element("b", {}, word), " "]),
      wrong === undefined ? "" : `— no sentence: wrong from word ${wrong + 1}.`);
  }

  // ---- Asking

  const newest = stage.newest((answer) => {
    filled = answer;
    slots.forEach(({ input, list }, at) => {
      input.removeAttribute("aria-invalid");
      const fits = answer.fits.subarray(at * all.length, (at + 1) * all.length);
      const fitting = Array.from(all.keys()).filter((word) => fits[word] > 0);
      list.replaceChildren(...fitting.map((word) => element("option", { value: all[word] })));
    });
    stage.place.classList.remove("di-stale");
    stage.show();
    show();
    sentence();
  }, (error) => {
    const place = Number(/word (\d+) /.exec(error.message)?.[1]);
    slots.forEach(({ input }, at) => input.setAttribute("aria-invalid", String(at + 1 === place)));
    stage.place.classList.add("di-stale");
    stage.refuse(error);
  });

  function question() {
    const wished = Object.keys(wishes).filter((key) => values[key] !== "any").map((key) => [key, values[key]]);
    const { steps, seed, by } = values;
    return { sentence: values.words.map((word) => word || "___").join(" "), ...Object.fromEntries(wished), steps, seed, by };
  }

  async function fill() {
    try {
      if (!all) {
        const answer = await stage.ask("language");
        all = new TextDecoder().decode(Uint8Array.from(answer.words)).split("\n");
      }
      await newest.want("fill", question());
    } catch (error) {
      stage.refuse(error);
    }
  }

  // The weights come when somebody wants to see them at work.
  async function writes() {
    write.disabled = true;
    try {
      if (!loaded) {
        busy = true;
        said.textContent = "Loading the network, 0.5 MB, once …";
        loaded = stage.library.give("learned", "weights-aligned.js", "diWeights");
        await loaded;
        busy = false;
      }
      await fill();
      if (calm.matches) {
        stage.set("walk", 100);
      } else {
        player.run();
      }
    } catch (error) {
      loaded = null;
      stage.refuse(error);
    }
    [busy, write.disabled] = [false, false];
  }

  return {
    pause: () => player.pause(),
    before() {
      player.button.disabled = !filled;
      stage.controls.walk.input.disabled = !filled;
    },
    change(key) {
      player.pause();
      if (key === "words" || key === null) {
        values.walk = 0;
        stage.controls.walk.show(0);
      }
      if (key !== "walk" && key !== "place") {
        fill();
      }
      show();
      sentence();
    },
  };
}, { module: ["live-words.wasm.js", "diWords"] });
