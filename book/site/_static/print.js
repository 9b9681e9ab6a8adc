/* On paper all solutions are open and the colours are those of daylight; afterwards everything is as it was. */

"use strict";

(() => {
  const root = document.documentElement;
  let opened = [];
  let theme = null;
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.di-solution:not([open])")];
    opened.forEach((solution) => solution.setAttribute("open", ""));
    theme = root.dataset.theme;
    if (theme) {
      root.dataset.theme = "light";
    }
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((solution) => solution.removeAttribute("open"));
    opened = [];
    if (theme) {
      root.dataset.theme = theme;
    }
  });
})();
