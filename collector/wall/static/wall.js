// @ts-check
// Redraws the wall from each newer frame, and only then holds the cover back. Time is the server's: the browser's clock
// may be wrong, so only the time since a frame came is taken from here.

/** @typedef {{site: string, name: string, state: string, since: number}} Site */
/** @typedef {{site: string, name: string, state: string, since: number, cause: string, sites: number, still: string[],
 *   number: number | null}} Incident */
/** @typedef {{at: number, name: string, before: string, after: string}} Change */
/** @typedef {{build: string, sequence: number, evaluated_at: number, expected_sites: number,
 *   counts: Record<string, number>, sites: Site[], incidents: Incident[], transitions: Change[],
 *   down_lately: (number | null)[], alert_path: {proven: number | null, overdue: boolean} | null}} Frame */

const GLYPHS = /** @type {Record<string, string>} */ ({ up: "", degraded: "▲", down: "✖", unknown: "?", maintenance: "⚙" });
const NEW_SECONDS = 600;
const STUCK_SECONDS = 60;
const SLOT_SECONDS = 600;
const REPORT_SECONDS = 15;
const SVG = "http://www.w3.org/2000/svg";

const body = document.body;
const words = /** @type {Record<string, string>} */ (JSON.parse(body.dataset.words ?? "{}"));
const freshSeconds = Number(body.dataset.fresh);
const [roomVh, tallVh, shortVh] = (body.dataset.heights ?? "").split(" ").map(Number);
const suffix = body.dataset.suffix ?? "";
const shownChanges = Number(body.dataset.changes);
const cover = /** @type {HTMLElement} */ (document.getElementById("cover"));
const tiles = new Map([...document.querySelectorAll("[data-site]")].map((tile) => [tile.getAttribute("data-site") ?? "", tile]));
const date = new Intl.DateTimeFormat("en-GB", { timeZone: body.dataset.zone, day: "2-digit", month: "2-digit", year: "numeric" });
const clock = new Intl.DateTimeFormat("vi-VN", { timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

let evaluatedAt = Number(body.dataset.evaluated);
let lastSequence = Number(body.dataset.sequence);
let newerAt = performance.now() / 1000;
// What the server said when it drew the page; a frame that was on its way for long cannot pass for a fresh one.
let bestOffset = Number(body.dataset.now) - newerAt;
/** @type {{frame: Frame, at: number} | null} */
let shown = null;
let reportedAt = -Infinity;
let barsDrawn = "";

const seconds = () => performance.now() / 1000;
/** Now, as the collector would say. */
const now = () => seconds() + bestOffset;

/** @param {unknown} value @returns {value is Frame} */
function isFrame(value) {
  const frame = /** @type {Frame} */ (value);
  return typeof frame === "object" && frame !== null && Number.isFinite(frame.evaluated_at) && Number.isFinite(frame.sequence)
    && typeof frame.build === "string" && Array.isArray(frame.sites) && frame.sites.length > 0
    && frame.sites.length === frame.expected_sites && Array.isArray(frame.incidents) && Array.isArray(frame.transitions)
    && typeof frame.counts === "object" && frame.counts !== null
    && frame.sites.every((site) => typeof site.site === "string" && Object.hasOwn(GLYPHS, site.state) && Number.isFinite(site.since))
    && Object.keys(GLYPHS).every((state) => frame.counts[state] === frame.sites.filter((site) => site.state === state).length);
}

/** @param {MessageEvent} event */
function take(event) {
  let frame;
  try { frame = JSON.parse(event.data); } catch { return; }
  if (!isFrame(frame)) return;
  if (!(frame.evaluated_at > evaluatedAt)) {
    // Where the collector's clock went back its frames stay older than what was shown: start anew, the server is there.
    if (frame.sequence > lastSequence && seconds() - newerAt > STUCK_SECONDS) reload();
    return;
  }
  if (frame.build !== body.dataset.build || frame.sites.some((site) => !tiles.has(site.site)) || frame.sites.length !== tiles.size) {
    reload();
    return;
  }
  // A frame that lay in a buffer is newer than the last one and yet old: compare its lag with the best that was seen.
  const offset = frame.evaluated_at - seconds();
  bestOffset = Math.max(bestOffset, offset);
  evaluatedAt = frame.evaluated_at;
  lastSequence = frame.sequence;
  newerAt = seconds();
  shown = { frame, at: seconds() - (bestOffset - offset) };
  draw(frame);
  if (bestOffset - offset < freshSeconds) {
    rearm();
    report(frame);
  }
}

/** Two pictures later the frame is on the glass, unless the page is hidden: only then the collector hears of it. @param {Frame} frame */
function report(frame) {
  if (!body.dataset.screen || seconds() - reportedAt < REPORT_SECONDS) return;
  reportedAt = seconds();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (document.hidden || getComputedStyle(cover).opacity !== "0" || !stands(frame)) {
      reportedAt = -Infinity;
      return;
    }
    const said = JSON.stringify({ screen: body.dataset.screen, sequence: frame.sequence });
    fetch("/api/v1/screens", { method: "POST", headers: { "Content-Type": "application/json" }, body: said })
      .catch(() => { reportedAt = -Infinity; });
  }));
}

