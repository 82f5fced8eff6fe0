// The charts of a run: the cost of a message in process in Node, on logarithmic axes, and the size
// of an application.

import * as echarts from "echarts";
import { alphabets } from "./cases.mjs";
import { median } from "./statistics.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

const panels = [
  "receive binary",
  "send binary",
  ...["receive", "send"].map((verb) => `${verb} ${Object.keys(alphabets)[0]}`),
];
const contenders = ["bare", "floor", "hawser", "co_await", "websocket.h", "val"];

/** Distinguishable for colour-blind people, too (Okabe and Ito). */
const colors = ["#999999", "#56b4e9", "#0072b2", "#009e73", "#d55e00", "#cc79a7"];

const [width, height] = [960, 700];

/**
 * @param {Measurement[]} measurements
 * @returns {string} SVG
 */
export function drawChart(measurements) {
  const inNode = measurements.filter(
    ({ section, place }) => section === "in process" && place === "Node",
  );
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  const grids = panels.map((_, index) => ({
    left: 70 + (index % 2) * (width / 2 - 10),
    top: 70 + Math.floor(index / 2) * (height / 2 - 20),
    width: width / 2 - 100,
    height: height / 2 - 110,
  }));
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff", // for pages in dark mode
    color: colors,
    legend: { top: 8, data: contenders },
    title: panels.map((panel, index) => ({
      text: `${panel}, time of a message`,
      left: grids[index].left,
      top: grids[index].top - 28,
      textStyle: { fontSize: 14 },
    })),
    grid: grids,
    xAxis: panels.map((panel, gridIndex) => ({
      gridIndex,
      type: "category",
      data: sizesOf(inNode, panel),
    })),
    yAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: "log",
      axisLabel: { formatter: timeOf },
    })),
    series: panels.flatMap((panel, index) =>
      contenders.map((name) => ({
        name,
        type: "line",
        z: name === "hawser" ? 3 : 2, // above lines that it would share a place with
        xAxisIndex: index,
        yAxisIndex: index,
        data: sizesOf(inNode, panel).map((size) => medianOf(inNode, `${panel} ${size}`, name)),
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/**
 * Draws the gzip size of the echo application, split into JavaScript and wasm.
 *
 * @param {Measurement[]} measurements
 * @returns {string} SVG
 */
export function drawSizes(measurements) {
  const sizes = measurements.filter(({ section }) => section === "size");
  const names = ["bare", "websocket.h", "hawser", "val", "co_await"];
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height: 320 });
  const bytesOf = (/** @type {string} */ part, /** @type {string} */ name) =>
    medianOf(sizes, `${part}, gzip`, name) ?? 0;
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: [colors[1], colors[2]],
    legend: { top: 8, data: ["JavaScript", "wasm"] },
    title: {
      text: "The echo application, KB of gzip",
      left: 110,
      top: 34,
      textStyle: { fontSize: 14 },
    },
    grid: { left: 110, right: 80, top: 66, bottom: 40 },
    xAxis: { type: "value" },
    yAxis: { type: "category", inverse: true, data: names },
    series: [
      {
        name: "JavaScript",
        type: "bar",
        stack: "gzip",
        data: names.map((name) => bytesOf("JavaScript", name) / 1000),
      },
      {
        name: "wasm",
        type: "bar",
        stack: "gzip",
        data: names.map((name) => bytesOf("wasm", name) / 1000),
        label: {
          show: true,
          position: "right",
          formatter: (/** @type {{ dataIndex: number }} */ { dataIndex }) =>
            (bytesOf("both", names[dataIndex]) / 1000).toFixed(1),
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/**
 * @param {Measurement[]} measurements
 * @param {string} panel
 */
function sizesOf(measurements, panel) {
  const cases = new Set(measurements.map((measurement) => measurement.case));
  return [...cases]
    .filter((name) => name.startsWith(`${panel} `))
    .map((name) => name.slice(panel.length + 1));
}

/**
 * @param {Measurement[]} measurements
 * @param {string} name
 * @param {string} contender
 */
function medianOf(measurements, name, contender) {
  const found = measurements.find((one) => one.case === name && one.contender === contender);
  return found ? median(found.samples) : null;
}

/** @param {number} nanoseconds a power of ten */
function timeOf(nanoseconds) {
  const power = Math.min(Math.floor(Math.log10(nanoseconds) / 3 + 1e-9), 3);
  return `${Number((nanoseconds / 1000 ** power).toPrecision(3))} ${["ns", "µs", "ms", "s"][power]}`;
}
