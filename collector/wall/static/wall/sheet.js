// @ts-check
// What the server wrote on the page for the modules: words, zone, limits. Read once; it says nothing of any site.

const { dataset } = document.body;

/** @type {Record<string, string>} */
const words = JSON.parse(dataset.words ?? "{}");
const [roomVh = 0, tallVh = 0, shortVh = 0] = (dataset.heights ?? "").split(" ").map(Number);

/** Room of the list of problems, and of one problem with and without its second line; hundredths of the height. */
export const heights = { roomVh, tallVh, shortVh };
export const freshSeconds = Number(dataset.fresh);
/** From this age on the facts behind a tile are old. */
export const oldSeconds = Number(dataset.old);
export const suffix = dataset.suffix ?? "";
export const shownChanges = Number(dataset.changes);
export const build = dataset.build ?? "";
export const screenName = dataset.screen ?? "";
/** Of the frame that the server drew, and its clock when it did. */
export const drawn = {
  evaluatedAt: Number(dataset.evaluated),
  sequence: Number(dataset.sequence),
  now: Number(dataset.now),
};

const zone = dataset.zone ? { timeZone: dataset.zone } : {};
const days = new Intl.DateTimeFormat("en-GB", { ...zone, day: "2-digit", month: "2-digit", year: "numeric" });
const clocks = new Intl.DateTimeFormat("vi-VN", {
  ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/**
 * A word of the server's catalogue.
 * @param {string} name
 */
export const say = (name) => words[name] ?? "";

/**
 * Date in the province, DD/MM/YYYY.
 * @param {number} at Unix seconds
 */
export const date = (at) => days.format(at * 1000);

/**
 * Time of day in the province, HH:MM:SS.
 * @param {number} at Unix seconds
 */
export const clock = (at) => clocks.format(at * 1000);

/**
 * The largest unit of a duration.
 * @param {number} duration seconds
 */
export function span(duration) {
  const whole = Math.max(0, Math.floor(duration));
  if (whole >= 172800) return `${Math.floor(whole / 86400)} ${say("day")}`;
  if (whole >= 3600) return `${Math.floor(whole / 3600)} ${say("hour")}`;
  return whole >= 60 ? `${Math.floor(whole / 60)} ${say("minute")}` : `${whole} ${say("second")}`;
}
