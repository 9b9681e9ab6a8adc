/* Instruments: the book's own library, compiled for the browser, answers in a worker what a reader asks by dragging. */

"use strict";

(() => {
  const HERE = document.currentScript.src;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // ---- The library. Its module is a script, which pages opened from disk may load too.

  const packed = {};

  function load(file, variable) {
    packed[file] ??= new Promise((done, failed) => {
      const script = element("script", { src: new URL(file, HERE) });
      script.onload = () => done(window[variable]);
      script.onerror = () => failed(new Error(`${file} is not beside this page`));
      document.head.append(script);
    });
    return packed[file];
  }

  // Runs in the worker.
  function work() {
    const [writer, reader] = [new TextEncoder(), new TextDecoder()];
    let library = null;

    function unpacked(text) {
      const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Response(stream).arrayBuffer();
    }

    async function open(text) {
      return (await WebAssembly.instantiate(await unpacked(text))).instance.exports;
    }

    function answered(question, numbers, bytes) {
      const words = writer.encode(question);
      const [text, room, file] = [library.text_room(words.length), library.number_room(numbers.length), library.byte_room(bytes.length)];
      if (!text || !room || !file) {
        return { refused: "there is too little memory for this question" };
      }
      new Uint8Array(library.memory.buffer, text, words.length).set(words);
      new Float64Array(library.memory.buffer, room, numbers.length).set(numbers);
      new Uint8Array(library.memory.buffer, file, bytes.length).set(bytes);
      const start = performance.now();
      const count = library.ask();
      const milliseconds = performance.now() - start;
      const said = reader.decode(new Uint8Array(library.memory.buffer, library.said(), library.said_len()));
      if (count < 0) {
        return { refused: said };
      }
      const answer = new Float64Array(library.memory.buffer, library.answer(), count).slice();
      return { contents: said, answer, milliseconds };
    }

    onmessage = async ({ data }) => {
      try {
        library ??= open(data.packed);
        library = await library;
        const bytes = new Uint8Array(data.file ? await unpacked(data.file) : 0);
        const reply = data.question ? answered(data.question, data.numbers, bytes) : {};
        postMessage({ id: data.id, ...reply }, reply.answer ? [reply.answer.buffer] : []);
      } catch (error) {
        postMessage({ id: data.id, refused: `the library cannot run here: ${error.message}` });
      }
    };
  }

  // Arrays by their names.
  function named(contents, answer) {
    let start = 0;
    const arrays = contents.split("\n").filter(Boolean).map((line) => {
      const [name, length] = line.split(" ");
      const array = answer.subarray(start, start + Number(length));
      start += Number(length);
      return [name, array];
    });
    return Object.fromEntries(arrays);
  }

  class Library {
    constructor(file = "live.wasm.js", variable = "diModule") {
      this.waiting = new Map();
      this.count = 0;
      this.opened = load(file, variable).then((text) => {
        const address = URL.createObjectURL(new Blob([`(${work})()`], { type: "text/javascript" }));
        this.worker = new Worker(address);
        URL.revokeObjectURL(address);
        this.worker.onmessage = ({ data }) => this.reply(data);
        return this.send({ packed: text });
      });
    }

    send(message) {
      return new Promise((done, failed) => {
        this.count += 1;
        this.waiting.set(this.count, { done, failed });
        this.worker.postMessage({ id: this.count, ...message });
      });
    }

    reply({ id, refused, contents, answer, milliseconds }) {
      const { done, failed } = this.waiting.get(id);
      this.waiting.delete(id);
      if (refused !== undefined) {
        failed(new Error(refused));
      } else {
        done({ contents, answer, milliseconds });
      }
    }

    // Asks a question; the answer is as it comes.
    async exactly(question, numbers) {
      await this.opened;
      return this.send({ question, numbers: Float64Array.from(numbers) });
    }

    // Asks a question of these settings and numbers; the answer is arrays by their names.
    async ask(name, settings = {}, numbers = []) {
      const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
      const { contents, answer, milliseconds } = await this.exactly([name, ...lines].join("\n"), numbers);
      return { ...named(contents, answer), milliseconds };
    }

    // Gives the library a file that lies beside the page, with a question.
    async give(name, file, variable) {
      const [text] = await Promise.all([load(file, variable), this.opened]);
      return this.send({ question: name, numbers: new Float64Array(), file: text });
    }

    close() {
      this.worker?.terminate();
    }
  }

  const frame = () => new Promise((done) => (document.hidden ? window.setTimeout(done) : window.requestAnimationFrame(done)));

  // Of many questions only the newest is asked, once the one before is answered and drawn: dragging never waits in a queue.
  class Newest {
    constructor(ask, use) {
      this.ask = ask;
      this.use = use;
    }

    async want(...question) {
      this.next = question;
      if (this.busy) {
        return;
      }
      this.busy = true;
      while (this.next) {
        const now = this.next;
        this.next = null;
        await this.ask(...now).then(...this.use);
        await frame();
      }
      this.busy = false;
    }
  }

  // ---- The state of an instrument, which is in the address: `?schedule=kind:cosine,T:1000`.

  class State {
    constructor(name, settings) {
      this.name = name;
      this.settings = settings;
      this.values = {};
      this.reset();
      const text = new URLSearchParams(window.location.search).get(name) ?? "";
      for (const pair of text.split(",")) {
        const at = pair.indexOf(":");
        const setting = settings[pair.slice(0, at)];
        const value = setting?.read(pair.slice(at + 1));
        if (value !== undefined && !setting.aside) {
          this.values[pair.slice(0, at)] = value;
          this.given = true;
        }
      }
    }

    reset() {
      for (const [key, setting] of Object.entries(this.settings)) {
        this.values[key] = setting.start;
      }
    }

    write() {
      window.clearTimeout(this.timer);
      // Browsers refuse addresses that change many times a second.
      this.timer = window.setTimeout(() => {
        const changed = Object.entries(this.settings).filter(([key, { start, aside }]) => !aside && String(this.values[key]) !== String(start));
        const text = changed.map(([key, { show }]) => `${key}:${show ? show(this.values[key]) : this.values[key]}`).join(",");
        const address = new URL(window.location.href);
        address.searchParams.delete(this.name);
        const rest = address.searchParams.toString();
        const own = text && `${this.name}=${encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%2C", ",")}`;
        address.search = [rest, own].filter(Boolean).join("&");
        try {
          window.history.replaceState(null, "", address);
        } catch {
          // Some browsers keep the address of pages opened from disk.
        }
      }, 400);
    }
  }

  const within = (low, high) => (value) => (Number.isFinite(value) ? Math.min(Math.max(value, low), high) : undefined);

  // Settings: a number between two others, one of several words, a list of numbers, and words with gaps.
  const number = (start, low, high, options = {}) => ({
    kind: "number", start, low, high, step: 1, ...options, read: (text) => (text.trim() ? within(low, high)(Number(text)) : undefined),
  });
  const choice = (start, words) => ({ kind: "choice", start, words, read: (text) => (text in words ? text : undefined) });
  const list = (start, check) => ({
    kind: "list", start, show: (values) => values.map((value) => Number(value.toPrecision(4))).join("_"),
    read: (text) => {
      const values = text.split("_").map(Number);
      return values.every(Number.isFinite) && check(values) ? values : undefined;
    },
  });

  const words = (start) => ({
    kind: "words", start, show: (all) => all.map((word) => word || "-").join("_"),
    read: (text) => {
      const all = text.split("_").map((word) => (word === "-" ? "" : word));
      return all.length === start.length && all.every((word) => /^[^\s,:]{0,24}$/.test(word)) ? all : undefined;
    },
  });

  window.diLive = { element, calm, Library, Newest, State, number, choice, list, words, instruments: {} };
})();
