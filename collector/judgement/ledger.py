"""The numbers and versions of incidents: what is held now against what was held before; it judges nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.judgement.attribution import is_refuted
from collector.judgement.clues import ClueKind
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_HOUR_NS = 3600 * _SECOND_NS

_SHARED, _OF_MANY = frozenset({Scope.HUB, Scope.PROVIDER}), frozenset({Cause.HUB, Cause.ISP})

Key = tuple[Scope, str, Trouble]
"""What is broken, and how: flapping is a way of being down."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is held of one fault at one evaluation."""

    scope: Scope
    subject: str
    trouble: Trouble
    cause: Cause
    began_ns: int
    ended_ns: int | None = None
    confidence: Confidence = Confidence.PROVISIONAL
    sites: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    clues: tuple[Clue, ...] = ()
    silent_because: str = ""
    folded_into: int | None = None

    @property
    def key(self) -> Key:
        """What makes it the same fault as before."""
        return self.scope, self.subject, self.trouble


@dataclass(slots=True)
class Entry:
    """One incident and how often it came back."""

    incident: Incident
    returns_ns: tuple[int, ...] = ()


def key_of(incident: Incident) -> Key:
    """See :class:`Draft`."""
    trouble = Trouble.DOWN if incident.trouble is Trouble.FLAPPING else incident.trouble
    return incident.scope, incident.subject, trouble


class Ledger:
    """Open incidents by what is broken, and those that ended lately or still await their final version."""

    def __init__(self, known: Iterable[Incident], next_number: int, settings: JudgementSettings) -> None:
        """``known``: the newest versions of those that are open, provisional or ended lately."""
        self._settings = settings
        self._next_number = next_number
        self._entries: dict[int, Entry] = {}
        self._latest: dict[Key, int] = {}
        self._unwritten: list[Incident] = []
        for incident in sorted(known, key=lambda one: one.number):
            self._entries[incident.number] = Entry(incident)
            self._latest[key_of(incident)] = incident.number

    def find(self, key: Key, at_ns: int) -> Incident | None:
        """The incident of this key that lasts, or ended so lately that its return is the same fault."""
        number = self._latest.get(key)
        entry = self._entries.get(number) if number is not None else None
        if entry is None or key_of(entry.incident) != key:
            return None  # What it was about has turned out to be part of something larger.
        ended_ns = entry.incident.ended_ns
        again_ns = int(self._settings.reopen_seconds * _SECOND_NS)
        return entry.incident if ended_ns is None or at_ns - ended_ns <= again_ns else None

    def get(self, number: int) -> Incident:
        """By number; KeyError where it was forgotten."""
        return self._entries[number].incident

    def hold(self, draft: Draft, now_ns: int, number: int | None = None) -> Incident:
        """Take what is held now; a version is added where it differs from the one before."""
        before = self._entries[number].incident if number is not None else self.find(draft.key, draft.began_ns)
        if before is None:
            incident = self._open(draft, now_ns)
            self._latest[draft.key] = incident.number
            return incident
        entry = self._entries[before.number]
        self._latest[draft.key] = before.number
        returned = before.ended_ns is not None and draft.ended_ns is None
        if returned:
            kept = tuple(at_ns for at_ns in entry.returns_ns if now_ns - at_ns <= _HOUR_NS)
            entry.returns_ns = (*kept, now_ns)
        return self._version(
            entry, _merged(before, draft, self._trouble(entry, draft, now_ns), returned=returned), now_ns
        )

    def add_past(self, draft: Draft, now_ns: int) -> Incident:
        """An incident that is over already; what fails later is another."""
        return self._open(draft, now_ns)

    def drop(self, incident: Incident, now_ns: int, *, ended_ns: int, folded_into: int | None = None) -> Incident:
        """End an incident whose sites another one tells of."""
        entry = self._entries[incident.number]
        silent = "folded" if folded_into is not None else incident.silent_because
        after = msgspec.structs.replace(
            incident, ended_ns=ended_ns, still=(), silent_because=silent, folded_into=folded_into
        )
        return self._version(entry, after, now_ns)

    def settle(
        self, incident: Incident, cause: Cause, clues: tuple[Clue, ...], confidence: Confidence, now_ns: int
    ) -> Incident:
        """Say of an incident that is over what its evidence has come to; see :func:`_unlearns`."""
        if not _unlearns(incident, cause, clues):
            cause, clues = incident.cause, incident.clues
        after = msgspec.structs.replace(incident, cause=cause, clues=clues, confidence=confidence)
        return self._version(self._entries[incident.number], after, now_ns)

    def open(self) -> tuple[Incident, ...]:
        """The newest version of each that lasts, oldest first."""
        return tuple(entry.incident for entry in self._entries.values() if entry.incident.is_open)

    def lately(self) -> tuple[Incident, ...]:
        """The newest version of each that lasts or is not forgotten yet, oldest first."""
        return tuple(entry.incident for entry in self._entries.values())

    def awaiting(self) -> tuple[Incident, ...]:
        """Those that ended and whose cause is not final."""
        return tuple(
            entry.incident
            for entry in self._entries.values()
            if not entry.incident.is_open and entry.incident.confidence is Confidence.PROVISIONAL
        )

    def unwritten(self) -> list[Incident]:
        """Versions that are not in the journal yet, in their order; they stay here until :meth:`written`."""
        return self._unwritten

    def written(self) -> None:
        """All of them are in the journal."""
        self._unwritten = []

    def forget(self, now_ns: int) -> None:
        """Let go of what is final and ended long enough ago."""
        kept_ns = max(_HOUR_NS, int(self._settings.reopen_seconds * _SECOND_NS))
        for number, entry in list(self._entries.items()):
            incident = entry.incident
            final = incident.confidence is Confidence.FINAL
            if final and incident.ended_ns is not None and now_ns - incident.ended_ns > kept_ns:
                del self._entries[number]
                if self._latest.get(key_of(incident)) == number:
                    del self._latest[key_of(incident)]

    def _open(self, draft: Draft, now_ns: int) -> Incident:
        incident = Incident(
            number=self._next_number,
            version=1,
            at_ns=now_ns,
            scope=draft.scope,
            subject=draft.subject,
            trouble=draft.trouble,
            cause=draft.cause,
            confidence=draft.confidence,
            began_ns=draft.began_ns,
            known_ns=now_ns,
            ended_ns=draft.ended_ns,
            sites=draft.sites,
            still=draft.still,
            clues=draft.clues,
            silent_because=draft.silent_because,
            folded_into=draft.folded_into,
        )
        self._next_number += 1
        self._entries[incident.number] = Entry(incident)
        self._unwritten.append(incident)
        return incident

    def _trouble(self, entry: Entry, draft: Draft, now_ns: int) -> Trouble:
        lately = sum(now_ns - at_ns <= _HOUR_NS for at_ns in entry.returns_ns)
        if draft.trouble is not Trouble.DOWN:
            return draft.trouble
        # What an earlier run saw return is not known in this one.
        last_ns = entry.returns_ns[-1] if entry.returns_ns else entry.incident.at_ns
        stays = now_ns - last_ns > int(self._settings.flapping_seconds * _SECOND_NS)
        if entry.incident.trouble is Trouble.FLAPPING:
            return Trouble.DOWN if stays and draft.ended_ns is None else Trouble.FLAPPING
        # Who stayed down for long flaps again only when it has come back again.
        return Trouble.FLAPPING if lately >= self._settings.flapping_returns and not stays else Trouble.DOWN

    def _version(self, entry: Entry, after: Incident, now_ns: int) -> Incident:
        if not _differs(entry.incident, after):
            return entry.incident
        entry.incident = msgspec.structs.replace(after, version=entry.incident.version + 1, at_ns=now_ns)
        self._unwritten.append(entry.incident)
        return entry.incident


