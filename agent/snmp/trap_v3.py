"""SNMPv3 traps and informs: whether one is authentic, in time and new (RFC 3414, section 3.2); it never listens itself.

pysnmp's own receiver takes what it should not: it moves its notion of a sender's time before it compares with it, so a
replay always fits, and it does not ask whether a trap has the security level that its user has. So only its keys and
ciphers are used.
"""

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, NamedTuple

from agent.snmp.ber import MalformedMessage, OidCache, encode_integer, encode_oid, expect, tlv
from agent.snmp.trap import INFORM, Trap, read_trap
from agent.snmp.usm_keys import AUTHENTICATED, ENCRYPTED, CannotDecrypt, Keys, User
from agent.snmp.v3_message import REPORTABLE, Scoped, V3Message, read_scoped, read_v3, write_scoped, write_v3

_WINDOW_SECONDS: Final = 150
_LAST_BOOTS: Final = 2**31 - 1
_MOST_ENGINES: Final = 8
_MOST_SEEN: Final = 512
_REPORT: Final = 0xA8
_STATS: Final = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_REPORTS: Final = {"level": 1, "window": 2, "user": 3, "engine": 4, "digest": 5, "decryption": 6}
"""Columns of usmStats (RFC 3414, section 5) by our reasons."""
DISCOVERY: Final = "discovery"
V3_REASONS: Final = ("version", "malformed", *_REPORTS, "replay")


class Judged(NamedTuple):
    """A trap that is taken; or the reason why there is none. ``answer`` goes back to the sender."""

    trap: Trap | None
    reason: str = ""
    answer: bytes | None = None


@dataclass(slots=True)
class _Seen:
    """What was taken, so that it is taken once; what is older than it remembers is taken no more."""

    known: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    floor: tuple[int, int] = (-1, -1)

    def is_new(self, key: bytes, stamp: tuple[int, int]) -> bool:
        if key in self.known or stamp <= self.floor:
            return False
        if len(self.known) >= _MOST_SEEN:
            self.floor = max(self.floor, self.known.pop(next(iter(self.known))))
        self.known[key] = stamp
        return True


@dataclass(slots=True)
class _Sender:
    """An engine that sends traps by its own clock: what is known of that clock."""

    keys: Keys
    boots: int
    seconds: int
    at: float
    seen: _Seen = field(default_factory=_Seen)

    def in_time(self, message: V3Message, now: float) -> bool:
        """RFC 3414, section 3.2, step 7b."""
        if (message.boots, message.seconds) > (self.boots, self.seconds):
            self.boots, self.seconds, self.at = message.boots, message.seconds, now
        late = self.seconds + (now - self.at) - message.seconds
        return message.boots == self.boots != _LAST_BOOTS and late <= _WINDOW_SECONDS


@dataclass(slots=True)
class Station:
    """The engine that informs are told to: ours. All v3 devices of the agent share it."""

    engine_id: bytes
    boots: int
    started: float
    """By the same clock as ``now``."""
    owners: dict[bytes, str] = field(default_factory=dict)
    """Which device an engine id was learnt from: keys of a shared passphrase do not tell devices apart."""

    def seconds(self, now: float) -> int:
        """Our engine's time."""
        return int(now - self.started)


