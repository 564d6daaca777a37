"""What the demo's inventory says beside places: lines with their contracts and people to call, all made up."""

from collections.abc import Iterator, Sequence

from collector.inventory.site import Contact, Inventory, Link, Site
from lab.province import LabSite

_COMMITTED_MEGABITS = {"fibre": 150.0, "microwave": 34.0, "4g": 20.0}
_AVAILABILITY = {"fibre": 0.995, "microwave": 0.99, "4g": None}
_OTHER = {"VNPT": "Viettel", "Viettel": "VNPT", "FPT": "VNPT"}
"""Who brings the second line of the larger places."""
_LARGER = ("Phường", "Thị trấn")
_NAMES = ("Nguyễn Văn Mẫu", "Trần Thị Ví Dụ", "Lê Văn Giả Định", "Phạm Thị Thử", "Hoàng Văn Tưởng Tượng")
"""Sample, example, assumption, trial, imagination: nobody is called so."""
_HOTLINES = {"VNPT": "0900 000 091", "Viettel": "0900 000 092", "FPT": "0900 000 093"}
"""No such numbers are given out."""
_OFFICES = 90


def inventory_of(sites: Sequence[LabSite]) -> Inventory:
    """The sites as a province's IT staff would have written them down."""
    return Inventory(tuple(_site(number, site) for number, site in enumerate(sites)))


def _site(number: int, site: LabSite) -> Site:
    commune = site.commune
    return Site(
        id=site.id,
        name=commune.name,
        code=commune.code,
        kind=commune.kind,
        district_code=commune.district_code,
        district=commune.district,
        hub=site.hub,
        links=tuple(_links(number, site)),
        contacts=(
            Contact(
                name=_NAMES[number % len(_NAMES)],
                telephone=f"0900 000 {number % _OFFICES:03}",
                role=f"văn phòng UBND {commune.kind.lower()}",
            ),
            Contact(name=f"Báo hỏng {site.provider}", telephone=_HOTLINES[site.provider], role="nhà mạng"),
        ),
        latitude=commune.latitude,
        longitude=commune.longitude,
    )


def _links(number: int, site: LabSite) -> Iterator[Link]:
    committed = _COMMITTED_MEGABITS[site.link]
    yield Link(
        name="main",
        provider=site.provider,
        kind=site.link,
        contract=f"MAU-2026-{number + 1:04}",
        committed_down_megabits=committed,
        committed_up_megabits=committed if site.link == "fibre" else committed / 2,
        agreed_availability_ratio=_AVAILABILITY[site.link],
    )
    if site.commune.kind in _LARGER:
        yield Link(name="backup", provider=_OTHER[site.provider], kind="4g", contract=f"MAU-2026-{number + 1:04}-B")
