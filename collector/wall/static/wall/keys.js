// @ts-check
// The tiles by keyboard: one stop for all of them, arrows from one to the next. Nothing is focused that no key asked for.

const tiles = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("a[data-site]")]);
let current = tiles[0];
for (const tile of tiles) tile.tabIndex = tile === current ? 0 : -1;

/**
 * The tile above or below: the nearest of the next row there, be it of another district.
 * @param {HTMLElement} from
 * @param {number} way 1 down, -1 up
 */
function across(from, way) {
  const here = from.getBoundingClientRect();
  const far = (/** @type {HTMLElement} */ tile) => {
    const there = tile.getBoundingClientRect();
    const down = way * (there.top - here.top);
    const aside = Math.abs(there.left - here.left);
    return down < here.height / 2 || aside > here.width / 2 + 1 ? Infinity : down + aside;
  };
  const [nearest] = tiles.map((tile) => ({ tile, way: far(tile) })).sort((one, other) => one.way - other.way);
  return nearest !== undefined && nearest.way < Infinity ? nearest.tile : undefined;
}

/** @type {Record<string, (tile: HTMLElement) => HTMLElement | undefined>} */
const MOVES = {
  ArrowRight: (tile) => tiles[tiles.indexOf(tile) + 1],
  ArrowLeft: (tile) => tiles[tiles.indexOf(tile) - 1],
  ArrowDown: (tile) => across(tile, 1),
  ArrowUp: (tile) => across(tile, -1),
  Home: () => tiles[0],
  End: () => tiles.at(-1),
};

/** @param {KeyboardEvent} event */
function moved(event) {
  const move = MOVES[event.key];
  const tile = event.target;
  if (move === undefined || !(tile instanceof HTMLElement) || !tiles.includes(tile)) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  move(tile)?.focus();
}

/**
 * Where the focus was is where it comes back to.
 * @param {FocusEvent} event
 */
function stayed(event) {
  if (!(event.target instanceof HTMLElement) || !tiles.includes(event.target)) return;
  if (current !== undefined) current.tabIndex = -1;
  current = event.target;
  current.tabIndex = 0;
}

const box = document.getElementById("tiles");
box?.addEventListener("keydown", moved);
box?.addEventListener("focusin", stayed);
