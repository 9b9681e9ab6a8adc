/* Prompts: two sentences, what each allows, what the network paints of it out of one noise, and where its words are looked for. */

"use strict";

window.diLive.start("prompts", (stage) => {
  const { element, number, calm, digits, Newest } = window.diLive;
  const [SIDE, NUMBERS, MANY, WEIGHT] = [16, 768, 4, "1.0 MB"];
  const LEARNED = [231, 76, 60];
  const KEYS = ["sentence", "other"];
  const NAMES = ["A sentence", "Another one"];
  const [COLOURS, SHAPES] = [["red", "green", "blue", "yellow", "purple"], ["circle", "square", "triangle", "crab"]];
  const SIZES = ["", "small", "large"];
  const RELATIONS = ["left of", "right of", "above", "below"];
  const PLACES = ["", "on the left", "on the right", "at the top", "at the bottom", "in the middle", ...RELATIONS];
  const sentence = (start) => ({
    kind: "sentence", start, show: (text) => text.replace(/[^a-z]+/gi, "_"),
    read: (text) => (/^[a-z_]{1,90}$/i.test(text) ? text.replaceAll("_", " ") : undefined),
  });
  const values = stage.settings({
    sentence: sentence("a small red crab left of a blue square"),
    other: sentence("a small red crab right of a blue square"),
    scale: number(3, 0, 6, { step: 0.5, format: (scale) => (scale === 0 ? "0, not told" : scale === 1 ? "1, none" : String(scale)) }),
    steps: number(25, 5, 50),
    seed: number(0, 0, 999),
    walk: number(100, 0, 100, { aside: true, format: (percent) => (percent === 100 ? "arrived" : `${percent} %`) }),
  });
  let [loaded, busy, chosen] = [null, false, [0, 0]];

  // ---- Pictures: red, green and blue from −1 to 1; maps: how much of a word is in each place

  function canvas(attributes, side = SIDE) {
    return element("canvas", { class: "di-sheet", width: side, height: side, ...attributes });
  }

  function fill(sheet, colour) {
    const { width, height } = sheet;
    const image = new ImageData(width, height);
    for (let at = 0; at < width * height; at += 1) {
      image.data.set([...colour(at), 255], 4 * at);
    }
    sheet.getContext("2d").putImageData(image, 0, 0);
  }

  const bright = (x) => Math.round(127.5 * (Math.min(Math.max(x, -1), 1) + 1));
  const draw = (sheet, numbers) => fill(sheet, (at) => Array.from(numbers.subarray(3 * at, 3 * at + 3), bright));
  const blank = (sheet) => fill(sheet, () => [255, 255, 255]);
  const mixed = (share, colour) => colour.map((full) => Math.round(255 - share * (255 - full)));

  // ---- A side: a sentence, typed or put together, pictures that it allows, and pictures of the network

  function picker(id, name, words, empty) {
    const options = words.map((word) => element("option", { value: word }, word || empty));
    const input = element("select", { id: `prompts-${id}` }, ...options);
    return { input, box: element("div", { class: "di-live-choice" }, element("label", { for: input.id }, name), input) };
  }

  function parts(side) {
    const key = KEYS[side];
    const input = element("input", { type: "text", id: `prompts-${key}`, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 90 });
    const picks = {
      size: picker(`${key}-size`, "size", SIZES, "any"), colour: picker(`${key}-colour`, "colour", COLOURS), shape: picker(`${key}-shape`, "shape", SHAPES),
      place: picker(`${key}-place`, "where", PLACES, "anywhere"),
      size2: picker(`${key}-size2`, "its size", SIZES, "any"), colour2: picker(`${key}-colour2`, "its colour", COLOURS), shape2: picker(`${key}-shape2`, "its shape", SHAPES),
    };
    const drawn = Array.from({ length: MANY }, () => canvas({ role: "img", "aria-label": "A picture as the sentence says" }));
    const frames = Array.from({ length: MANY }, (_, picture) => {
      const sheet = canvas({ "aria-hidden": "true" });
      const mark = element("span", { class: "di-mark-of" }, String(picture + 1));
      const label = { "aria-label": `Picture ${picture + 1}, not yet painted`, "aria-pressed": "false" };
      const button = element("button", { type: "button", class: "di-frame", disabled: "", ...label }, sheet, mark);
      button.addEventListener("click", () => choose(side, picture));
      return { sheet, mark, button };
    });
    const [allows, wrote, read] = [element("p", { class: "di-live-said di-short", role: "status" }), element("p", { class: "di-live-said di-short", role: "status" }), element("ol", { class: "di-readings" })];
    const box = element("div", { class: "di-live-stack" },
      element("label", { for: input.id }, NAMES[side]), input, allows,
      element("div", { class: "di-live-row di-picks" }, ...Object.values(picks).map((pick) => pick.box)),
      element("p", { class: "di-live-said di-short" }, "Four that are as it says"), element("div", { class: "di-four di-data" }, ...drawn), wrote, element("div", { class: "di-four di-samples" }, ...frames.map((frame) => frame.button)), read);
    return { key, input, picks, drawn, frames, allows, wrote, read, box, way: null, wrong: null };
  }

  // What selects say of a sentence, as far as it is one.
  function picked(text) {
    const words = text.trim().toLowerCase().replace(/\.$/, "").split(/\s+/).join(" ");
    const thing = `a (?:(small|large) )?(${COLOURS.join("|")}) (${SHAPES.join("|")})`;
    const found = new RegExp(`^${thing}(?: (${PLACES.slice(1).join("|")}))?(?: ${thing})?$`).exec(words);
    return found && ["size", "colour", "shape", "place", "size2", "colour2", "shape2"].map((name, at) => [name, found[at + 1] ?? ""]);
  }

  function composed({ picks }) {
    const value = (name) => picks[name].input.value;
    const first = ["a", value("size"), value("colour"), value("shape"), value("place")];
    const second = ["a", value("size2"), value("colour2"), value("shape2")];
    return [...first, ...(RELATIONS.includes(value("place")) ? second : [])].filter(Boolean).join(" ");
  }

  const sides = KEYS.map((_, side) => parts(side));
  sides.forEach((side) => {
    side.input.addEventListener("input", () => stage.set(side.key, side.input.value));
    side.input.addEventListener("blur", () => stage.show());
    Object.values(side.picks).forEach(({ input }) => input.addEventListener("change", () => stage.set(side.key, composed(side))));
    stage.controls[side.key] = {
      show(text) {
        // What somebody types is left alone.
        if (document.activeElement !== side.input) {
          side.input.value = text;
        }
        const found = picked(text);
        (found ?? []).forEach(([name, value]) => {
          if (value || !/^(colour|shape)/.test(name)) {
            side.picks[name].input.value = value;
          }
        });
        const two = RELATIONS.includes(side.picks.place.input.value);
        ["size2", "colour2", "shape2"].forEach((name) => {
          side.picks[name].box.hidden = !two;
        });
      },
    };
  });

  const go = stage.button("Paint both", () => paints());
  go.classList.add("di-live-main");
  const player = stage.walker({ name: "See them form", seconds: 3, show: () => show() });
  const more = stage.button("New noise", () => stage.set("seed", (values.seed + 1) % 1000));
  stage.body.append(element("div", { class: "di-live-duo di-sides" }, ...sides.map((side) => side.box)), element("div", { class: "di-live-row di-live-buttons" }, go, player.button, more));
  stage.row({ walk: "from noise to pictures" });
  stage.row({ scale: "guidance", steps: "steps", seed: "noise, the same on both sides" });
  const [looks, key, maps] = [element("p", { class: "di-live-part" }), element("p", { class: "di-live-said" }), element("ol", { class: "di-maps" })];
  stage.body.append(looks, key, maps);

  // ---- What is shown

  const count = (way) => way.states.length / (MANY * NUMBERS) - 1;
  const moment = (way) => Math.round((count(way) * values.walk) / 100);

  function show() {
    sides.forEach(({ way, frames, read }, side) => {
      const arrived = way && values.walk === 100;
      frames.forEach(({ sheet, mark, button }, picture) => {
        const mine = way && chosen[0] === side && chosen[1] === picture;
        button.disabled = !way;
        button.setAttribute("aria-pressed", String(Boolean(mine)));
        const missed = way?.verdicts[picture].missed;
        mark.textContent = `${picture + 1}${arrived ? (missed ? " ✗" : " ✓") : ""}`;
        button.setAttribute("aria-label", `Picture ${picture + 1}${arrived ? (missed ? `, not as said: ${missed}` : ", as said") : ""}; what it looks at`);
        if (way) {
          const start = (moment(way) * MANY + picture) * NUMBERS;
          draw(sheet, way.states.subarray(start, start + NUMBERS));
        } else {
          blank(sheet);
        }
      });
      read.replaceChildren(...(arrived ? way.verdicts : []).map(({ missed, things }) => element("li", {}, `${things || "nothing"}${missed ? ` — not as said: ${missed}` : ""}`)));
    });
    gazes();
  }

  function choose(side, picture) {
    chosen = [side, picture];
    show();
  }

  // ---- Where the words are looked for

  const listed = (text) => text.trim().split(/\s+/);
  const gaze = new Newest(async (way, step, side, picture) => {
    const { states, timesteps, sentence } = way;
    const [t, start] = [timesteps[step], (step * MANY + picture) * NUMBERS];
    const { shares } = await stage.ask("gaze", { sentence, t }, states.subarray(start, start + NUMBERS));
    return { shares, t, side, picture, words: listed(sentence) };
  }, [({ shares, t, side, picture, words }) => {
    const places = shares.length / (SIDE / 2) ** 2;
    const most = shares.reduce((a, b) => Math.max(a, b), 0);
    looks.textContent = `What picture ${picture + 1} of ${side ? "the second" : "the first"} sentence looks at, at t = ${t}`;
    key.textContent = `A map a word: how much of its attention each place gives to it. White is none, the fullest red ${digits(100 * most, 2)} %.`;
    maps.replaceChildren(...words.map((word, place) => {
      const sheet = canvas({ role: "img", "aria-label": `Places that look at “${word}”` }, SIDE / 2);
      fill(sheet, (at) => mixed(shares[at * places + place] / most, LEARNED));
      return element("li", {}, sheet, element("span", {}, word));
    }));
  }, (error) => stage.refuse(error)]);

  function gazes() {
    const [side, picture] = chosen;
    const { way } = sides[side];
    [looks, key, maps].forEach((part) => {
      part.hidden = !way;
    });
    if (way) {
      gaze.want(way, Math.min(moment(way), count(way) - 1), side, picture);
    }
  }

  // ---- Asking

  // What is wrong stands below the sentence that it is about.
  function tell() {
    const wrong = sides.find((side) => side.wrong);
    stage.refusal.textContent = wrong?.wrong.message ?? "";
    wrong?.allows.after(stage.refusal);
    sides.forEach((side) => {
      side.input.setAttribute("aria-invalid", String(Boolean(side.wrong)));
      side.box.classList.toggle("di-stale", Boolean(side.wrong));
      const place = Number(/^word (\d+) /.exec(side.wrong?.message)?.[1]);
      if (side.wrong) {
        side.allows.replaceChildren(...listed(values[side.key]).flatMap((word, at) => [at + 1 === place ? element("s", {}, word) : word, " "]), place ? "" : "…");
      }
    });
    go.disabled = busy || Boolean(wrong);
  }

  sides.forEach((side) => {
    const name = side.key;
    // What is no longer asked when its answer comes says nothing.
    const asked = (question) => async (settings) => ({ settings, ...(await stage.ask(question, settings).catch((wrong) => ({ wrong }))) });
    const stands = ({ settings }) => settings.sentence === values[name];
    side.known = new Newest(asked("scene"), [(answer) => {
      if (!stands(answer)) {
        return;
      }
      side.wrong = answer.wrong ?? null;
      if (side.wrong) {
        tell();
        return;
      }
      const { count: [many], unseen: [unseen], drawn } = answer;
      side.allows.textContent = `${many.toLocaleString("en")} pictures are as it says.${unseen ? " The network was shown none of them." : ""}`;
      side.drawn.forEach((sheet, picture) => draw(sheet, drawn.subarray(picture * NUMBERS, (picture + 1) * NUMBERS)));
      tell();
      if (side.way) {
        paint(side);
      }
    }]);
    side.painted = new Newest(asked("picture"), [(answer) => {
      if (!stands(answer)) {
        return;
      }
      if (answer.wrong) {
        stage.refuse(answer.wrong);
        return;
      }
      const { states, timesteps, verdicts, milliseconds, settings: { sentence } } = answer;
      const lines = new TextDecoder().decode(Uint8Array.from(verdicts)).split("\n").map((line) => line.split("|"));
      side.way = { states, timesteps, sentence, verdicts: lines.map(([missed, things]) => ({ missed, things })) };
      const right = lines.filter(([missed]) => !missed).length;
      side.wrote.textContent = `Painted by the network in ${digits(milliseconds / 1000, 2)} s; ${right} of ${MANY} are as it says.`;
      stage.show();
      show();
    }]);
    side.ask = () => side.known.want({ sentence: values[name], seed: values.seed });
  });

  function paint(side) {
    const { scale, steps, seed } = values;
    side.wrote.textContent = "Painting …";
    return side.painted.want({ sentence: values[side.key], scale, steps, seed });
  }

  // The weights come when somebody wants to see them at work.
  async function paints() {
    busy = true;
    tell();
    try {
      if (!loaded) {
        sides[0].wrote.textContent = `Loading the network, ${WEIGHT}, once …`;
        loaded = stage.library.give("brushes", "weights-prompts.js", "diWeights");
      }
      await loaded;
      await Promise.all(sides.map(paint));
      if (!calm.matches) {
        player.run();
      }
    } catch (error) {
      loaded = null;
      sides[0].wrote.textContent = "";
      stage.refuse(error);
    }
    busy = false;
    tell();
  }

  return {
    pause: () => player.pause(),
    before() {
      player.button.disabled = !sides[0].way;
      stage.controls.walk.input.disabled = !sides[0].way;
    },
    change(key) {
      // Nothing is wrong with how it began, even before the library says so.
      if (key === null) {
        sides.forEach((side) => {
          side.wrong = null;
        });
        tell();
      }
      if (key !== "walk") {
        sides.filter((side) => key === null || key === side.key || key === "seed").forEach((side) => side.ask());
      }
      if (key === "scale" || key === "steps") {
        sides.forEach((side) => side.way && !side.wrong && paint(side));
      }
      if (key === null && !sides[0].way) {
        sides[0].wrote.textContent = `Press Paint both: the network, ${WEIGHT}, loads then.`;
      }
      player.pause();
      show();
    },
  };
}, { module: ["live-prompts.wasm.js", "diPrompts"] });
