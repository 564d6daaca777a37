// @ts-check
// Reaches the chart without a mouse: spans as buttons, the cursor by keys, what is under it as text.

import { ends, placeOf } from "./day.js";
import { readout } from "./readout.js";
import { say } from "./sheet.js";

/** @typedef {import("./chart.js").Chart} Chart */

const HOUR_S = 3600;
const SPANS = /** @type {const} */ ([["last_24", 24], ["last_6", 6], ["last_1", 1]]);
const SLOTS_AN_HOUR = 12;
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -SLOTS_AN_HOUR, PageDown: SLOTS_AN_HOUR, Home: -Infinity, End: Infinity };

/**
 * Buttons for the last hours.
 * @param {Element} place
 * @param {Chart} chart
 * @returns {() => void} presses the one whose span is shown, and none where it is another
 */
export function addSpans(place, chart) {
  const buttons = SPANS.map(([name, hours]) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = say(name);
    made.title = say("how_to_zoom");
    made.addEventListener("click", () => { chart.show(last(chart, hours)); });
    return made;
  });
  place.replaceChildren(...buttons);
  return () => buttons.forEach((button, at) => {
    const { from, to } = last(chart, SPANS[at]?.[1] ?? 0);
    button.setAttribute("aria-pressed", String(chart.span.from === from && chart.span.to === to));
  });
}

/**
 * @param {Chart} chart
 * @param {number} hours
 */
const last = ({ day }, hours) => ({ from: ends(day) - hours * HOUR_S, to: ends(day) });

/**
 * The cursor as a slider: arrows go by five minutes, pages by an hour.
 * @param {Chart} chart
 */
export function addKeys(chart) {
  const { over } = chart.plot;
  over.tabIndex = 0;
  over.setAttribute("role", "slider");
  over.setAttribute("aria-label", say("cursor"));
  over.setAttribute("aria-valuemin", "0");
  over.addEventListener("focus", () => { if (chart.place === null && over.matches(":focus-visible")) chart.point(newest(chart)); });
  over.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined && event.key !== "Escape") return;
    event.preventDefault();
    if (step === undefined) chart.showAll();
    else chart.point(within(chart, (chart.place ?? newest(chart)) + step));
  });
}

/**
 * A slot that is shown.
 * @param {Chart} chart
 * @param {number} place
 */
const within = ({ day, span }, place) => Math.max(placeOf(day, span.from), Math.min(placeOf(day, span.to - 1), place));

/**
 * The slot that goes on.
 * @param {Chart} chart
 */
const newest = (chart) => within(chart, placeOf(chart.day, chart.day.now));

/**
 * What is under the cursor; what is newest where there is none.
 * @param {Element} line
 * @param {Chart} chart
 */
export function tell(line, chart) {
  const place = chart.place ?? placeOf(chart.day, chart.day.newest ?? chart.day.now);
  const [when, found] = readout(chart.day, place);
  const [time, hint] = [document.createElement("b"), document.createElement("small")];
  time.textContent = when;
  hint.textContent = chart.place === null ? say("how_to_zoom") : "";
  line.replaceChildren(time, ` · ${found}`, hint);
  const { over } = chart.plot;
  over.setAttribute("aria-valuemax", String(chart.day.loss_ratio.length - 1));
  over.setAttribute("aria-valuenow", String(place));
  over.setAttribute("aria-valuetext", `${when}: ${found}`);
}
