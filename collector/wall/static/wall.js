// @ts-check
// Begins the wall. Where a part of it is missing nothing holds the cover back; then the page is asked for until it can
// be had, and loaded anew.

const AGAIN_MS = 20_000;

const wait = (/** @type {number} */ ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function isThere() {
  try {
    return (await fetch(location.href, { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

try {
  await import("./wall/live.js");
} catch {
  do await wait(AGAIN_MS); while (!await isThere());
  location.reload();
}

export {};
