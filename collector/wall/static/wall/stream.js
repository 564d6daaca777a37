// @ts-check
// The stream of frames, opened again for ever. A proxy that answers 502 while the collector starts anew ends an
// EventSource for good: the browser only tries again by itself where nobody answered at all.

import { reload } from "./cover.js";

const LEAST_MS = 2000;
const MOST_MS = 5000;

/** @param {(event: MessageEvent) => void} take */
export function follow(take) {
  const stream = new EventSource("/events");
  stream.addEventListener("frame", take);
  stream.addEventListener("error", () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    // Not all screens of a province in the same moment.
    setTimeout(() => { again(take); }, LEAST_MS + Math.random() * (MOST_MS - LEAST_MS));
  });
}

/** @param {(event: MessageEvent) => void} take */
async function again(take) {
  if (await mustLogIn()) await reload();
  follow(take);
}

/** Whoever is no longer let in is shown the login by the page itself; "no fresh data" would not tell them. */
async function mustLogIn() {
  try {
    const answer = await fetch("/api/v1/status", { method: "HEAD", cache: "no-store" });
    return answer.status === 401 || answer.redirected;
  } catch {
    return false;
  }
}
