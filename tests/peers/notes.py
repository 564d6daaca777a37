"""Notes and the letters made of them, as couriers get them."""

from typing import Any
from zoneinfo import ZoneInfo

from collector.incident import Incident
from collector.inventory.site import Inventory, Link, Site
from collector.notify.letters import Letters
from collector.notify.message import Kind, Message, Note, Person, Urgency
from collector.notify.queue import Parcel
from collector.notify.text import Places
from shared.secret import Secret
from tests.peers.incidents import NOON_NS, incident

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
KEY = Secret("a key of these tests")
PEOPLE = {
    "ha": Person(name="Trần Thu Hà", email="ha@hagiang.example", phone="+84912345678"),
    "binh": Person(name="Binh", email="binh@hagiang.example", phone="+84987654321", language="en"),
}
VNPT = (Link(name="main", provider="VNPT"),)
INVENTORY = Inventory(
    (
        Site(id="00898", name="Quản Bạ", hub="H02", links=VNPT),
        Site(id="00899", name="Yên Minh", hub="H02", links=VNPT),
        Site(id="00901", name="Mèo Vạc", links=VNPT),
    )
)
PLACES = Places(INVENTORY, ZONE)
ADDRESS = "https://phusong.example"


def letters(address: str = ADDRESS) -> Letters:
    return Letters(PLACES, PEOPLE, KEY, address, link_hours=24)


def note(one: Incident | None = None, kind: Kind = Kind.NEW, **given: Any) -> Note:
    told = one or incident()
    stated: dict[str, Any] = {
        "urgency": Urgency.WARNING,
        "created_ns": NOON_NS,
        "thread": told.number,
        "people": ("ha", "binh"),
    }
    return Note(kind=kind, incident=told, **{**stated, **given})


def message(of: Note | None = None, number: int = 1) -> Message:
    return letters().write(Parcel(ids=(number,), note=of or note(), attempts=0, next_ns=0), "channel")
