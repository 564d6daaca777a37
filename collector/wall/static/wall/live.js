// @ts-check
// Redraws the wall from each newer frame, and only then holds the cover back. Time is the server's: the browser's clock
// may be wrong, so only the time since a frame came is taken from here.

import { drawChanges } from "./changes.js";
import { rearm, reload } from "./cover.js";
import { put } from "./elements.js";
import { frameIn } from "./frame.js";
import "./keys.js";
import { drawLately, drawPath } from "./lately.js";
import { drawProblems } from "./problems.js";
import { report } from "./report.js";
import { build, clock, date, drawn, freshSeconds, span } from "./sheet.js";
import { follow } from "./stream.js";
import { ageTiles, drawTiles, hasAll } from "./tiles.js";

/** @typedef {import("./frame.js").Frame} Frame */

const STUCK_SECONDS = 60;

const seconds = () => performance.now() / 1000;
let { evaluatedAt, sequence: lastSequence } = drawn;
let newerAt = seconds();
// What the server said when it drew the page; a frame that was on its way for long cannot pass for a fresh one.
let bestOffset = drawn.now - newerAt;
/** @type {Frame | null} */
let shown = null;

/** @param {MessageEvent} event */
function take(event) {
  const frame = frameIn(event.data);
  if (frame === null) return;
  if (!(frame.evaluated_at > evaluatedAt)) {
    // Where the collector's clock went back its frames stay older than what was shown: start anew, the server is there.
    if (frame.sequence > lastSequence && seconds() - newerAt > STUCK_SECONDS) reload();
    return;
  }
  if (frame.build !== build || !hasAll(frame)) {
    reload();
    return;
  }
  // A frame that lay in a buffer is newer than the last one and yet old: compare its lag with the best that was seen.
  const offset = frame.evaluated_at - seconds();
  bestOffset = Math.max(bestOffset, offset);
  evaluatedAt = frame.evaluated_at;
  lastSequence = frame.sequence;
  newerAt = seconds();
  shown = frame;
  draw(frame);
  if (bestOffset - offset < freshSeconds) {
    rearm();
    report(frame, () => shown === frame);
  }
}

/** @param {Frame} frame */
function draw(frame) {
  drawTiles(frame);
  drawProblems(frame);
  drawChanges(frame);
  drawLately(frame);
  drawPath(frame);
}

/** Each second something moves, so that a frozen picture can be seen to be one; the time is what the collector would say. */
function tick() {
  const now = seconds() + bestOffset;
  put("clock", clock(now));
  put("date", date(now));
  if (evaluatedAt > 0) put("age", span(now - evaluatedAt));
  ageTiles(now);
}

follow(take);
setInterval(tick, 1000);
tick();
