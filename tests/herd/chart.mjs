// The chart of a run: how many attempts a second reach the server, for each kind of jitter.

import * as echarts from "echarts";

/** @typedef {import("./report.mjs").Result} Result */

const panels = /** @type {const} */ (["at once", "by timeout"]);

/** Distinguishable without seeing red or green (Okabe and Ito). */
const colors = { none: "#999999", equal: "#d55e00", full: "#0072b2", decorrelated: "#009e73" };

const [width, height] = [960, 640];
const secondsShown = 240;

/**
 * @param {Result[]} results
 * @returns {string} SVG
 */
export function drawChart(results) {
  const [{ seed, down, acceptedPerSecond }] = results;
  const jitters = /** @type {(keyof typeof colors)[]} */ (Object.keys(colors));
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  const grids = panels.map((_, index) => ({
    left: 80,
    top: 70 + (index * height) / 2,
    width: width - 120,
    height: 200,
  }));
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff", // the page that shows it may be dark
    color: Object.values(colors),
    legend: { top: 8, data: jitters.map((jitter) => `jitter ${jitter}`) },
    title: panels.map((refusal, index) => ({
      text: `attempts per second, refused ${refusal}; the server accepts ${acceptedPerSecond} from second ${down / 1000} on`,
      left: grids[index].left,
      top: grids[index].top - 30,
      textStyle: { fontSize: 14 },
    })),
    grid: grids,
    xAxis: panels.map((_, gridIndex) => ({ gridIndex, type: "value", min: 0, max: secondsShown })),
    yAxis: panels.map((_, gridIndex) => ({ gridIndex, type: "log", min: 1 })),
    series: panels.flatMap((refusal, index) =>
      jitters.map((jitter) => {
        const its = results.find(
          (one) =>
            one.part === "jitter" &&
            one.jitter === jitter &&
            one.refusal === refusal &&
            one.seed === seed,
        );
        return {
          name: `jitter ${jitter}`,
          type: "line",
          showSymbol: false,
          lineStyle: { width: 1.5 },
          xAxisIndex: index,
          yAxisIndex: index,
          // A logarithmic axis has no zero: draw it as 1.
          data: its?.attemptsPerSecond
            .slice(0, secondsShown)
            .map((attempts, second) => [second, Math.max(attempts, 1)]),
        };
      }),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
