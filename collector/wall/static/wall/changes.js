// @ts-check
// The latest changes of state.

import { element, replace, shortened } from "./elements.js";
import { glyph } from "./frame.js";
import { clock, say, shownChanges } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */

/** @param {Frame} frame */
export function drawChanges(frame) {
  const list = frame.transitions.slice(0, shownChanges).map((change) => {
    const item = element("li", "");
    item.append(element("time", "", clock(change.at).slice(0, 5)), dot(change.before), "→", dot(change.after),
      named(change.name));
    return item;
  });
  if (list.length === 0) list.push(element("li", "", say("no_changes")));
  replace("changes", list);
}

/** @param {string} state */
function dot(state) {
  const made = element("span", `dot ${state}`, glyph(state));
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", say(state));
  return made;
}

/** @param {string} name */
function named(name) {
  const short = shortened(name);
  const made = element(short === name ? "span" : "abbr", "name", short);
  if (short !== name) made.setAttribute("title", name);
  return made;
}
