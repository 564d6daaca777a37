// @ts-check
// What five minutes were like, in words; nothing that was not measured has a number.

import { begins, knowledge } from "./day.js";
import { clock, date, say, tenth } from "./sheet.js";

/** @typedef {import("./day.js").Day} Day */

/**
 * When, and what was found.
 * @param {Day} day
 * @param {number} place
 * @returns {[when: string, found: string]}
 */
export function readout(day, place) {
  const [from, to] = [begins(day, place), begins(day, place + 1)];
  return [`${date(from)} ${clock(from)}–${clock(to)}`, found(day, place)];
}

/**
 * @param {Day} day
 * @param {number} place
 */
function found(day, place) {
  const known = knowledge(day, place);
  if (known === "unmeasured") return say("unmeasured");
  if (known === "forgotten") return say("forgotten_short");
  const loss = `${say("loss")} ${tenth(100 * (day.loss_ratio[place] ?? 0))} %`;
  if (known === "silent") return `${loss} · ${say("no_reply")}`;
  const [rtt, low, high] = [day.rtt_seconds, day.low_seconds, day.high_seconds].map((column) => tenth(1000 * (column[place] ?? 0)));
  return `${loss} · ${say("rtt")} ${rtt} ms (${low}–${high} ms)`;
}