def _merged(before: Incident, draft: Draft, trouble: Trouble, *, returned: bool) -> Incident:
    """What began stays; a site's fault may turn out to be that of many; final is final until it returns."""
    final = before.confidence is Confidence.FINAL and not returned
    keep = final or not _unlearns(before, draft.cause, draft.clues)
    return msgspec.structs.replace(
        before,
        scope=draft.scope,
        subject=draft.subject,
        trouble=trouble,
        cause=before.cause if keep else draft.cause,
        clues=before.clues if keep else draft.clues,
        confidence=before.confidence if final else draft.confidence,
        began_ns=min(before.began_ns, draft.began_ns),
        ended_ns=draft.ended_ns,
        sites=tuple(dict.fromkeys((*before.sites, *draft.sites))),
        still=draft.still,
        silent_because=draft.silent_because,
        folded_into=draft.folded_into,
    )


def _unlearns(before: Incident, cause: Cause, clues: tuple[Clue, ...]) -> bool:
    """Whether a cause may follow another: what was seen is not forgotten, but what many sites show may be refuted."""
    if cause is not Cause.UNKNOWN or before.cause is Cause.UNKNOWN:
        return True
    return before.scope in _SHARED if before.cause in _OF_MANY else is_refuted(before.cause, clues)


def _differs(before: Incident, after: Incident) -> bool:
    return _essence(before) != _essence(after)


def _essence(incident: Incident) -> tuple[object, ...]:
    return (
        incident.scope,
        incident.trouble,
        incident.cause,
        incident.confidence,
        incident.began_ns,
        incident.ended_ns,
        incident.sites,
        incident.still,
        incident.silent_because,
        incident.folded_into,
        tuple((clue.site, clue.subject) for clue in incident.clues if clue.kind == ClueKind.LINK_LOST),
    )
