// @ts-check
// Goes to the next page of a rotating screen. A page that cannot be fetched is not gone to: this one stays, and covers
// itself in time. The wall stays as long as a problem on it is new, and a map is left at once where one is.

import { asked, wait } from "./there.js";

const AGAIN_MS = 5000;
const next = document.body.dataset.next ?? "";

async function isThere() {
  const answer = await asked(next);
  return answer !== null && answer.ok && !answer.redirected;
}

const newProblem = new Promise((resolve) => { document.addEventListener("new-problem", resolve, { once: true }); });

await Promise.race([wait(Number(document.body.dataset.after) * 1000), newProblem]);
while (document.querySelector(".problems .new") !== null || !await isThere()) await wait(AGAIN_MS);
location.replace(next);
