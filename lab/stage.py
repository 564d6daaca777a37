"""The demo's province and script, from a number of sites and a seed: every process of a demo sees the same."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.faults import Fault
from lab.province import Commune, LabSite, choose, make_province, read_communes
from lab.recording import Recording, parse_recording
from lab.scenes import CYCLE_SECONDS, choose_hosts, cycle

COMMUNITY = "phusong-lab"
_DATA = Path(__file__).resolve().parent / "data"
_HOSTS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Who plays in this demo."""

    seed: int
    sites: tuple[LabSite, ...]
    hosts: tuple[LabSite, ...]
    """Communes that run an agent of their own."""

    def round_of(self, at_seconds: float) -> int:
        """Which round of the script a time of it belongs to."""
        return int(at_seconds // CYCLE_SECONDS)

    def faults(self, number: int) -> tuple[Fault, ...]:
        """The faults of a round; none reaches into the next."""
        return cycle(number, self.sites, self.hosts, random.Random(f"{self.seed}/{number}"))


def set_stage(sites: int, seed: int) -> Stage:
    """The stage for so many sites."""
    province = make_province(choose(all_communes(), sites), random.Random(seed))
    return Stage(seed, province, choose_hosts(province, _HOSTS))


def all_communes() -> tuple[Commune, ...]:
    """The list that the lab carries."""
    return read_communes((_DATA / "communes.csv").read_text(encoding="utf-8"))


def load_recordings() -> Mapping[str, Recording]:
    """All recordings that the lab carries, by the name of their file."""
    return {path.stem: parse_recording(path.read_text(encoding="utf-8")) for path in sorted(_DATA.glob("*.snmprec"))}


def words(site: LabSite, device: str) -> dict[str, str]:
    """What the site's devices say of themselves."""
    commune = site.commune
    place = f"{commune.name}, {commune.district} ({commune.latitude:.5f}, {commune.longitude:.5f})"
    return {"name": f"{site.id}-{device}", "place": place, "contact": "phusong-lab, simulated"}
