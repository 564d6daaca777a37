// @ts-check
// The axis of round-trip times, with round numbers on it, as `axis` of the server finds it.

/** @typedef {import("./day.js").Column} Column */

const LINES = 4;
const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const MEDIAN_ROOM = 1.25;
const SPREAD_ROOM = 1.1;
const SPREAD_SHARE = 0.95;

/**
 * Milliseconds from one line to the next, and at the upper edge. There is room for all medians, and for all packets but
 * the slowest of one slot in twenty.
 * @param {Column} medians seconds
 * @param {Column} longest seconds
 */
export function axis(medians, longest) {
  const known = medians.flatMap((seconds) => seconds ?? []);
  const sorted = longest.flatMap((seconds) => seconds ?? []).sort((a, b) => a - b);
  const spread = sorted[Math.ceil(SPREAD_SHARE * sorted.length) - 1] ?? 0;
  const room = 1000 * Math.max(MEDIAN_ROOM * Math.max(0, ...known), SPREAD_ROOM * spread, 0.001);
  const tens = 10 ** Math.floor(Math.log10(room / LINES));
  const factor = ROUND.find((one) => tens * one * LINES >= room * (1 - 1e-9)) ?? 10;
  return { step: tens * factor, top: tens * factor * LINES };
}

/**
 * Where its lines are, milliseconds.
 * @param {{step: number}} found
 */
export const lines = ({ step }) => Array.from({ length: LINES + 1 }, (_, line) => line * step);
