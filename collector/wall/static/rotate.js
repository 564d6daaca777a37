// @ts-check
// Goes to the next page of a rotating screen. A page that cannot be fetched is not gone to: this one stays, and covers
// itself in time. The wall stays as long as a problem on it is new.

const FETCH_MS = 4000;
const AGAIN_MS = 5000;
const next = document.body.dataset.next ?? "";

const wait = (/** @type {number} */ ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function isThere() {
  const given = new AbortController();
  const over = setTimeout(() => given.abort(), FETCH_MS);
  try {
    const answer = await fetch(next, { cache: "no-store", signal: given.signal });
    await answer.text();
    return answer.ok && !answer.redirected;
  } catch {
    return false;
  } finally {
    clearTimeout(over);
  }
}

async function turn() {
  await wait(Number(document.body.dataset.after) * 1000);
  while (document.querySelector(".problems .new") !== null || !await isThere()) await wait(AGAIN_MS);
  location.replace(next);
}

turn();

export {};