/** Whether what people see says what the frame said. @param {Frame} frame */
function stands(frame) {
  return shown?.frame === frame && Object.keys(GLYPHS).every((state) =>
    document.querySelectorAll(`[data-site].${state}`).length === frame.counts[state]
    && document.querySelector(`[data-count="${state}"] b`)?.textContent === String(frame.counts[state]));
}

function rearm() {
  cover.className = cover.className === "armed-a" ? "armed-b" : "armed-a";
}

/** At most once in a while, or a mistake would reload for ever. */
function reload() {
  const last = Number(sessionStorage.getItem("reloaded") ?? -Infinity);
  if (Math.abs(Date.now() - last) < 5000) return;
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
}

/** @param {Frame} frame */
function draw(frame) {
  for (const site of frame.sites) {
    const tile = tiles.get(site.site);
    if (tile === undefined || tile.classList.contains(site.state)) continue;
    tile.className = `tile ${site.state}`;
    tile.textContent = GLYPHS[site.state];
    const text = `${site.name} – ${words[site.state]}`;
    tile.setAttribute("title", text);
    tile.setAttribute("aria-label", text);
  }
  for (const box of document.querySelectorAll("[data-count]")) {
    const count = frame.counts[box.getAttribute("data-count") ?? ""] ?? 0;
    /** @type {HTMLElement} */ (box.querySelector("b")).textContent = String(count);
    box.classList.toggle("none", count === 0);
  }
  drawProblems(frame);
  drawChanges(frame);
  drawLately(frame);
  drawPath(frame);
}

/** As `bars` and `most_in_words` of the server. @param {Frame} frame */
function drawLately(frame) {
  const slots = Array.isArray(frame.down_lately) ? frame.down_lately : [];
  const most = Math.max(0, ...slots.map((down) => down ?? 0));
  const newest = Math.floor(frame.evaluated_at / SLOT_SECONDS) * SLOT_SECONDS;
  const at = newest - (slots.length - 1 - slots.lastIndexOf(most)) * SLOT_SECONDS;
  const text = words.down_most.replace("{n}", String(most)).replace("{time}", clock.format(at * 1000).slice(0, 5));
  put("most", most > 0 ? text : words.never_down);
  const drawing = JSON.stringify(slots);
  if (drawing === barsDrawn) return;
  barsDrawn = drawing;
  document.getElementById("bars")?.replaceChildren(...slots.flatMap((down, place) => {
    if (down === 0) return [];
    const height = down === null ? 8 : Math.max(12, Math.round(100 * down / most));
    const bar = document.createElementNS(SVG, "rect");
    if (down === null) bar.setAttribute("class", "gap");
    for (const [name, value] of Object.entries({ x: place, y: 100 - height, width: 1, height })) bar.setAttribute(name, String(value));
    return [bar];
  }));
}

/** As `path_in_words` of the server. @param {Frame} frame */
function drawPath(frame) {
  const path = frame.alert_path ?? null;
  const proven = path?.proven ?? null;
  const on = proven === null ? "" : date.format(proven * 1000).slice(0, 5);
  const time = proven === null || path?.overdue ? on : `${on} ${clock.format(proven * 1000).slice(0, 5)}`;
  const text = path === null ? words.path_none : proven === null ? words.path_never : path.overdue ? words.path_overdue : words.path;
  put("path", text.replace("{time}", time));
  const place = document.getElementById("path");
  if (place !== null) place.className = path === null ? "" : path.overdue ? "overdue" : "proven";
}

/** How many of how many, and the cause as far as it is known. @param {Incident} incident */
function why(incident) {
  const count = incident.sites > 1 ? `${incident.still.length}/${incident.sites}` : "";
  return [count, incident.cause === "unknown" ? "" : words[incident.cause]].filter(Boolean).join(" · ");
}

/** As `shorts` of the server. @param {Incident[]} incidents */
function fitting(incidents) {
  /** @type {boolean[]} */
  let taken = [];
  for (const crowded of [false, true]) {
    taken = [];
    let used = 0;
    for (const incident of incidents) {
      const short = incident.sites === 1 && (crowded || incident.cause === "unknown");
      used += short ? shortVh : tallVh;
      if (used > roomVh) break;
      taken.push(short);
    }
    if (taken.length === incidents.length) break;
  }
  return taken;
}

