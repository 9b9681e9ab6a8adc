/* The first page stands before anything is fetched for its instrument. */

"use strict";

(() => {
  const { src, dataset } = document.currentScript;

  function bring() {
    for (const name of ["live-plots", "live"]) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(`${name}.css`, src) }));
    }
    for (const name of ["live", "live-stage", "live-paint", "live-plot", `live-${dataset.instrument}`]) {
      document.head.append(Object.assign(document.createElement("script"), { src: new URL(`${name}.js`, src), async: false }));
    }
  }

  window.addEventListener("load", () => (window.requestIdleCallback ?? window.setTimeout)(bring));
})();
