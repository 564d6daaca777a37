// @ts-check
// How the chart looks and what a mouse does to it; what is shown is the chart's own matter.

import UPlot from "../vendor/uplot/uPlot.esm.js";
import { lines } from "./axis.js";
import { colour, font, paintGaps, paintMarks } from "./paint.js";
import { band, bars, line } from "./paths.js";
import { clock, date, figures, zoneName } from "./sheet.js";

/** @typedef {import("./chart.js").Chart} Chart */
/** @typedef {import("../vendor/uplot/uPlot.esm.js").Axis} Axis */
/** @typedef {import("../vendor/uplot/uPlot.esm.js").Options} Options */

const LEAST_DRAG_PX = 6;
const LABEL_PX = 60;
const EDGE_PX = 70;
const TOP_PX = 12;
const FOOT_PX = 30;
const MINUTES = [5, 10, 15, 30, 60, 120, 180, 240, 360];
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/**
 * @param {Chart} chart
 * @param {number} width
 * @param {number} height
 * @returns {Options}
 */
export function options(chart, width, height) {
  const drawn = { points: { show: false }, width: 0 };
  return {
    width,
    height,
    padding: [TOP_PX, 0, 0, 0],
    tzDate: (at) => UPlot.tzDate(new Date(at * 1000), zoneName),
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, dist: LEAST_DRAG_PX, setScale: false },
      bind: { dblclick: () => () => { chart.showAll(); return null; } },
    },
    scales: {
      x: { time: true, range: () => [chart.span.from, chart.span.to] },
      ms: { range: () => [0, chart.scale.top] },
      loss: { range: [0, 1] },
    },
    series: [
      {},
      { ...drawn, scale: "loss", fill: () => colour("loss"), paths: (plot) => bars(plot, chart.day) },
      { ...drawn, scale: "ms", fill: () => colour("band"), paths: (plot) => band(plot, chart.day) },
      { ...drawn, scale: "ms", stroke: () => colour("rtt"), width: 2, paths: (plot) => line(plot, chart.day) },
    ],
    axes: axes(chart),
    hooks: {
      drawAxes: [(plot) => paintGaps(plot, chart.day)],
      draw: [(plot) => paintMarks(plot, chart.day, chart.scale.top)],
      setCursor: [() => chart.moved()],
      setSelect: [(plot) => zoomTo(plot, chart)],
    },
  };
}

/**
 * @param {Chart} chart
 * @returns {Axis[]}
 */
function axes(chart) {
  const look = { font: font(), stroke: () => colour("quiet"), ticks: { show: false } };
  const grid = { stroke: () => colour("line"), width: 1 };
  return [
    {
      ...look, grid, size: FOOT_PX, space: LABEL_PX, incrs: MINUTES.map((minutes) => 60 * minutes),
      values: (_, splits) => splits.map((at) => clock(at) === "00:00" ? date(at) : clock(at)),
    },
    {
      ...look, grid, scale: "ms", size: EDGE_PX, splits: () => lines(chart.scale),
      values: (_, splits) => splits.map((one) => `${figures(String(Number(one.toPrecision(6))))}${one === splits.at(-1) ? " ms" : ""}`),
    },
    {
      ...look, grid: { show: false }, scale: "loss", side: 1, size: EDGE_PX, splits: () => QUARTERS,
      values: (_, splits) => splits.map((one) => `${100 * one} %`),
    },
  ];
}

/**
 * @param {UPlot} plot
 * @param {Chart} chart
 */
function zoomTo(plot, chart) {
  const { left, width } = plot.select;
  if (width === 0) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  chart.show({ from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") });
}
