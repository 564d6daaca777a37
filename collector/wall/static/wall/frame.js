// @ts-check
// What the collector says with each evaluation, and whether what came is that; it draws nothing.

/** @typedef {{site: string, name: string, state: string, since: number, facts_at: number | null}} Site */
/** @typedef {{site: string, name: string, state: string, since: number, cause: string, sites: number, still: string[],
 *   number: number | null}} Incident */
/** @typedef {{at: number, name: string, before: string, after: string}} Change */
/** @typedef {{proven: number | null, overdue: boolean}} AlertPath */
/** @typedef {{build: string, sequence: number, evaluated_at: number, expected_sites: number,
 *   counts: Record<string, number>, sites: Site[], incidents: Incident[], transitions: Change[],
 *   down_lately: (number | null)[], alert_path: AlertPath | null}} Frame */

/** @type {Record<string, string>} */
const GLYPHS = { up: "", degraded: "▲", down: "✖", unknown: "?", maintenance: "⚙" };
export const STATES = Object.keys(GLYPHS);

/** @param {string} state */
export const glyph = (state) => GLYPHS[state] ?? "";

/**
 * The frame in a message; null where there is none, or one that contradicts itself: an empty list is not a province in
 * which all is well.
 * @param {unknown} text
 * @returns {Frame | null}
 */
export function frameIn(text) {
  if (typeof text !== "string") return null;
  try {
    /** @type {unknown} */
    const value = JSON.parse(text);
    return isFrame(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Frame}
 */
function isFrame(value) {
  if (typeof value !== "object" || value === null) return false;
  const { build, sequence, evaluated_at, expected_sites, counts, sites, incidents, transitions } =
    /** @type {Partial<Frame>} */ (value);
  return Number.isFinite(evaluated_at) && Number.isFinite(sequence) && typeof build === "string"
    && Array.isArray(sites) && sites.length > 0 && sites.length === expected_sites
    && Array.isArray(incidents) && Array.isArray(transitions) && typeof counts === "object" && counts !== null
    && sites.every(isSite)
    && STATES.every((state) => counts[state] === sites.filter((site) => site.state === state).length);
}

/** @param {Partial<Site>} site */
function isSite({ site, state, since }) {
  return typeof site === "string" && typeof state === "string" && Object.hasOwn(GLYPHS, state) && Number.isFinite(since);
}
