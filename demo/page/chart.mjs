// Draws figures over time with uPlot. It is bundled for the page, which loads it when it first shows a chart.

import { axisLanguage } from "./valid_language.mjs"; // before uPlot
import UPlot from "uplot";

/** @param {string} name of a custom property of style.css */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/**
 * Makes an empty chart that is as wide and as high as `target`, and stays so. Returns a function that shows other values:
 * seconds, and a figure for each.
 *
 * @param {HTMLElement} target
 * @param {number} duration of what it shows, in seconds
 * @param {string} stroke the custom property with the colour of the curve
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
      scales: { x: { time: false, range: [0, duration] }, y: { range: (_, _least, most) => [0, (most || 1) * 1.1] } },
      axes: [
        { ...axis, values: (_, seconds) => seconds.map((second) => `${second} s`) },
        { ...axis, size: 64, values: (_, values) => values.map((value) => value.toLocaleString(axisLanguage)) },
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
  return (/** @type {number[]} */ seconds, /** @type {number[]} */ values) => chart.setData([seconds, values]);
}
