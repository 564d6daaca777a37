// @ts-check
// Asks for a page before it is gone to: the error page of a proxy, on which nothing of ours runs, would stay for ever.

const FETCH_MS = 4000;

/**
 * The answer, read to its end; null where none came in time.
 * @param {string} address
 */
export const asked = async (address) => (await said(address))?.answer ?? null;

/**
 * The answer with what it says; null where none came in time.
 * @param {string} address
 */
export async function said(address) {
  const given = new AbortController();
  const over = setTimeout(() => given.abort(), FETCH_MS);
  try {
    const answer = await fetch(address, { cache: "no-store", signal: given.signal });
    return { answer, text: await answer.text() };
  } catch {
    return null;
  } finally {
    clearTimeout(over);
  }
}

/** @param {number} ms */
export const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
