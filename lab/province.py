"""A synthetic province from communes and a seed: who has which link, address and router; it knows no fault."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from lab.wan import Quality, Randomness

_LAN_OFFSET = 128
_HUB_SIZE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Commune:
    """A row of ``data/communes.csv``."""

    code: str
    name: str
    kind: str
    district_code: str
    district: str
    latitude: float
    longitude: float

    @property
    def short_district(self) -> str:
        """The district without the word for it."""
        return self.district.removeprefix("Huyện ").removeprefix("Thành phố ")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSite:
    """A commune centre with everything that the lab makes up about it."""

    id: str
    commune: Commune
    hub: str
    provider: str
    link: str
    net: str
    """Three numbers of the addresses that lead there over the link: the province's view."""
    lan: str
    """Three numbers of the addresses that lead to the same devices from the commune's own office."""
    quality: Quality
    """Of the link, in each direction."""
    model: str
    """Name of the router's recording."""
    has_ups: bool
    busyness: float

    @property
    def address(self) -> str:
        """Of the router, over the link."""
        return f"{self.net}.1"

    @property
    def lan_address(self) -> str:
        """Of the router, from inside."""
        return f"{self.lan}.1"

    @property
    def ups_address(self) -> str:
        """Of the power supply's network card, over the link."""
        return f"{self.net}.2"


@dataclass(frozen=True, slots=True)
class _LinkKind:
    """Ranges of a kind of link, one way; shares and figures are made up, in the order of magnitude of such links."""

    name: str
    share: float
    delay_seconds: tuple[float, float]
    jitter_seconds: float
    loss: float


_LINKS = (
    _LinkKind("fibre", 0.72, (0.0015, 0.007), 0.0001, 0.0),
    _LinkKind("microwave", 0.20, (0.006, 0.014), 0.0006, 0.0005),
    _LinkKind("4g", 0.08, (0.018, 0.032), 0.0030, 0.001),
)
_PROVIDERS = (("VNPT", 0.55), ("Viettel", 0.33), ("FPT", 0.12))
_MODELS = (("branch_router", 0.7), ("small_router", 0.3))


def read_communes(text: str) -> tuple[Commune, ...]:
    """The rows of the list, whose head is ``code,name,type,district_code,district,lat,lon``."""
    return tuple(
        Commune(
            code=row["code"],
            name=row["name"],
            kind=row["type"],
            district_code=row["district_code"],
            district=row["district"],
            latitude=float(row["lat"]),
            longitude=float(row["lon"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def make_province(communes: Iterable[Commune], randomness: Randomness) -> tuple[LabSite, ...]:
    """One site for each commune, ordered by district and code; the same randomness gives the same province."""
    ordered = sorted(communes, key=lambda commune: (commune.district_code, commune.code))
    sites: list[LabSite] = []
    for number, (_, members) in enumerate(groupby(ordered, key=lambda commune: commune.district_code), 1):
        sites += _district(number, list(members), randomness)
    return tuple(sites)


def choose(communes: Sequence[Commune], count: int) -> tuple[Commune, ...]:
    """``count`` communes spread evenly over the list, so that a small demo still shows several districts."""
    count = min(count, len(communes))
    return tuple(communes[index * len(communes) // count] for index in range(count))


def _district(number: int, members: list[Commune], randomness: Randomness) -> list[LabSite]:
    # Cables follow valleys: neighbours by longitude share a hub.
    by_longitude = sorted(members, key=lambda commune: (commune.longitude, commune.code))
    hubs = {
        commune.code: f"{commune.short_district} {position // _HUB_SIZE + 1}"
        for position, commune in enumerate(by_longitude)
    }
    return [
        _site(commune, f"{number}.{place}", f"{_LAN_OFFSET + number}.{place}", hubs[commune.code], randomness)
        for place, commune in enumerate(members, 1)
    ]


def _site(commune: Commune, net: str, lan: str, hub: str, randomness: Randomness) -> LabSite:
    kind = _LINKS[_pick([link.share for link in _LINKS], randomness)]
    low, high = kind.delay_seconds
    return LabSite(
        id=f"hg-{commune.code}",
        commune=commune,
        hub=hub,
        provider=_PROVIDERS[_pick([share for _, share in _PROVIDERS], randomness)][0],
        link=kind.name,
        net=f"10.{net}",
        lan=f"10.{lan}",
        quality=Quality(
            delay_seconds=low + (high - low) * randomness.random(),
            jitter_seconds=kind.jitter_seconds * (0.5 + randomness.random()),
            loss=kind.loss,
        ),
        model=_MODELS[_pick([share for _, share in _MODELS], randomness)][0],
        has_ups=randomness.random() < 0.6,
        busyness=0.2 + 2.0 * randomness.random(),
    )


def _pick(shares: list[float], randomness: Randomness) -> int:
    point = randomness.random() * sum(shares)
    for index, share in enumerate(shares):
        point -= share
        if point < 0:
            return index
    return len(shares) - 1
