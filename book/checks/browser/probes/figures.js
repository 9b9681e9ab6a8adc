// Figures on a phone, on a laptop and on paper.

"use strict";

(() => {
  const { all, shorten, seen } = window.bookTools;
  const probes = window.bookProbes;
  const figures = () => all("svg.di-figure").filter(seen);
  const films = () => figures().filter((figure) => figure.querySelector(".di-frame"));
  const controls = (figure) => figure.closest(".di-figure-frame")?.parentElement.querySelector(".di-controls");
  const title = (figure) => figure.querySelector("title")?.textContent.trim() || "figure";

  probes.sideways = () => {
    const faults = [];
    for (const figure of figures()) {
      const { left, right } = figure.getBoundingClientRect();
      let box = figure.parentElement;
      const holds = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
      while (box && box !== document.body && !(holds(box) && box.scrollWidth > box.clientWidth + 1)) {
        box = box.parentElement;
      }
      if (box && box !== document.body) {
        faults.push(`${title(figure)}: ${box.scrollWidth} px scroll within ${box.clientWidth}`);
      } else if (left < -1 || right > innerWidth + 1) {
        faults.push(`${title(figure)}: reaches from ${Math.round(left)} to ${Math.round(right)} px of ${innerWidth}`);
      }
    }
    return { count: figures().length, faults };
  };

  // The smallest text of every figure, in pixels of the screen.
  probes.legible = (smallest) => {
    const faults = [];
    for (const figure of figures()) {
      const sizes = all("text, tspan", figure)
        .filter(seen)
        .map((text) => {
          const scale = text.getScreenCTM();
          return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(scale.a, scale.b);
        });
      const least = Math.min(...sizes);
      if (least < smallest) {
        faults.push(`${title(figure)}: type of ${least.toFixed(1)} px at ${innerWidth} px, less than ${smallest}`);
      }
    }
    return { count: figures().length, faults };
  };

  // Texts that lie on each other, by more than the air around their letters.
  probes.overlaps = () => {
    const faults = [];
    for (const figure of figures()) {
      const texts = all("text", figure)
        .filter((text) => seen(text) && text.textContent.trim())
        .map((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          const air = 0.2 * Math.min(right - left, bottom - top);
          return { name: text.textContent, left: left + air, right: right - air, top: top + air, bottom: bottom - air };
        });
      texts.forEach((a, at) => {
        for (const b of texts.slice(at + 1)) {
          if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
            faults.push(`${title(figure)}: “${shorten(a.name, 30)}” lies on “${shorten(b.name, 30)}” at ${innerWidth} px`);
          }
        }
      });
    }
    return { count: figures().length, faults };
  };

  probes.sliders = (width, height) => {
    const faults = [];
    for (const figure of films()) {
      const slider = controls(figure)?.querySelector("input[type=range]");
      if (slider) {
        const box = slider.getBoundingClientRect();
        if (box.width < width || box.height < height) {
          faults.push(`${title(figure)}: a slider of ${Math.round(box.width)} × ${Math.round(box.height)} px`);
        }
      }
    }
    return { count: films().length, faults };
  };

  probes.films = () => {
    const faults = [];
    const bar = all(".bd-header-article").find((element) => /sticky|fixed/.test(getComputedStyle(element).position));
    const room = innerHeight - (bar?.getBoundingClientRect().height ?? 0);
    for (const figure of films()) {
      const last = controls(figure)?.querySelector("input, button") ? controls(figure) : figure;
      const height = last.getBoundingClientRect().bottom - figure.getBoundingClientRect().top;
      if (height > room) {
        faults.push(`${title(figure)}: with its controls ${Math.round(height)} px high, in a window for ${Math.round(room)}`);
      }
    }
    return { count: films().length, faults };
  };
})();
