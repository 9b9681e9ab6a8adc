/* The controls of a page: menu and contents, colours, copy buttons, and the way back up. */

"use strict";

(() => {
  const root = document.documentElement;
  const element = (name, attributes) => Object.assign(document.createElement(name), attributes);

  // ---- Menu and contents: beside the text where there is room, a dialog over it where there is none.

  class Sidebar {
    constructor(button) {
      this.button = button;
      this.bar = document.getElementById(button.dataset.opens);
      this.dialog = element("dialog", { className: "di-dialog" });
      this.dialog.setAttribute("aria-label", button.title);
      const close = element("button", { type: "button", className: "di-button di-close", textContent: "×" });
      close.setAttribute("aria-label", "Close");
      this.content = element("div", { className: "di-dialog-content" });
      this.dialog.append(close, this.content);
      this.bar.after(this.dialog);
      button.addEventListener("click", () => this.toggle());
      close.addEventListener("click", () => this.dialog.close());
      this.dialog.addEventListener("close", () => this.closed());
      // A click beside the dialog's content, or on one of its links, ends it.
      this.dialog.addEventListener("click", ({ target }) => {
        if (target === this.dialog || target.closest("a")) {
          this.dialog.close();
        }
      });
      // Room that comes or goes while the dialog is open.
      window.addEventListener("resize", () => {
        if (this.dialog.open && !this.narrow()) {
          this.dialog.close();
        }
        this.say();
      });
      this.say();
    }

    narrow() {
      return getComputedStyle(this.bar).position === "fixed";
    }

    toggle() {
      if (!this.narrow()) {
        this.bar.classList.toggle("di-away");
      } else {
        this.content.append(...this.bar.childNodes);
        this.dialog.classList.add(...this.bar.classList);
        this.dialog.showModal();
        root.classList.add("di-still");
      }
      this.say();
    }

    closed() {
      // The event comes a little after the closing: by then it may be open again.
      if (this.dialog.open) {
        return;
      }
      this.bar.append(...this.content.childNodes);
      this.dialog.className = "di-dialog";
      root.classList.remove("di-still");
      this.say();
    }

    say() {
      const open = this.narrow() ? this.dialog.open : !this.bar.classList.contains("di-away");
      this.button.setAttribute("aria-expanded", String(open));
    }
  }

  document.querySelectorAll("[data-opens]").forEach((button) => new Sidebar(button));

  // ---- The section that is being read, marked in the contents.

  const entries = new Map();
  for (const link of document.querySelectorAll("#di-contents a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) {
      entries.set(section, link);
    }
  }
  const inView = new Set();
  const spy = new IntersectionObserver((changes) => {
    changes.forEach(({ target, isIntersecting }) => (isIntersecting ? inView.add(target) : inView.delete(target)));
    const current = [...entries.keys()].filter((section) => inView.has(section)).pop();
    entries.forEach((link, section) => {
      link.classList.toggle("active", section === current);
      link.ariaCurrent = section === current ? "true" : null;
    });
  }, { rootMargin: "-25% 0px -70%" });
  entries.forEach((_, section) => spy.observe(section));

  // ---- Colours: the system's, light, dark, and round again.

  const modes = ["auto", "light", "dark"];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const colours = document.querySelector("[data-colours]");

  function paint(mode) {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    if (colours) {
      colours.title = `Colours: ${mode === "auto" ? "system" : mode}`;
      colours.setAttribute("aria-label", colours.title);
    }
  }

  paint(root.dataset.mode || "auto");
  dark.addEventListener("change", () => paint(root.dataset.mode));
  colours?.addEventListener("click", () => {
    const mode = modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length];
    paint(mode);
    try {
      localStorage.setItem("mode", mode);
    } catch {
      // Pages opened from disk may have no memory.
    }
  });

  // ---- Copy buttons.

  const COPY = '<svg class="di-icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1"/></svg>';
  const DONE = '<svg class="di-icon" viewBox="0 0 16 16" aria-hidden="true"><path d="m3 8.5 3.5 3.5L13 4.5"/></svg>';

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { value: text, className: "di-copied" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  for (const code of document.querySelectorAll("div.cell_input div.highlight pre, div.highlight-sh pre, div.highlight-bash pre")) {
    const button = element("button", { type: "button", className: "copybtn", innerHTML: COPY, title: "Copy" });
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", async () => {
      await copy(code.textContent.trimEnd());
      button.innerHTML = DONE;
      button.title = "Copied";
      window.setTimeout(() => {
        button.innerHTML = COPY;
        button.title = "Copy";
      }, 1500);
    });
    code.parentElement.append(button);
  }

  // ---- Downloads. From disk a browser would show the file in place of saving it, so it comes as a script there.

  const download = document.querySelector("a.di-button[download]");

  function save() {
    const address = URL.createObjectURL(new Blob([window.diNotebook], { type: download.type }));
    element("a", { href: address, download: download.download }).click();
    window.setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  download?.addEventListener("click", (event) => {
    if (window.location.protocol === "file:") {
      event.preventDefault();
      const script = element("script", { src: `${download.getAttribute("href")}.js`, onload: save });
      script.onerror = () => {
        window.location.href = download.href;
      };
      document.head.append(script);
    }
  });

  // ---- The keyboard's way to the search, and the way back up.

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      const link = document.querySelector("[data-search]");
      const here = document.querySelector(".di-find-here input");
      event.preventDefault();
      if (here) {
        here.focus();
      } else if (link) {
        window.location.href = link.href;
      }
    }
  });

  const top = document.querySelector(".di-top");
  if (top) {
    let before = 0;
    document.addEventListener("scroll", () => {
      // Offered to those who turn round far down.
      top.hidden = !(window.scrollY > 1200 && window.scrollY < before);
      before = window.scrollY;
    }, { passive: true });
  }

  // ---- Words that were searched for are marked where they stand.

  const words = new URLSearchParams(window.location.search).get("highlight")?.split(/\s+/).filter(Boolean) ?? [];
  const article = document.querySelector("article");
  if (words.length > 0 && article) {
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(escaped.join("|"), "gi");
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest("svg, math, script, style, button, mark") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const nodes = [];
    while (walker.nextNode()) {
      nodes.push(walker.currentNode);
    }
    for (const node of nodes) {
      const found = [...node.data.matchAll(pattern)].reverse();
      for (const match of found) {
        const rest = node.splitText(match.index);
        rest.splitText(match[0].length);
        const mark = element("mark", { className: "di-found", textContent: match[0] });
        rest.replaceWith(mark);
      }
    }
    // A hit inside a closed solution opens it.
    const target = window.location.hash && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const first = [...(target || article).querySelectorAll("mark.di-found")][0];
    first?.closest("details:not([open])")?.setAttribute("open", "");
    if (target) {
      target.scrollIntoView();
    }
  }
})();
