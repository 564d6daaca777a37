// @ts-check
// A map that is looked at: it asks for what changed, a few hundred bytes, and puts each marker into the layer of its state.
// Only a newer evaluation holds the cover back; the cover itself comes by no code at all: see page.css.

import { asked, said, wait } from "./there.js";
import "./map/keys.js";

/** @typedef {{build: string, evaluated_at: number, evaluated: string, new: boolean, sites: number,
 *   counts: Record<string, number>, states: Record<string, string[]>}} Marks */

const { dataset } = document.body;
const AGAIN_MS = 2500;
const STUCK_MS = 60_000;
const markers = new Map([...document.querySelectorAll("a[data-site]")].map((one) => [one.getAttribute("data-site") ?? "", one]));
const layers = new Map([...document.querySelectorAll("[data-layer]")].map((one) => [one.getAttribute("data-layer") ?? "", one]));
let evaluatedAt = Number(dataset.evaluated);
let newerAt = performance.now();

/**
 * @param {string} text
 * @returns {Marks | null}
 */
function marksIn(text) {
  try {
    const { build, evaluated_at, sites, counts, states } = JSON.parse(text);
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const isWhole = typeof build === "string" && Number.isFinite(evaluated_at) && sites > 0 && all === sites
      && Object.entries(states).every(([state, some]) => layers.has(state) && some.length <= counts[state]);
    return isWhole ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** @param {string} state */
const word = (state) => document.querySelector(`.legend .${state} span`)?.textContent ?? state;

/**
 * @param {Element} marker
 * @param {string} state
 */
function mark(marker, state) {
  const sign = marker.querySelector("use");
  if (sign === null || sign.classList.contains(state)) return;
  const title = marker.querySelector("title");
  sign.setAttribute("class", `marker ${state}`);
  sign.setAttribute("href", `#${state}`);
  if (title !== null) title.textContent = `${title.textContent?.replace(/: [^:]*$/, "")}: ${word(state)}`;
  const hadFocus = document.activeElement === marker;
  layers.get(state)?.append(marker);
  if (hadFocus && marker instanceof SVGElement) marker.focus();
}

/** @param {Marks} marks */
function draw(marks) {
  const states = new Map(Object.entries(marks.states).flatMap(([state, sites]) => sites.map((site) => [site, state])));
  for (const [site, marker] of markers) mark(marker, states.get(site) ?? "up");
  for (const line of document.querySelectorAll("[data-count]")) {
    const number = line.querySelector("b");
    if (number !== null) number.textContent = String(marks.counts[line.getAttribute("data-count") ?? ""] ?? 0);
  }
  const time = document.querySelector(".when time");
  if (time !== null) time.textContent = marks.evaluated;
}

/** A page that another run of the collector drew, or one that asks for a login, is asked for as a whole. */
async function reload() {
  if ((await asked(location.href))?.ok) location.reload();
}

/** Whether something was heard; what is told is drawn, and holds the cover back where it is newer. */
async function renew() {
  const told = await said("/wall/map/marks");
  if (told === null) return false;
  if (told.answer.redirected || told.answer.status === 401) await reload();
  const marks = told.answer.ok ? marksIn(told.text) : null;
  if (marks === null) return false;
  const isKnown = Object.values(marks.states).flat().every((site) => markers.has(site));
  if (marks.build !== dataset.build || !isKnown) await reload();
  else if (marks.evaluated_at > evaluatedAt) {
    [evaluatedAt, newerAt] = [marks.evaluated_at, performance.now()];
    draw(marks);
    const cover = document.getElementById("cover");
    if (cover !== null) cover.className = cover.className === "held-a" ? "held-b" : "held-a";
    if (marks.new) document.dispatchEvent(new Event("new-problem"));
  } else if (performance.now() - newerAt > STUCK_MS) await reload(); // the collector's clock went back
  return true;
}

let isHeard = true; // what was drawn just now need not be asked for
for (;;) {
  await wait(isHeard ? Number(dataset.seconds) * 1000 : AGAIN_MS);
  isHeard = await renew();
}
