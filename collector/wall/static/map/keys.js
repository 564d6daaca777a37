// @ts-check
// The markers by keyboard: one stop for all of them. Arrows go where they point, to the nearest; Page Down and Page Up
// go through all, what is wrong first, so that none is out of reach. Nothing is focused that no key asked for.

const WORST_FIRST = ["down", "unknown", "degraded", "maintenance", "up"];
const ASIDE = 2; // How much farther a step aside seems than one ahead.

/** @returns {SVGElement[]} all of them, what is wrong first */
function inOrder() {
  const of = (/** @type {string} */ state) => [...document.querySelectorAll(`[data-layer="${state}"] a[data-site]`)];
  return /** @type {SVGElement[]} */ (WORST_FIRST.flatMap(of));
}

/**
 * @param {SVGElement} marker
 * @returns {[number, number]}
 */
function place(marker) {
  const sign = marker.querySelector("use");
  return [Number(sign?.getAttribute("x")), Number(sign?.getAttribute("y"))];
}

/**
 * The nearest one on that side.
 * @param {SVGElement} from
 * @param {number} right
 * @param {number} down
 */
function towards(from, right, down) {
  const [x, y] = place(from);
  let [nearest, least] = [/** @type {SVGElement | undefined} */ (undefined), Infinity];
  for (const marker of inOrder()) {
    const [otherX, otherY] = place(marker);
    const ahead = (otherX - x) * right + (otherY - y) * down;
    const far = ahead + ASIDE * Math.abs((otherX - x) * down + (otherY - y) * right);
    if (ahead > 0 && far < least) [nearest, least] = [marker, far];
  }
  return nearest;
}

/**
 * @param {SVGElement} from
 * @param {number} step
 */
function along(from, step) {
  const all = inOrder();
  return all[all.indexOf(from) + step];
}

/** @type {Record<string, (marker: SVGElement) => SVGElement | undefined>} */
const MOVES = {
  ArrowRight: (marker) => towards(marker, 1, 0),
  ArrowLeft: (marker) => towards(marker, -1, 0),
  ArrowDown: (marker) => towards(marker, 0, 1),
  ArrowUp: (marker) => towards(marker, 0, -1),
  PageDown: (marker) => along(marker, 1),
  PageUp: (marker) => along(marker, -1),
  Home: () => inOrder()[0],
  End: () => inOrder().at(-1),
};

let current = inOrder()[0];
for (const marker of inOrder()) marker.tabIndex = marker === current ? 0 : -1;

/** @param {Event} event */
function markerOf({ target }) {
  const marker = target instanceof Element ? target.closest("a[data-site]") : null;
  return marker instanceof SVGElement ? marker : null;
}

/** @param {KeyboardEvent} event */
function moved(event) {
  const [move, marker] = [MOVES[event.key], markerOf(event)];
  if (move === undefined || marker === null || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  move(marker)?.focus();
}

/**
 * Where the focus was is where it comes back to.
 * @param {Event} event
 */
function stayed(event) {
  const marker = markerOf(event);
  if (marker === null) return;
  if (current !== undefined) current.tabIndex = -1;
  current = marker;
  current.tabIndex = 0;
}

// Not the drawing itself: Chromium makes an SVG that listens for the focus a stop of its own.
const box = document.querySelector(".map");
box?.addEventListener("keydown", (event) => moved(/** @type {KeyboardEvent} */ (event)));
box?.addEventListener("focusin", stayed);
export {};
