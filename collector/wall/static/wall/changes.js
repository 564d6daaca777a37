// @ts-check
// The latest changes of state.

import { element, lengthClass, replace } from "./elements.js";
import { glyph } from "./frame.js";
import { clock, say, shownChanges } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */

/** @param {Frame} frame */
export function drawChanges(frame) {
  const list = frame.transitions.slice(0, shownChanges).map((change) => {
    const item = element("li", "");
    item.append(element("time", "", clock(change.at).slice(0, 5)), dot(change.before), "→", dot(change.after),
      element("span", `name ${lengthClass(change.name)}`, change.name));
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
