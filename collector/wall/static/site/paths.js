// @ts-check
// Lines, bands and bars of slots as canvas paths: a step for each slot, and nothing where nothing was measured.

import { begins } from "./day.js";

/** @typedef {import("./day.js").Day} Day */
/** @typedef {import("../vendor/uplot/uPlot.esm.js")} UPlot */

const LEAST_BAR = 2;
const SECOND_MS = 1000;

/**
 * Pixels of the canvas.
 * @param {UPlot} plot
 * @param {Day} day
 */
function pixels(plot, day) {
  return {
    x: (/** @type {number} */ place) => plot.valToPos(begins(day, place), "x", true),
    y: (/** @type {number} */ seconds) => plot.valToPos(seconds * SECOND_MS, "ms", true),
  };
}

/**
 * RTT: a step for each slot, joined to its neighbour only where that was measured too.
 * @param {UPlot} plot
 * @param {Day} day
 */
export function line(plot, day) {
  const { x, y } = pixels(plot, day);
  const stroke = new Path2D();
  day.rtt_seconds.forEach((seconds, place) => {
    if (seconds === null) return;
    const joined = place > 0 && (day.rtt_seconds[place - 1] ?? null) !== null;
    if (joined) stroke.lineTo(x(place), y(seconds));
    else stroke.moveTo(x(place), y(seconds));
    stroke.lineTo(x(place + 1), y(seconds));
  });
  return { stroke, fill: null, clip: null, flags: 0 };
}

/**
 * From the fastest packet to the slowest.
 * @param {UPlot} plot
 * @param {Day} day
 */
export function band(plot, day) {
  const { x, y } = pixels(plot, day);
  const fill = new Path2D();
  day.low_seconds.forEach((low, place) => {
    const high = day.high_seconds[place] ?? null;
    if (low === null || high === null) return;
    fill.rect(x(place), y(high), x(place + 1) - x(place), y(low) - y(high));
  });
  return { stroke: null, fill, clip: null, flags: 0 };
}

/**
 * Loss; a single lost packet can be seen.
 * @param {UPlot} plot
 * @param {Day} day
 */
export function bars(plot, day) {
  const { x } = pixels(plot, day);
  const fill = new Path2D();
  const ground = plot.valToPos(0, "loss", true);
  day.loss_ratio.forEach((ratio, place) => {
    if (ratio === null || ratio === 0) return;
    const height = Math.max(LEAST_BAR * devicePixelRatio, ground - plot.valToPos(ratio, "loss", true));
    fill.rect(x(place), ground - height, x(place + 1) - x(place), height);
  });
  return { stroke: null, fill, clip: null, flags: 0 };
}
