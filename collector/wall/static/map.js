// @ts-check
// Draws the map anew: the same page, once it can be had. While it cannot, this one stays and covers itself in time.

import { asked, wait } from "./there.js";

const AGAIN_MS = 2500;

await wait(Number(document.body.dataset.seconds) * 1000);
while (!(await asked(location.href))?.ok) await wait(AGAIN_MS);
location.reload();
