// @ts-check
// Holds the cover back for a while, and begins the page anew; the cover itself comes by no code at all: see wall.css.

import { asked } from "../there.js";

const cover = document.getElementById("cover");
const RELOAD_MS = 5000;

/** Hold it back from now on for as long as a frame is fresh. */
export function rearm() {
  if (cover !== null) cover.className = cover.className === "armed-a" ? "armed-b" : "armed-a";
}

/** Whether nothing lies over the picture. */
export const isWithheld = () => cover !== null && getComputedStyle(cover).opacity === "0";

/**
 * At most once in a while, or a mistake would reload for ever; and not into the error page of a proxy, on which nothing of
 * ours would run any more.
 */
export async function reload() {
  const last = Number(sessionStorage.getItem("reloaded") ?? -Infinity);
  if (Math.abs(Date.now() - last) < RELOAD_MS) return;
  sessionStorage.setItem("reloaded", String(Date.now()));
  if ((await asked(location.href))?.ok) location.reload();
}
