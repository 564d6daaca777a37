"""Writes messages from notes: texts in both languages, recipients with their links; it sends nothing."""

from collections.abc import Mapping

from collector.notify.links import token
from collector.notify.message import Kind, Message, Note, Person, Recipient
from collector.notify.queue import Parcel
from collector.notify.text import Places, compose
from collector.notify.vocabulary import words_in
from shared.secret import Secret

_HOUR_NS = 3600 * 1_000_000_000
PATH = "/a/"
"""Short, for it goes into an SMS."""


class Letters:
    """The writer of one collector."""

    def __init__(
        self, places: Places, people: Mapping[str, Person], key: Secret, address: str, link_hours: float
    ) -> None:
        """``address``: how people reach the collector, ``https://phusong.example``; without one there are no links."""
        self._places = places
        self._people = people
        self._key = key
        self._address = address.rstrip("/")
        self._link_ns = int(link_hours * _HOUR_NS)

    def write(self, parcel: Parcel, channel: str) -> Message:
        """The message of a parcel for a channel; the same for every try."""
        note = parcel.note
        recipients = tuple(
            Recipient(key=key, person=self._people[key], link=self._link(note, key))
            for key in note.people
            if key in self._people
        )
        link = self._link(note, "")
        first = recipients[0].link if len(recipients) == 1 else link
        proof = token(self._key, "receipt", note.incident.number, channel, note.created_ns + self._link_ns)
        return Message(
            key=f"{parcel.ids[-1]}-{note.created_ns:x}",
            note=note,
            vi=compose(note, self._places, words_in("vi"), first),
            en=compose(note, self._places, words_in("en"), first),
            recipients=recipients,
            link=link,
            receipt=proof if note.is_trial else "",
        )

    def _link(self, note: Note, person: str) -> str:
        if not self._address or note.kind in {Kind.RESOLVED, Kind.PAST, Kind.WITHDRAWN} or note.is_trial:
            return ""
        return self._address + PATH + token(self._key, "acknowledge", note.incident.number, person, self._until(note))

    def _until(self, note: Note) -> int:
        return note.created_ns + self._link_ns