/** @param {Frame} frame */
function drawProblems(frame) {
  const shorts = fitting(frame.incidents);
  /** @param {Incident} incident */
  const isNew = (incident) => frame.evaluated_at - incident.since < NEW_SECONDS;
  const list = shorts.map((short, place) => {
    const incident = frame.incidents[place];
    const item = element("li", [incident.state, short && "short", isNew(incident) && "new"].filter(Boolean).join(" "));
    item.append(element("span", "glyph", GLYPHS[incident.state]), link(incident), element("span", "why", why(incident)),
      element("span", "word", words[incident.state]), element("span", "since", span(frame.evaluated_at - incident.since)));
    item.children[0].setAttribute("aria-hidden", "true");
    return item;
  });
  if (list.length === 0) list.push(element("li", "good", words.no_problems));
  renew("problems", list);
  put("problem-count", String(frame.incidents.length));
  drawRest(frame.incidents.slice(shorts.length), isNew);
}

/** As `rest` of the server. @param {Incident[]} left @param {(incident: Incident) => boolean} isNew */
function drawRest(left, isNew) {
  const parts = ["down", "degraded", "unknown"].flatMap((state) => {
    const count = left.filter((incident) => incident.state === state).length;
    if (count === 0) return [];
    const kind = element("span", `kind ${state}`, `${GLYPHS[state]} ${count}`);
    kind.setAttribute("aria-label", `${words[state]}: ${count}`);
    return [kind];
  });
  const fresh = left.filter(isNew).length;
  if (fresh > 0) parts.push(element("span", "kind new", `${fresh} ${words.new}`));
  const place = document.getElementById("more");
  place?.replaceChildren(...(left.length > 0 ? [words.more.replace("{n}", String(left.length))] : []), ...parts);
}

/** The name, and where more is told. @param {Incident} incident */
function link(incident) {
  const made = element("a", `name ${lengthClass(incident.name)}`, incident.name);
  const path = incident.number === null ? `/sites/${encodeURIComponent(incident.site)}` : `/incidents/${incident.number}`;
  made.setAttribute("href", path + suffix);
  made.setAttribute("title", [incident.name, words[incident.state], why(incident)].filter(Boolean).join(" – "));
  return made;
}

/** Puts rows in their places and leaves what did not change: who clicks must not lose the link under the mouse.
 * @param {string} id @param {HTMLElement[]} rows */
function renew(id, rows) {
  const list = document.getElementById(id);
  if (list === null) return;
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  rows.forEach((row, place) => {
    const old = list.children[place];
    if (old === undefined) list.append(row);
    else if (old.children.length !== row.children.length || row.children.length === 0) { if (!old.isEqualNode(row)) old.replaceWith(row); }
    else {
      if (old.className !== row.className) old.className = row.className;
      [...row.children].forEach((part, n) => { if (!old.children[n].isEqualNode(part)) old.children[n].replaceWith(part); });
    }
  });
}

/** @param {Frame} frame */
function drawChanges(frame) {
  const list = frame.transitions.slice(0, shownChanges).map((change) => {
    const item = element("li", "");
    item.append(element("time", "", clock.format(change.at * 1000).slice(0, 5)), dot(change.before), "→", dot(change.after),
      element("span", `name ${lengthClass(change.name)}`, change.name));
    return item;
  });
  if (list.length === 0) list.push(element("li", "", words.no_changes));
  replace("changes", list);
}

/** @param {string} state */
function dot(state) {
  const made = element("span", `dot ${state}`, GLYPHS[state]);
  made.setAttribute("aria-label", words[state]);
  return made;
}

/** @param {string} tag @param {string} name @param {string} [text] */
function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {string} id @param {HTMLElement[]} children */
function replace(id, children) { document.getElementById(id)?.replaceChildren(...children); }

/** @param {string} id @param {string} text */
function put(id, text) {
  const found = document.getElementById(id);
  if (found !== null && found.textContent !== text) found.textContent = text;
}

/** The largest unit of a duration. @param {number} duration */
function span(duration) {
  const whole = Math.max(0, Math.floor(duration));
  if (whole >= 172800) return `${Math.floor(whole / 86400)} ${words.day}`;
  if (whole >= 3600) return `${Math.floor(whole / 3600)} ${words.hour}`;
  return whole >= 60 ? `${Math.floor(whole / 60)} ${words.minute}` : `${whole} ${words.second}`;
}

/** As `length_class` of the server. @param {string} name */
function lengthClass(name) { return name.length > 21 ? "longer" : name.length > 15 ? "long" : ""; }

/** Each second something moves, so that a frozen picture can be seen to be one. */
function tick() {
  put("clock", clock.format(now() * 1000));
  put("date", date.format(now() * 1000));
  if (evaluatedAt > 0) put("age", span(now() - evaluatedAt));
}

const stream = new EventSource("/events");
stream.addEventListener("frame", take);
setInterval(tick, 1000);
tick();
