// @ts-check
// The last day of a site as the server wrote it down: a place for each five minutes. It draws nothing.

/** @typedef {(number | null)[]} Column */
/** Times are Unix seconds; a loss of null: nothing was measured; an RTT of null: nothing came back either.
 * @typedef {{now: number, first: number, slot_seconds: number, since: number | null, newest: number | null,
 *   loss_ratio: Column, rtt_seconds: Column, low_seconds: Column, high_seconds: Column}} Day */

/** What is known of five minutes.
 * @typedef {"measured" | "silent" | "unmeasured" | "forgotten"} Knowledge */

/**
 * The day in a text; null where there is none, or one that contradicts itself.
 * @param {string | undefined} text
 * @returns {Day | null}
 */
export function dayIn(text) {
  if (!text) return null;
  try {
    /** @type {unknown} */
    const value = JSON.parse(text);
    return isDay(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Day}
 */
function isDay(value) {
  if (typeof value !== "object" || value === null) return false;
  const { now, first, slot_seconds, since, newest, loss_ratio, rtt_seconds, low_seconds, high_seconds } =
    /** @type {Partial<Day>} */ (value);
  return Number.isFinite(now) && Number.isFinite(first) && typeof slot_seconds === "number" && slot_seconds > 0
    && (since === null || Number.isFinite(since)) && (newest === null || Number.isFinite(newest))
    && Array.isArray(loss_ratio) && loss_ratio.length > 0
    && [loss_ratio, rtt_seconds, low_seconds, high_seconds].every((column) => isColumn(column, loss_ratio.length));
}

/**
 * @param {unknown} column
 * @param {number} length
 */
const isColumn = (column, length) => Array.isArray(column) && column.length === length
  && column.every((one) => one === null || Number.isFinite(one));

/**
 * Beginning of a slot.
 * @param {Day} day
 * @param {number} place
 */
export const begins = (day, place) => day.first + place * day.slot_seconds;

/** @param {Day} day */
export const ends = (day) => begins(day, day.loss_ratio.length);

/**
 * The slot in which a time lies.
 * @param {Day} day
 * @param {number} at
 */
export const placeOf = (day, at) =>
  Math.min(day.loss_ratio.length - 1, Math.max(0, Math.floor((at - day.first) / day.slot_seconds)));

/**
 * @param {Day} day
 * @param {number} place
 * @returns {Knowledge}
 */
export function knowledge(day, place) {
  if ((day.loss_ratio[place] ?? null) !== null) return (day.rtt_seconds[place] ?? null) !== null ? "measured" : "silent";
  return day.since !== null && begins(day, place + 1) <= day.since ? "forgotten" : "unmeasured";
}

/**
 * Neighbours of which the same is known, as stretches that end now at the latest.
 * @param {Day} day
 * @param {Knowledge} what
 */
export function stretches(day, what) {
  /** @type {{from: number, to: number}[]} */
  const found = [];
  for (let place = 0; place < day.loss_ratio.length; place += 1) {
    if (knowledge(day, place) !== what) continue;
    const [from, to] = [begins(day, place), Math.min(day.now, begins(day, place + 1))];
    const last = found.at(-1);
    if (last !== undefined && last.to === from) last.to = to;
    else found.push({ from, to });
  }
  return found;
}
