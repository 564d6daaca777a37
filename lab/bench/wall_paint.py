"""How soon a browser shows the wall, its weight, and how old a frame is on the glass; no agent reports meanwhile."""

import importlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.bench import Bench, Table
from lab.bench.ingest import collecting
from lab.fleet import write_settings
from lab.ports import free_port

_SITES = (193, 10_599)
_LOADS, _FRAMES = 5, 15
_READY_SECONDS = 60.0
_COLUMNS = (
    "sites",
    "first paint ms",
    "tiles on the glass ms",
    "cover withheld ms",
    "page kB",
    "a frame kB",
    "evaluation to glass ms, p50",
    "most",
)
_NOTES = (
    "Headless chromium and the collector share the machine. Medians of five loads, each with an empty cache.",
    "On the glass: two animation frames later. Withheld: the cover 'no fresh data' is gone, a newer frame is drawn.",
    "Weights as sent; kB of 1,000 bytes.",
)
_WATCH = """
window.phusongMarks = {frames: [], sizes: []};
const marks = window.phusongMarks;
const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
document.addEventListener("DOMContentLoaded", () => painted(() => { marks.tiles = performance.now(); }));
const Native = window.EventSource;
window.EventSource = class extends Native {
  constructor(...said) {
    super(...said);
    this.addEventListener("frame", (event) => {
      const {evaluated_at: at} = JSON.parse(event.data);
      marks.sizes.push(new Blob([event.data]).size);
      // Ours was registered first: the page's own listener has drawn when the next picture is made.
      painted(() => {
        marks.frames.push(Date.now() - at * 1000);
        const cover = document.querySelector("#cover");
        if (!marks.bare && cover && getComputedStyle(cover).opacity === "0") marks.bare = performance.now();
      });
    });
  }
};
"""
_WHOLE = "(frames) => window.phusongMarks.frames.length >= frames && Boolean(window.phusongMarks.bare)"
_RESULT = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const weight = parts.reduce((sum, part) => sum + (part.name.endsWith("/events") ? 0 : part.transferSize), 0);
  return {paint: paint ? paint.startTime : NaN, weight, ...window.phusongMarks};
}"""


def run(progress: Callable[[str], None]) -> Table:
    """Load the wall of each size."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return Table("Wall", _COLUMNS, (), ("chromium is not installed: apt-get install chromium",))
    rows = []
    for sites in _SITES:
        progress(f"{sites} sites")
        rows.append(_measure(chromium, sites))
    return Table(title="Wall: from the address to the glass", columns=_COLUMNS, rows=tuple(rows), notes=_NOTES)


def _measure(chromium: str, sites: int) -> tuple[str, ...]:
    play: Any = importlib.import_module("playwright.sync_api")  # of the dev extra: nobody else needs it
    with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder:
        port = free_port()
        with collecting(write_settings(Path(folder), sites, port), port), play.sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            found = [_load(browser, port, 1) for _ in range(_LOADS)]
            found.append(_load(browser, port, _FRAMES))
            browser.close()

    def middle(name: str) -> float:
        return statistics.median(float(one[name]) for one in found)

    ages = sorted(found[-1]["frames"][1:])  # the first is what stood there before the page was asked for
    return (
        f"{sites:,}",
        *(f"{middle(name):.0f}" for name in ("paint", "tiles", "bare")),
        f"{middle('weight') / 1000:.1f}",
        f"{statistics.median(found[-1]['sizes']) / 1000:.1f}",
        f"{statistics.median(ages):.0f}",
        f"{ages[-1]:.0f}",
    )


def _load(browser: Any, port: int, frames: int) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(f"http://127.0.0.1:{port}/wall")
    deadline = time.monotonic() + _READY_SECONDS
    while not page.evaluate(_WHOLE, frames):
        if time.monotonic() > deadline:
            raise TimeoutError("the wall is not drawn")
        page.wait_for_timeout(50)
    found: dict[str, Any] = page.evaluate(_RESULT)
    context.close()
    return found


BENCH = Bench("wall-paint", "how soon a browser shows the wall, and what it weighs", run)
