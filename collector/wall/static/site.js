// @ts-check
// A site's page that is looked at: its chart can be looked into, and all of it is renewed each minute. What cannot be
// renewed says so by itself (page.css); where a module is missing the page stays as the server drew it.

import { Chart } from "./site/chart.js";
import { addKeys, addSpans, tell } from "./site/controls.js";
import { dayIn } from "./site/day.js";
import { pageNow, settle } from "./site/renew.js";

const RENEWED_MS = 60_000;
const AGAIN_MS = 15_000;
const OLD_MS = 150_000;
const TICK_MS = 5000;

const old = document.getElementById("old");
/** @type {Chart | null} */
let chart = null;
let evaluatedAt = Number(old?.dataset.evaluated);
let [renewedAt, nextAt] = [Date.now(), performance.now() + RENEWED_MS];

/** The server's drawing is replaced once there is another, of the same size. */
function openChart() {
  const figure = document.getElementById("day");
  const day = dayIn(figure?.dataset.day);
  const [box, line, spans] = [".plot", ".readout", ".ranges"].map((part) => document.querySelector(part));
  if (!(box instanceof HTMLElement) || !line || !spans || day === null) return;
  const drawing = box.querySelector("svg");
  const made = new Chart(box, day);
  drawing?.remove();
  made.moved = () => tell(line, made);
  made.zoomed = addSpans(spans, made);
  addKeys(made);
  made.moved();
  made.zoomed();
  chart = made;
}

/** Whether the chart still has its place on the page, and what it shows. */
function renewChart() {
  const day = dayIn(document.getElementById("day")?.dataset.day);
  if (chart !== null && !chart.plot.root.isConnected) {
    chart.destroy();
    chart = null;
  }
  if (chart === null) openChart();
  else if (day !== null) {
    chart.renew(day);
    chart.moved();
  }
}

async function renew() {
  nextAt = performance.now() + AGAIN_MS;
  const page = await pageNow();
  const told = page?.getElementById("old");
  if (!page || !told || !old) return;
  const isOurs = (/** @type {Document} */ one) => one.querySelector("script[type=module]")?.getAttribute("src");
  if (isOurs(page) !== isOurs(document)) {
    location.reload();
    return;
  }
  for (const part of ["main", ".when time"]) {
    const [here, there] = [document.querySelector(part), page.querySelector(part)];
    if (here !== null && there !== null) settle(here, there);
  }
  renewChart();
  if (Number(told.dataset.evaluated) > evaluatedAt) hold(told);
  else if (isOld()) location.reload(); // the collector's clock went back, or it judges no more: its own page tells which
}

/**
 * What says that the page is old is held back anew, unless the server says it itself.
 * @param {HTMLElement} told
 */
function hold(told) {
  if (old === null) return;
  evaluatedAt = Number(told.dataset.evaluated);
  old.textContent = told.textContent;
  old.className = told.className && (old.className === "held-a" ? "held-b" : "held-a");
  [renewedAt, nextAt] = [Date.now(), performance.now() + RENEWED_MS];
}

const isOld = () => Date.now() - renewedAt > OLD_MS;

/** A machine that slept has no animation that ran out: its clock tells. */
function tick() {
  if (isOld() && old !== null) old.className = "";
  if (!document.hidden && performance.now() >= nextAt) renew();
}

openChart();
setInterval(tick, TICK_MS);
document.addEventListener("visibilitychange", tick);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart?.redraw());
