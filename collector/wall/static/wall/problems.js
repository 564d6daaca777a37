// @ts-check
// The list of problems: as many as have room, the rest counted, as the server draws them.

import { element, lengthClass, put, renew, replace, shortened } from "./elements.js";
import { glyph } from "./frame.js";
import { heights, say, span, suffix } from "./sheet.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./frame.js").Incident} Incident */

const NEW_SECONDS = 600;

/** @param {Frame} frame */
export function drawProblems(frame) {
  const shorts = fitting(frame.incidents);
  /** @param {Incident} incident */
  const isNew = (incident) => frame.evaluated_at - incident.since < NEW_SECONDS;
  const list = frame.incidents.slice(0, shorts.length).map((incident, place) => {
    const names = [incident.state, shorts[place] === true && "short", isNew(incident) && "new"];
    const item = element("li", names.filter(Boolean).join(" "));
    const sign = element("span", "glyph", glyph(incident.state));
    sign.setAttribute("aria-hidden", "true");
    item.append(sign, link(incident), element("span", "why", why(incident)),
      element("span", "word", say(incident.state)), element("span", "since", span(frame.evaluated_at - incident.since)));
    return item;
  });
  if (list.length === 0) list.push(element("li", "good", say("no_problems")));
  renew("problems", list);
  put("problem-count", String(frame.incidents.length));
  drawRest(frame.incidents.slice(shorts.length), isNew);
}

/**
 * As `shorts` of the server: which of those that have room do without their second line.
 * @param {Incident[]} incidents
 */
function fitting(incidents) {
  /** @type {boolean[]} */
  let taken = [];
  for (const crowded of [false, true]) {
    taken = [];
    let used = 0;
    for (const incident of incidents) {
      const short = incident.sites === 1 && (crowded || incident.cause === "unknown");
      used += short ? heights.shortVh : heights.tallVh;
      if (used > heights.roomVh) break;
      taken.push(short);
    }
    if (taken.length === incidents.length) break;
  }
  return taken;
}

/**
 * As `rest` of the server.
 * @param {Incident[]} left
 * @param {(incident: Incident) => boolean} isNew
 */
function drawRest(left, isNew) {
  const parts = ["down", "degraded", "unknown"].flatMap((state) => {
    const count = left.filter((incident) => incident.state === state).length;
    if (count === 0) return [];
    const kind = element("span", `kind ${state}`, `${glyph(state)} ${count}`);
    kind.setAttribute("aria-label", `${say(state)}: ${count}`);
    return [kind];
  });
  const fresh = left.filter(isNew).length;
  if (fresh > 0) parts.push(element("span", "kind new", `${fresh} ${say("new")}`));
  replace("more", [...(left.length > 0 ? [say("more").replace("{n}", String(left.length))] : []), ...parts]);
}

/**
 * The name, and where more is told.
 * @param {Incident} incident
 */
function link(incident) {
  const name = shortened(incident.name);
  const made = element("a", `name ${lengthClass(name)}`, name);
  const path = incident.number === null ? `/sites/${encodeURIComponent(incident.site)}` : `/incidents/${incident.number}`;
  made.setAttribute("href", path + suffix);
  made.setAttribute("title", [incident.name, say(incident.state), why(incident)].filter(Boolean).join(" – "));
  if (name !== incident.name) made.setAttribute("aria-label", incident.name);
  return made;
}

/**
 * How many of how many, and the cause as far as it is known.
 * @param {Incident} incident
 */
function why(incident) {
  const count = incident.sites > 1 ? `${incident.still.length}/${incident.sites}` : "";
  return [count, incident.cause === "unknown" ? "" : say(incident.cause)].filter(Boolean).join(" · ");
}
