/* On paper the colours are those of daylight, and solutions are all open or not there, as the reader likes. */

"use strict";

(() => {
  const root = document.documentElement;
  const solutions = [...document.querySelectorAll("details.di-solution")];
  let opened = [];
  let theme = null;

  function remembered() {
    try {
      return localStorage.getItem("print-solutions") !== "no";
    } catch {
      return true;
    }
  }

  let wanted = remembered();

  window.addEventListener("beforeprint", () => {
    root.classList.toggle("di-no-solutions", !wanted);
    opened = wanted ? solutions.filter((solution) => !solution.open) : [];
    opened.forEach((solution) => solution.setAttribute("open", ""));
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  });

  window.addEventListener("afterprint", () => {
    root.classList.remove("di-no-solutions");
    opened.forEach((solution) => solution.removeAttribute("open"));
    opened = [];
    if (theme) {
      root.dataset.theme = theme;
    }
  });

  // ---- The button asks, if there is something to ask.

  function ask() {
    const dialog = document.createElement("dialog");
    dialog.className = "di-print";
    dialog.setAttribute("aria-label", "Print this page");
    dialog.innerHTML = `<form method="dialog">
      <label><input type="checkbox" name="solutions"> With the solutions of the exercises</label>
      <div class="di-print-buttons">
        <button class="di-button" value="">Cancel</button>
        <button class="di-button" value="print">Print</button>
      </div>
    </form>`;
    const box = dialog.querySelector("input");
    box.checked = wanted;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (dialog.returnValue === "print") {
        wanted = box.checked;
        try {
          localStorage.setItem("print-solutions", wanted ? "yes" : "no");
        } catch {
          // Pages opened from disk may have no memory.
        }
        window.print();
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  document.querySelector("[data-print]")?.addEventListener("click", () => (solutions.length > 0 ? ask() : window.print()));
})();
