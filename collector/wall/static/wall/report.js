// @ts-check
// Tells the collector what a named screen has drawn, and tells nothing of what nobody can see.

import { isWithheld } from "./cover.js";
import { screenName } from "./sheet.js";
import { stands } from "./tiles.js";

/** @typedef {import("./frame.js").Frame} Frame */

const REPORT_MS = 15_000;
let reportedAt = -Infinity;

/**
 * Two pictures later the frame is on the glass, unless the page is hidden: only then the collector hears of it.
 * @param {Frame} frame
 * @param {() => boolean} isNewest
 */
export function report(frame, isNewest) {
  if (!screenName || performance.now() - reportedAt < REPORT_MS) return;
  reportedAt = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (document.hidden || !isWithheld() || !isNewest() || !stands(frame)) {
      reportedAt = -Infinity;
      return;
    }
    const body = JSON.stringify({ screen: screenName, sequence: frame.sequence });
    fetch("/api/v1/screens", { method: "POST", headers: { "Content-Type": "application/json" }, body })
      .catch(() => { reportedAt = -Infinity; });
  }));
}
