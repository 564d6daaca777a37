// @ts-check
// What lies behind and above the curves: times that nobody measured, in hatching, and marks of packets beyond the edge.

import { begins, stretches } from "./day.js";
import { say } from "./sheet.js";

/** @typedef {import("./day.js").Day} Day */
/** @typedef {import("../vendor/uplot/uPlot.esm.js")} UPlot */

const FONT_PX = 13;
const HATCH_PX = 8;
const MARK_PX = 4;

/**
 * A colour of the page's sheet, which knows whether it is light or dark.
 * @param {string} name
 */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Of the labels at the axes. */
export const font = () => `${FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;

/**
 * Behind the curves.
 * @param {UPlot} plot
 * @param {Day} day
 */
export function paintGaps(plot, day) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${FONT_PX * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const what of /** @type {const} */ (["unmeasured", "forgotten"])) {
    for (const { from, to } of stretches(day, what)) {
      const [left, right] = [from, to].map((at) => plot.valToPos(at, "x", true));
      if (left === undefined || right === undefined || right < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.fillStyle = what === "unmeasured" ? hatching(ctx) : colour("forgotten");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      label(plot, say(what === "unmeasured" ? "unmeasured" : "forgotten_short"), left, right);
    }
  }
  ctx.restore();
}

/**
 * What it means, where that has room.
 * @param {UPlot} plot
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
function label({ ctx, bbox }, text, from, to) {
  const [left, right] = [Math.max(from, bbox.left), Math.min(to, bbox.left + bbox.width)];
  const width = ctx.measureText(text).width + FONT_PX * devicePixelRatio;
  if (right - left < width + FONT_PX * devicePixelRatio) return;
  const [middle, height] = [(left + right) / 2, 2 * FONT_PX * devicePixelRatio];
  ctx.fillStyle = colour("paper");
  ctx.fillRect(middle - width / 2, bbox.top + bbox.height / 2 - height / 2, width, height);
  ctx.fillStyle = colour("quiet");
  ctx.fillText(text, middle, bbox.top + bbox.height / 2);
}

/**
 * Above the curves: slots whose slowest packet lies beyond the upper edge.
 * @param {UPlot} plot
 * @param {Day} day
 * @param {number} top milliseconds
 */
export function paintMarks(plot, day, top) {
  const { ctx, bbox } = plot;
  const size = MARK_PX * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = colour("rtt");
  day.high_seconds.forEach((high, place) => {
    if (high === null || high * 1000 <= top) return;
    const middle = plot.valToPos(begins(day, place + 0.5), "x", true);
    if (middle < bbox.left || middle > bbox.left + bbox.width) return;
    ctx.beginPath();
    ctx.moveTo(middle - size, bbox.top + 1.8 * size);
    ctx.lineTo(middle + size, bbox.top + 1.8 * size);
    ctx.lineTo(middle, bbox.top);
    ctx.fill();
  });
  ctx.restore();
}

/**
 * Stripes, so that it is no colour alone that says "not measured".
 * @param {CanvasRenderingContext2D} ctx
 */
function hatching(ctx) {
  const tile = document.createElement("canvas");
  const size = HATCH_PX * devicePixelRatio;
  tile.width = tile.height = size;
  const on = tile.getContext("2d");
  if (on === null) return colour("gap");
  on.fillStyle = colour("gap");
  on.fillRect(0, 0, size, size);
  on.strokeStyle = colour("hatch");
  on.lineWidth = size / 3;
  on.beginPath();
  for (const shift of [-size, 0, size]) {
    on.moveTo(shift - size, 2 * size);
    on.lineTo(shift + 2 * size, -size);
  }
  on.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour("gap");
}
