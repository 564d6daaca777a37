"""A running collector takes a newer version of the inventory up by itself, and keeps its own where that is wrong."""

import asyncio
import logging
from pathlib import Path

import pytest

from collector.commands.stock import load_inventory
from collector.commands.upkeep import Upkeep
from collector.inventory.edit import Edit
from collector.inventory.order import arranged
from collector.inventory.site import Site
from collector.inventory.versions import Deed, open_versions
from collector.settings import CollectorSettings, load_collector_settings
from shared.clock import SystemClock

LOG = logging.getLogger("upkeep")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")
    with open_versions(tmp_path / "state" / "inventory.sqlite") as versions:
        sites = arranged(Site(id=f"s{number}", name="x") for number in range(6))
        versions.accept(sites, Deed(at_wall_ns=1, who="a", deed="import"))
    return path


def keeping(config: Path) -> tuple[Upkeep, CollectorSettings]:
    settings = load_collector_settings(config)
    inventory = load_inventory(settings, config)
    return Upkeep(config, settings, inventory, SystemClock(), LOG, look_seconds=0.05), settings


async def until_told(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if text in caplog.text:
                return
            await asyncio.sleep(0.02)


async def test_a_newer_version_is_taken_up_by_itself(config: Path) -> None:
    upkeep, settings = keeping(config)
    turn = asyncio.create_task(upkeep.changed())
    with open_versions(settings.versions_file) as versions:
        versions.apply(Edit(expected=1, who="a", put=(Site(id="new", name="N"),)), 2)

    await asyncio.wait_for(turn, 60)

    assert "new" in upkeep.inventory.by_id()


async def test_who_asks_without_a_change_turns_nothing(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    upkeep, settings = keeping(config)
    turn = asyncio.create_task(upkeep.changed())
    upkeep.asked.set()
    await until_told(caplog, "the inventory is the same")

    assert not turn.done()
    with open_versions(settings.versions_file) as versions:
        versions.apply(Edit(expected=1, who="a", put=(Site(id="new", name="N"),)), 2)
    await asyncio.wait_for(turn, 60)


async def test_a_version_in_which_a_maintained_site_is_gone_is_not_taken(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A start with it would be refused, so a running collector must not turn to it."""
    upkeep, settings = keeping(config)
    text = "windows: [{id: w, from: '2026-12-01 01:00', until: '2026-12-01 02:00', sites: [s1], who: a, why: b}]\n"
    settings.maintenance_file.write_text(text, encoding="utf-8")
    turn = asyncio.create_task(upkeep.changed())
    with open_versions(settings.versions_file) as versions:
        versions.apply(Edit(expected=1, who="a", remove=("s1",)), 2)
        await until_told(caplog, "the inventory in use stays")
        assert "'s1' is not in the inventory" in caplog.text
        versions.undo(2, Deed(at_wall_ns=3, who="a", deed="undo"))
        versions.apply(Edit(expected=3, who="a", put=(Site(id="s2", name="other"),)), 4)
    await asyncio.wait_for(turn, 60)

    assert upkeep.inventory.by_id()["s2"].name == "other"
