// @ts-check
// A tile a site, and how many are in each state; where they stand is the server's matter.

import { glyph, STATES } from "./frame.js";
import { oldSeconds, say } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */

const tiles = new Map([...document.querySelectorAll("[data-site]")].map((tile) => [tile.getAttribute("data-site") ?? "", tile]));

/**
 * Whether the page has a tile for each site and no other.
 * @param {Frame} frame
 */
export const hasAll = (frame) => frame.sites.length === tiles.size && frame.sites.every((site) => tiles.has(site.site));

/** When the newest fact behind each tile was measured, Unix seconds; sites of which there is none are not in it. */
const facts = new Map([...tiles].flatMap(([site, tile]) => {
  const at = Number(tile.getAttribute("data-facts") ?? NaN);
  return Number.isFinite(at) ? [[site, at]] : [];
}));

/** @param {Frame} frame */
export function drawTiles(frame) {
  for (const site of frame.sites) {
    if (typeof site.facts_at === "number") facts.set(site.site, site.facts_at);
    else facts.delete(site.site);
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
 * Hatch what rests on old facts: fresh evaluations of them do not make them fresh.
 * @param {number} now Unix seconds, as the collector would say
 */
export function ageTiles(now) {
  for (const [site, tile] of tiles) {
    const at = facts.get(site);
    tile.classList.toggle("old", at !== undefined && now - at > oldSeconds);
  }
}

/**
 * Whether what people see says what the frame said.
 * @param {Frame} frame
 */
export const stands = (frame) => STATES.every((state) =>
  document.querySelectorAll(`[data-site].${state}`).length === frame.counts[state]
  && document.querySelector(`[data-count="${state}"] b`)?.textContent === String(frame.counts[state]));
