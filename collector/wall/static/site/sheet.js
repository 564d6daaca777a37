// @ts-check
// What the server wrote on a site's page for the modules: words and zone. It says nothing of the site.

const { dataset } = document.body;

/** @type {Record<string, string>} */
const words = JSON.parse(dataset.words ?? "{}");
const zone = dataset.zone ? { timeZone: dataset.zone } : {};
const clocks = new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { ...zone, day: "2-digit", month: "2-digit" });

/** The province's zone; the browser's own is nobody's matter here. */
export const zoneName = dataset.zone ?? "UTC";

/**
 * A word of the server's catalogue.
 * @param {string} name
 */
export const say = (name) => words[name] ?? "";

/**
 * Time of day in the province, HH:MM.
 * @param {number} at Unix seconds
 */
export const clock = (at) => clocks.format(at * 1000);

/**
 * Date in the province, DD/MM.
 * @param {number} at Unix seconds
 */
export const date = (at) => days.format(at * 1000);

/**
 * A number as the page's language writes it, from how JavaScript does.
 * @param {string} number
 */
export const figures = (number) => document.documentElement.lang === "vi" ? number.replace(".", ",") : number;

/**
 * With one decimal, as on all our pages.
 * @param {number} value
 */
export const tenth = (value) => figures(value.toFixed(1));
