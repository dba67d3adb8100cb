// Draws the figures of a page as they come into view (all at once for the printer): thousands of lines cost a machine without a GPU seconds.
// Each one's JSON stands beside its place; ink and paper are the page's own.
"use strict";
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const ink = colour("--ink"), soft = colour("--soft"), line = colour("--line"), clear = "rgba(0,0,0,0)";
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  const height = (place, layout) => {
    const { rows, columns, aspect } = layout.meta || {};  // of pictures: as high as they are wide here
    return rows ? 48 + Math.round(rows * Math.min(240, (aspect * (place.clientWidth - 48)) / columns)) : layout.height || 450;
  };
  const draw = (place, { data, layout }) => {
    const own = { ...layout, paper_bgcolor: clear, plot_bgcolor: clear, autosize: true, height: height(place, layout) };
    own.modebar = { bgcolor: clear, color: line, activecolor: soft, ...layout.modebar };
    own.font = { family: "system-ui, sans-serif", size: 13, color: ink, ...layout.font };
    own.margin = { l: 56, r: 16, t: layout.title ? 48 : 16, b: 48, ...layout.margin };
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key)).concat(["xaxis", "yaxis"])) {
      own[name] = { ...axis, ...layout[name] };
    }
    delete own.width; // the page gives it
    Plotly.newPlot(place, data, own, {
      responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
      showSendToCloud: false, plotlyServerURL: "", // Plotly 4 offers to upload a chart by default: clips are licensed
    });
  };
  const waiting = new Map();
  for (const place of document.querySelectorAll("[data-figure]")) {
    const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    place.style.minHeight = `${height(place, figure.layout)}px`;
    waiting.set(place, figure);
  }
  const show = (place) => {
    const figure = waiting.get(place);
    if (waiting.delete(place)) draw(place, figure);
  };
  const watch = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach((each) => show(each.target)), {
    rootMargin: "300px",
  });
  [...waiting.keys()].forEach((place) => watch.observe(place));
  addEventListener("beforeprint", () => [...waiting.keys()].forEach(show));
})();
