// Draws values over time with uPlot. Bundled for the page, which loads it when it shows a chart for
// the first time.

import { axisLanguage } from "./valid_language.mjs"; // before uPlot
import UPlot from "uplot";

/** @param {string} name of a custom property in style.css */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/**
 * Creates an empty chart that keeps the size of `target`. Returns a function that shows new values:
 * seconds, and a value for each.
 *
 * @param {HTMLElement} target
 * @param {number} duration the time span of the chart, in seconds
 * @param {string} stroke the custom property with the curve's colour
 */
export function createChart(target, duration, stroke) {
  const size = () => ({ width: target.clientWidth, height: target.clientHeight });
  const axis = {
    stroke: () => colour("--muted"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  const chart = new UPlot(
    {
      ...size(),
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [0, duration] },
        y: { range: (_, _least, most) => [0, (most || 1) * 1.1] },
      },
      axes: [
        { ...axis, values: (_, seconds) => seconds.map((second) => `${second} s`) },
        {
          ...axis,
          size: 64,
          values: (_, values) => values.map((value) => value.toLocaleString(axisLanguage)),
        },
      ],
      series: [{}, { stroke: () => colour(stroke), width: 2, points: { show: false } }],
    },
    [[], []],
    target,
  );
  new ResizeObserver(() => {
    if (target.clientWidth > 0) chart.setSize(size());
  }).observe(target);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw());
  return (/** @type {number[]} */ seconds, /** @type {number[]} */ values) =>
    chart.setData([seconds, values]);
}
