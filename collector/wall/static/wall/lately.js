// @ts-check
// The strip of the last day and the way of alerts, as the server draws them.

import { put } from "./elements.js";
import { clock, date, say } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */

const SLOT_SECONDS = 600;
const SVG = "http://www.w3.org/2000/svg";
let drawn = "";

/**
 * As `bars` and `most_in_words` of the server.
 * @param {Frame} frame
 */
export function drawLately(frame) {
  const slots = Array.isArray(frame.down_lately) ? frame.down_lately : [];
  const most = Math.max(0, ...slots.map((down) => down ?? 0));
  const newest = Math.floor(frame.evaluated_at / SLOT_SECONDS) * SLOT_SECONDS;
  const at = newest - (slots.length - 1 - slots.lastIndexOf(most)) * SLOT_SECONDS;
  const text = say("down_most").replace("{n}", String(most)).replace("{time}", clock(at).slice(0, 5));
  put("most", most > 0 ? text : say("never_down"));
  const drawing = JSON.stringify(slots);
  if (drawing === drawn) return;
  drawn = drawing;
  document.getElementById("bars")?.replaceChildren(...slots.flatMap((down, place) => down === 0 ? [] : [bar(down, place, most)]));
}

/**
 * @param {number | null} down
 * @param {number} place
 * @param {number} most
 */
function bar(down, place, most) {
  const height = down === null ? 8 : Math.max(12, Math.round(100 * down / most));
  const made = document.createElementNS(SVG, "rect");
  if (down === null) made.setAttribute("class", "gap");
  for (const [name, value] of Object.entries({ x: place, y: 100 - height, width: 1, height })) made.setAttribute(name, String(value));
  return made;
}

/**
 * As `path_in_words` of the server.
 * @param {Frame} frame
 */
export function drawPath(frame) {
  const path = frame.alert_path ?? null;
  const proven = path?.proven ?? null;
  const on = proven === null ? "" : date(proven).slice(0, 5);
  const time = proven === null || path?.overdue ? on : `${on} ${clock(proven).slice(0, 5)}`;
  const text = path === null ? "path_none" : proven === null ? "path_never" : path.overdue ? "path_overdue" : "path";
  put("path", say(text).replace("{time}", time));
  const place = document.getElementById("path");
  if (place !== null) place.className = path === null ? "" : path.overdue ? "overdue" : "proven";
}
