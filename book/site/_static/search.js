/* The search page: every section with all the words, best first, with the place around the first of them. */

"use strict";

(() => {
  const AROUND = 90; // characters of an excerpt on either side of a word
  const sections = window.diSearchTexts ?? [];
  const form = document.querySelector(".di-find-here");
  const count = document.getElementById("search-count");
  const list = document.getElementById("search-results");
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  // Folding must not move places, or excerpts would be cut at the wrong ones.
  const folded = (text) => [...text].map((c) => (c.length === 1 ? fold(c).slice(0, 1) || c : c)).join("");

  const index = sections.map((section) => ({ ...section, low: folded(section.text), lowTitle: folded(section.title) }));

  function score(section, words) {
    let points = 0;
    for (const word of words) {
      const inTitle = section.lowTitle.includes(word);
      let hits = 0;
      for (let at = section.low.indexOf(word); at >= 0 && hits < 20; at = section.low.indexOf(word, at + word.length)) {
        // A word that begins there counts more than letters inside another.
        hits += /[\p{L}\p{N}_]/u.test(section.low[at - 1] ?? " ") ? 0.2 : 1;
      }
      if (!inTitle && hits === 0) {
        return 0;
      }
      points += (inTitle ? 20 : 0) + Math.log2(1 + hits);
    }
    return points;
  }

  function marked(text, words) {
    const low = folded(text);
    const parts = [];
    let at = 0;
    for (;;) {
      const next = words
        .map((word) => [low.indexOf(word, at), word.length])
        .filter(([place]) => place >= 0)
        .sort(([a, long], [b, short]) => a - b || short - long)[0];
      if (!next) {
        break;
      }
      const mark = document.createElement("mark");
      mark.textContent = text.slice(next[0], next[0] + next[1]);
      parts.push(text.slice(at, next[0]), mark);
      at = next[0] + next[1];
    }
    return [...parts, text.slice(at)];
  }

  function excerpt(section, words) {
    const places = words.map((word) => section.low.indexOf(word)).filter((place) => place >= 0);
    const place = places.length > 0 ? Math.min(...places) : 0;
    let start = Math.max(0, place - AROUND);
    let end = Math.min(section.text.length, place + AROUND);
    start = start > 0 ? section.text.indexOf(" ", start) + 1 : 0;
    end = end < section.text.length ? section.text.lastIndexOf(" ", end) : end;
    end = Math.max(end, place + 1);
    return `${start > 0 ? "… " : ""}${section.text.slice(Math.min(start, place), end)}${end < section.text.length ? " …" : ""}`;
  }

  function shown(section, words) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const [file, anchor] = section.at.split("#");
    link.href = `${file}?highlight=${encodeURIComponent(words.join(" "))}${anchor ? `#${anchor}` : ""}`;
    link.append(...marked(section.title, words));
    const page = document.createElement("span");
    page.className = "di-hit-page";
    page.textContent = section.page === section.title ? "" : section.page;
    const text = document.createElement("p");
    text.append(...marked(excerpt(section, words), words));
    item.append(link, page, text);
    return item;
  }

  function search(question) {
    const words = [...new Set(folded(question).split(/\s+/).filter(Boolean))];
    if (words.length === 0) {
      count.textContent = "";
      list.replaceChildren();
      return;
    }
    const hits = index
      .map((section) => [score(section, words), section])
      .filter(([points]) => points > 0)
      .sort(([a], [b]) => b - a)
      .map(([, section]) => section);
    count.textContent = hits.length === 0 ? `Nothing in the book holds “${question.trim()}”.` : `${hits.length} ${hits.length === 1 ? "section" : "sections"}`;
    list.replaceChildren(...hits.map((section) => shown(section, words)));
  }

  const input = form.querySelector("input");
  input.value = new URLSearchParams(window.location.search).get("q") ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = new URL(window.location.href);
    address.searchParams.set("q", input.value);
    history.replaceState(null, "", address);
    search(input.value);
  });
  input.addEventListener("input", () => search(input.value));
  search(input.value);
  input.focus();
})();
