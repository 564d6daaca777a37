// @ts-check
// Asks for the page anew and makes this one like it, part by part: whoever reads, selects or has a table open is not
// disturbed. A page that cannot be had, or is no newer, renews nothing.

const FETCH_MS = 20_000;

/**
 * The page as the server draws it now; null where it cannot be had. A login that is over is asked for.
 * @returns {Promise<Document | null>}
 */
export async function pageNow() {
  const given = new AbortController();
  const over = setTimeout(() => given.abort(), FETCH_MS);
  try {
    // The header says that nobody asked: a page that was left open keeps nobody logged in.
    const answer = await fetch(location.href, { cache: "no-store", signal: given.signal, headers: { "Phusong-Renewal": "1" } });
    if (answer.status === 401) location.reload();
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  } finally {
    clearTimeout(over);
  }
}

/**
 * Make one part like another, and leave what is alike, what is ours (`data-kept`), and whether details are open.
 * @param {Node} old
 * @param {Node} fresh
 */
export function settle(old, fresh) {
  if (old.isEqualNode(fresh) || (old instanceof Element && old.hasAttribute("data-kept"))) return;
  if (!(old instanceof Element) || !(fresh instanceof Element) || old.tagName !== fresh.tagName) {
    old.parentNode?.replaceChild(document.adoptNode(fresh), old);
    return;
  }
  attributes(old, fresh);
  settleParts(old, fresh);
}

/**
 * Parts with an id are found again where others came before them or went.
 * @param {Element} old
 * @param {Element} fresh
 */
function settleParts(old, fresh) {
  const named = new Set([...fresh.children].flatMap((part) => part.id || []));
  let here = old.firstChild;
  for (const part of [...fresh.childNodes]) {
    const known = part instanceof Element && part.id ? behind(here, part.id) : null;
    while (known !== null && here !== null && here !== known) here = without(here);
    if (here === null || (known === null && here instanceof Element && named.has(here.id))) {
      old.insertBefore(document.adoptNode(part), here);
    } else {
      const next = here.nextSibling;
      settle(here, part);
      here = next;
    }
  }
  while (here !== null) here = without(here);
}

/**
 * A part by its id, here or further on.
 * @param {ChildNode | null} here
 * @param {string} id
 */
function behind(here, id) {
  while (here !== null && !(here instanceof Element && here.id === id)) here = here.nextSibling;
  return here;
}

/**
 * What follows a part that goes.
 * @param {ChildNode} part
 */
function without(part) {
  const next = part.nextSibling;
  part.remove();
  return next;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function attributes(old, fresh) {
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const name of fresh.getAttributeNames()) {
    const value = fresh.getAttribute(name) ?? "";
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
