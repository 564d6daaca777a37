// @ts-check
// Puts texts and rows where they belong and leaves what did not change; it knows nothing of what they say.

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} [text]
 */
export function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * @param {string} id
 * @param {string} text
 */
export function put(id, text) {
  const found = document.getElementById(id);
  if (found !== null && found.textContent !== text) found.textContent = text;
}

/**
 * @param {string} id
 * @param {(Node | string)[]} children
 */
export function replace(id, children) { document.getElementById(id)?.replaceChildren(...children); }

/**
 * Puts rows in their places and leaves what did not change: who clicks must not lose the link under the mouse.
 * @param {string} id
 * @param {HTMLElement[]} rows
 */
export function renew(id, rows) {
  const list = document.getElementById(id);
  if (list === null) return;
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  rows.forEach((row, place) => {
    const old = list.children[place];
    if (old === undefined) list.append(row);
    else if (old.children.length === row.children.length && row.children.length > 0) renewParts(old, row);
    else if (!old.isEqualNode(row)) old.replaceWith(row);
  });
}

/**
 * @param {Element} old
 * @param {HTMLElement} row
 */
function renewParts(old, row) {
  if (old.className !== row.className) old.className = row.className;
  const parts = [...row.children];
  [...old.children].forEach((kept, place) => {
    const part = parts[place];
    if (part !== undefined && !kept.isEqualNode(part)) kept.replaceWith(part);
  });
}

/** @type {[string, string][]} */
const shorts = Object.entries(JSON.parse(document.body.dataset.short ?? "{}"));
const LONG = 15;
const LONGER = 21;

/**
 * As `short` of the server, for lists.
 * @param {string} name
 */
export function shortened(name) {
  if (name.length <= LONGER) return name;
  return shorts.reduce((text, [whole, short]) => text.replaceAll(`${whole} `, `${short} `), name);
}

/**
 * As `length_class` of the server.
 * @param {string} name
 */
export const lengthClass = (name) => name.length > LONGER ? "longer" : name.length > LONG ? "long" : "";
