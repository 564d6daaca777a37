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
from zoneinfo import ZoneInfo

from collector.notify.links import token
from lab.configuration import ZONE
from lab.onsite import page_at_site
from lab.ports import free_port
from lab.preparation import NAME, PASSWORD
from shared.clock import SystemClock
from shared.secret import read_secret

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
_READY_SECONDS, _SCENE_SECONDS = 180.0, 300.0
_BUSY = 3
_LINK_NS = 3600 * 1_000_000_000
_WALL, _DESK, _HAND = {"width": 1920, "height": 1080}, {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_OFFICE = {"width": 1366, "height": 768}
WALLS = {"wall": "/wall", "wall-light": "/wall?theme=light", "map": "/wall/map?units=now"}
HANDS = {"message": "/a/{token}", "wall-hand": "/wall"}
DESKS = {
    "login": "/login",
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
ONSITE = {"local-page": ("provider", _OFFICE), "local-page-hand": ("inside", _HAND)}
"""Pages of an agent at a site, which is no collector: the fault that they tell of, and where they are read."""


def main() -> int:
    """0 where all pictures are there, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m lab.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go, in a folder a language")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("lab.pictures: there is no chromium: apt-get install chromium", file=sys.stderr)
        return 1
    play: Any = importlib.import_module("playwright.sync_api")  # of the dev extra: nobody else needs it
    port = free_port()
    with _demo(port) as state, play.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for language in ("vi", "en"):
            _take(browser, port, language, state, given.folder / language)
            _take_onsite(browser, language, given.folder / language)
        browser.close()
    return 0


@contextmanager
def _demo(port: int) -> Iterator[Path]:
    """The demo, once there is somebody who may log in; gives the collector's folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lab", "demo", "--port", str(port)]
        running = subprocess.Popen(command, env={**os.environ, "TMPDIR": folder}, stdout=subprocess.DEVNULL)
        try:
            _until(lambda: _asked(port, "/readyz"), _READY_SECONDS)
            yield next(Path(folder).glob("phusong-demo-*/state/collector"))
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


def _scene(port: int, state: Path) -> dict[str, str]:
    """A site, its incident and a link of a message about that, once somebody is cut off and most are well."""

    def found() -> dict[str, str]:
        status = json.loads(_asked(port, "/api/v1/status"))
        one = next(each for each in status["incidents"] if each["number"] and each["state"] == "down")
        if status["counts"]["up"] < 0.8 * status["expected_sites"]:
            raise StopIteration
        expires_ns = SystemClock().wall_ns() + _LINK_NS
        link = token(read_secret(state / "notify.key"), "acknowledge", one["number"], "mau", expires_ns)
        return {"site": one["still"][0], "incident": str(one["number"]), "token": link}

    scene: dict[str, str] = _until(found, _SCENE_SECONDS)
    return scene


def _asked(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        found: bytes = answer.read()
    return found


def _is_busy(port: int) -> bool:
    """Whether a wall has something to show: a hub or a provider, and more."""
    status = json.loads(_asked(port, "/api/v1/status"))
    if len(status["incidents"]) < _BUSY or not any(len(each["still"]) > 1 for each in status["incidents"]):
        raise StopIteration
    return True


def _until(found: Any, seconds: float) -> Any:
    """What it gives, as soon as it gives anything."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(StopIteration, OSError):
            return found()
        time.sleep(0.5)
    raise TimeoutError(f"the demo did not come so far within {seconds:g} s")


def _take(browser: Any, port: int, language: str, state: Path, folder: Path) -> None:
    url = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=_DESK)
    page = context.new_page()
    page.goto(f"{url}{DESKS['login']}?lang={language}")
    page.screenshot(path=folder / "login.png")
    page.fill("#name", NAME)
    page.fill("#password", PASSWORD)
    page.click("form.sheet button")
    page.wait_for_url(lambda address: "/login" not in address)
    scene: dict[str, str] = {}
    for pages, size in ((DESKS, _DESK), (HANDS, _HAND), (WALLS, _WALL)):
        if pages is not DESKS:
            _until(lambda: _is_busy(port), _SCENE_SECONDS)
        if pages is not WALLS:
            scene = _scene(port, state)
        page.set_viewport_size(size)
        for name, path in pages.items():
            if name == "login":
                continue
            address = path.format(**scene)
            page.goto(f"{url}{address}{'&' if '?' in address else '?'}lang={language}")
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")
    context.close()


def _take_onsite(browser: Any, language: str, folder: Path) -> None:
    for name, (fault, size) in ONSITE.items():
        page = browser.new_page(viewport=size)
        page.set_content(page_at_site(fault, language, ZoneInfo(ZONE), SystemClock().wall_ns()))
        page.screenshot(path=folder / f"{name}.png")
        print(folder / f"{name}.png")
        page.close()


if __name__ == "__main__":
    sys.exit(main())
