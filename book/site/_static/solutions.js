/* Opens all solutions for printing and closes them again afterwards. */

"use strict";

(() => {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.di-solution:not([open])")];
    opened.forEach((solution) => solution.setAttribute("open", ""));
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((solution) => solution.removeAttribute("open"));
    opened = [];
  });
})();