class V3Device:
    """One device with one user."""

    def __init__(self, name: str, user: User, station: Station) -> None:
        self._name = name
        self._user = user
        self._station = station
        self._own = user.localised(station.engine_id)
        self._told = _Seen()
        self._senders: dict[bytes, _Sender] = {}
        self._reports = 0
        self._cache = OidCache()

    def judge(self, datagram: bytes, now: float) -> Judged:
        """Take one datagram from the device's address; ``now`` is monotonic seconds."""
        try:
            message = read_v3(datagram)
            return self._judge(datagram, message, now)
        except MalformedMessage:
            return Judged(None, "malformed")

    def _judge(self, datagram: bytes, message: V3Message, now: float) -> Judged:
        ours = message.engine_id == self._station.engine_id
        reason = self._stranger(message, ours=ours)
        if reason:
            return self._refuse(message, reason, now)
        sender = None if ours else self._senders.get(message.engine_id)
        keys = self._own if ours else sender.keys if sender else self._user.localised(message.engine_id)
        reason = self._doubt(datagram, message, sender, keys, now)
        if reason:
            return self._refuse(message, reason, now, keys if reason == "window" else None)
        sender = None if ours else self._senders.get(message.engine_id)
        try:
            scoped = read_scoped(_clear(message, keys))
        except (CannotDecrypt, MalformedMessage):
            return self._refuse(message, "decryption" if message.level & ENCRYPTED else "malformed", now)
        return self._take(message, scoped, keys, self._told if sender is None else sender.seen, now)

    def _doubt(self, datagram: bytes, message: V3Message, sender: _Sender | None, keys: Keys, now: float) -> str:
        """What speaks against a message of our user, by its digest and by time; an authentic new sender is learnt."""
        if message.level & AUTHENTICATED and not _authentic(datagram, message, keys):
            return "digest"
        ours = message.engine_id == self._station.engine_id
        if not ours and sender is None:
            sender = self._learn(message, keys, now)
            if sender is None:
                return "engine"
        if not self._user.level:
            return ""
        in_time = self._in_our_time(message, now) if sender is None else sender.in_time(message, now)
        # Only the question for the time (RFC 3414, section 4) may come with less than the user's level.
        return "" if in_time and message.level == self._user.level else "window"

    def _stranger(self, message: V3Message, *, ours: bool) -> str:
        """What can be said before any key is tried."""
        if not 5 <= len(message.engine_id) <= 32:
            return DISCOVERY
        if not ours and message.flags & REPORTABLE:
            return "engine"
        if message.user != self._user.name:
            return "user"
        asks_time = ours and message.level == AUTHENTICATED and not message.boots and not message.seconds
        if message.level != self._user.level and not (asks_time and self._user.level):
            return "level"
        return ""

    def _learn(self, message: V3Message, keys: Keys, now: float) -> _Sender | None:
        owner = self._station.owners.get(message.engine_id, self._name)
        if owner != self._name or len(self._senders) >= _MOST_ENGINES:
            return None
        self._station.owners[message.engine_id] = self._name
        sender = self._senders[message.engine_id] = _Sender(keys, message.boots, message.seconds, now)
        return sender

    def _in_our_time(self, message: V3Message, now: float) -> bool:
        """RFC 3414, section 3.2, step 7a."""
        off = abs(self._station.seconds(now) - message.seconds)
        return message.boots == self._station.boots != _LAST_BOOTS and off <= _WINDOW_SECONDS

    def _take(self, message: V3Message, scoped: Scoped, keys: Keys, seen: _Seen, now: float) -> Judged:
        # A PDU of v3 is one of v2c: our reader for those reads it.
        trap = read_trap(tlv(0x30, b"\x02\x01\x01\x04\x00" + scoped.pdu), self._cache)
        informs = scoped.pdu[0] == INFORM
        if informs != (seen is self._told):
            # An inform is told to us by our clock, a trap by the sender's.
            return Judged(None, "engine")
        stamp = message.boots, message.seconds
        # An inform that is said again, because its acknowledgement was lost, has a new digest and the same request id.
        body, end = expect(scoped.pdu, 0, len(scoped.pdu), scoped.pdu[0])
        key = scoped.pdu[body : expect(scoped.pdu, body, end, 0x02)[1]] if informs else message.digest
        new = not self._user.level or seen.is_new(key, stamp)
        answer = None
        if trap.acknowledgement is not None:
            answer = self._respond(message, scoped, trap.acknowledgement, keys, now)
        return Judged(trap, answer=answer) if new else Judged(None, "replay", answer)

    def _respond(self, message: V3Message, scoped: Scoped, acknowledgement: bytes, keys: Keys, now: float) -> bytes:
        start, stop = expect(acknowledgement, 0, len(acknowledgement), 0x30)
        _, at = expect(acknowledgement, start, stop, 0x02)
        _, at = expect(acknowledgement, at, stop, 0x04)
        return self._write(message, scoped._replace(pdu=acknowledgement[at:stop]), message.level, keys, now)

    def _refuse(self, message: V3Message, reason: str, now: float, keys: Keys | None = None) -> Judged:
        told = "engine" if reason == DISCOVERY else reason
        if not message.flags & REPORTABLE:
            return Judged(None, told)
        if told not in _REPORTS:
            return Judged(None, reason)
        self._reports += 1
        column = _REPORTS[told]
        varbind = tlv(0x30, tlv(6, encode_oid((*_STATS, column, 0))) + tlv(0x41, encode_integer(self._reports)))
        pdu = tlv(_REPORT, tlv(2, b"\x00") * 3 + tlv(0x30, varbind))
        scoped = Scoped(self._station.engine_id, b"", pdu)
        # A report about the time is authenticated, or nobody could believe our time.
        level = AUTHENTICATED if keys is not None else 0
        return Judged(None, reason, self._write(message, scoped, level, keys or self._own, now))

    def _write(self, message: V3Message, scoped: Scoped, level: int, keys: Keys, now: float) -> bytes:
        boots, seconds = self._station.boots, self._station.seconds(now)
        data, salt = write_scoped(scoped), b""
        if level & ENCRYPTED:
            data, salt = keys.encrypt(boots, seconds, data)
        digest = bytes(keys.digest_size) if level & AUTHENTICATED else b""
        answer = V3Message(
            message.message_id, level, self._station.engine_id, boots, seconds, message.user, digest, salt, data
        )
        whole, at = write_v3(answer)
        return whole[:at] + keys.digest(whole, at) + whole[at + len(digest) :] if digest else whole


def _authentic(datagram: bytes, message: V3Message, keys: Keys) -> bool:
    if len(message.digest) != keys.digest_size:
        return False
    return compare_digest(message.digest, keys.digest(datagram, message.digest_at))


def _clear(message: V3Message, keys: Keys) -> bytes:
    if not message.level & ENCRYPTED:
        return message.data
    return keys.decrypt(message.boots, message.seconds, message.salt, message.data)
