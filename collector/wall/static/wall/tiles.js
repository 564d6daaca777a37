// @ts-check
// A tile a site, and how many are in each state; where they stand is the server's matter.

import { glyph, STATES } from "./frame.js";
import { say } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */

const tiles = new Map([...document.querySelectorAll("[data-site]")].map((tile) => [tile.getAttribute("data-site") ?? "", tile]));

/**
 * Whether the page has a tile for each site and no other.
 * @param {Frame} frame
 */
export const hasAll = (frame) => frame.sites.length === tiles.size && frame.sites.every((site) => tiles.has(site.site));

/** @param {Frame} frame */
export function drawTiles(frame) {
  for (const site of frame.sites) {
    const tile = tiles.get(site.site);
    if (tile === undefined || tile.classList.contains(site.state)) continue;
    tile.className = `tile ${site.state}`;
    tile.textContent = glyph(site.state);
    const text = `${site.name} – ${say(site.state)}`;
    tile.setAttribute("title", text);
    tile.setAttribute("aria-label", text);
  }
  for (const box of document.querySelectorAll("[data-count]")) {
    const count = frame.counts[box.getAttribute("data-count") ?? ""] ?? 0;
    const number = box.querySelector("b");
    if (number !== null) number.textContent = String(count);
    box.classList.toggle("none", count === 0);
  }
}

/**
 * Whether what people see says what the frame said.
 * @param {Frame} frame
 */
export const stands = (frame) => STATES.every((state) =>
  document.querySelectorAll(`[data-site].${state}`).length === frame.counts[state]
  && document.querySelector(`[data-count="${state}"] b`)?.textContent === String(frame.counts[state]));
