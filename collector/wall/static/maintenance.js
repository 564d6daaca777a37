// @ts-check
// Says of chosen times which day they are, as all our pages write it: fields show them in the browser's own order, and
// 02/03 is March to one browser and February to another.

const line = document.getElementById("times");
const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[type=datetime-local]"));
const weekday = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", timeZone: "UTC" });

/**
 * Day and time of a field; empty while they are not whole.
 * @param {HTMLInputElement} field
 */
function told({ value, labels }) {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(value) ?? [];
  const name = labels?.[0]?.firstChild?.textContent?.trim() ?? "";
  return time ? `${name}: ${weekday.format(Date.parse(`${value.slice(0, 16)}Z`))}, ${day}/${month}/${year} ${time}` : "";
}

function tell() {
  if (line !== null) line.textContent = [...fields].map(told).filter(Boolean).join(" · ");
}

for (const field of fields) field.addEventListener("input", tell);
tell();
