/* A link to an equation or a paper shows it, to a pointer that rests on the link and to the keyboard. */

"use strict";

(() => {
  const REST = 250; // ms that a pointer rests before anything is shown
  const LEAVE = 200; // ms in which it may cross over to what is shown
  let box = null;
  let link = null;
  let timer = 0;
  let texts = null;

  // What other pages hold comes as a script, once, because pages opened from disk may not read files.
  function load() {
    texts ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = new URL("_static/preview-texts.js", new URL(document.documentElement.dataset.content_root, location.href)).href;
      script.onload = () => resolve(window.diPreviews);
      script.onerror = () => resolve({});
      document.head.append(script);
    });
    return texts;
  }

  async function contentOf(target) {
    const [page, anchor] = target.getAttribute("href").split("#");
    if (page === "") {
      return document.getElementById(anchor)?.querySelector(".di-formula")?.outerHTML;
    }
    return (await load())[`${page}#${anchor}`];
  }

  function place() {
    const at = link.getClientRects()[0];
    const room = document.documentElement.clientWidth;
    const { width, height } = box.getBoundingClientRect();
    const below = at.bottom + 6 + height < window.innerHeight;
    box.style.left = `${Math.max(8, Math.min(at.left, room - width - 8)) + window.scrollX}px`;
    box.style.top = `${(below ? at.bottom + 6 : at.top - height - 6) + window.scrollY}px`;
  }

  async function show(target) {
    hide();
    link = target;
    const content = await contentOf(target);
    if (!content || link !== target) {
      return;
    }
    box = document.createElement("div");
    box.id = "di-preview";
    box.className = "di-preview";
    box.setAttribute("role", "tooltip");
    box.innerHTML = content;
    box.querySelectorAll("[tabindex]").forEach((part) => part.removeAttribute("tabindex"));
    box.addEventListener("pointerenter", () => window.clearTimeout(timer));
    box.addEventListener("pointerleave", later);
    document.body.append(box);
    link.setAttribute("aria-describedby", box.id);
    place();
  }

  function hide() {
    window.clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    box?.remove();
    box = null;
    link = null;
  }

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(hide, LEAVE);
  }

  for (const target of document.querySelectorAll("a.di-eqref, a.di-cite")) {
    target.removeAttribute("title"); // the preview says more
    target.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType === "mouse") {
        window.clearTimeout(timer);
        timer = window.setTimeout(show, REST, target);
      }
    });
    target.addEventListener("pointerleave", later);
    target.addEventListener("focus", () => {
      if (target.matches(":focus-visible")) {
        show(target);
      }
    });
    target.addEventListener("blur", hide);
  }
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") {
      hide();
    }
  });
})();
