"""``python -m lab.pictures``: every page in both languages as the demo shows it, for docs/pictures; it judges none."""

import argparse
import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.ports import free_port

_FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
_READY_SECONDS, _SCENE_SECONDS = 180.0, 300.0
_WALL, _DESK, _HAND = {"width": 1920, "height": 1080}, {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_NAME, _PASSWORD = "lan", "dem dai khong ngu 2026"
_WALLS = {"wall": "/wall", "wall-light": "/wall?theme=light", "map": "/wall/map?units=now"}
_HANDS = {"wall-hand": "/wall"}
_DESKS = {
    "sites": "/sites",
    "site": "/sites/{site}",
    "incidents": "/incidents",
    "incident": "/incidents/{incident}",
    "reports": "/reports",
    "inventory": "/inventory",
    "inventory-site": "/inventory/{site}",
    "maintenance": "/maintenance",
    "account": "/account",
    "people": "/people",
}


def main() -> int:
    """0 where all pictures are there, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m lab.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where they go, in a folder a language")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("lab.pictures: there is no chromium: apt-get install chromium", file=sys.stderr)
        return 1
    play: Any = importlib.import_module("playwright.sync_api")  # of the dev extra: nobody else needs it
    port = free_port()
    with _demo(port) as config, play.sync_playwright() as engine:
        _add_person(config)
        scene = _scene(port)
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for language in ("vi", "en"):
            _take(browser, f"http://127.0.0.1:{port}", language, scene, given.folder / language)
        browser.close()
    return 0


@contextmanager
def _demo(port: int) -> Iterator[Path]:
    """The demo, and the settings of its collector."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lab", "demo", "--port", str(port)]
        running = subprocess.Popen(command, env={**os.environ, "TMPDIR": folder}, stdout=subprocess.DEVNULL)
        try:
            yield _until(lambda: next(Path(folder).glob("phusong-demo-*/collector.yaml")), _READY_SECONDS)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


def _add_person(config: Path) -> None:
    command = [sys.executable, "-m", "collector", "user", "add", _NAME, "--role", "admin", "--config", str(config)]
    subprocess.run(command, input=f"{_PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)


def _scene(port: int) -> dict[str, str]:
    """A site and its incident, once somebody is cut off and most are well."""

    def found() -> dict[str, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status", timeout=5) as answer:
            status = json.load(answer)
        one = next(each for each in status["incidents"] if each["number"] and each["state"] == "down")
        if status["counts"]["up"] < 0.8 * status["expected_sites"]:
            raise StopIteration
        return {"site": one["still"][0], "incident": str(one["number"])}

    scene: dict[str, str] = _until(found, _SCENE_SECONDS)
    return scene


def _until(found: Any, seconds: float) -> Any:
    """What it gives, as soon as it gives anything."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(StopIteration, OSError):
            return found()
        time.sleep(0.5)
    raise TimeoutError(f"the demo did not come so far within {seconds:g} s")


def _take(browser: Any, url: str, language: str, scene: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=_DESK)
    page = context.new_page()
    page.goto(f"{url}/login?lang={language}")
    page.screenshot(path=folder / "login.png")
    page.fill("#name", _NAME)
    page.fill("#password", _PASSWORD)
    page.click("form.sheet button")
    page.wait_for_url(lambda address: "/login" not in address)
    for pages, size in ((_DESKS, _DESK), (_WALLS, _WALL), (_HANDS, _HAND)):
        page.set_viewport_size(size)
        for name, path in pages.items():
            address = path.format(**scene)
            page.goto(f"{url}{address}{'&' if '?' in address else '?'}lang={language}")
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
