/* What is wider than its place scrolls by itself; then the keyboard must reach it. */

"use strict";

(() => {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) {
        target.tabIndex = 0;
      } else {
        target.removeAttribute("tabindex");
      }
    }
  });
  const wide = ".pst-scrollable-table-container, .di-figure-frame, .cell_output .text_html, div.cell_output pre, div.cell_input pre, .highlight pre, .di-formula";
  document.querySelectorAll(wide).forEach((element) => watch.observe(element));
})();
