"""The vocabulary of measurement: frozen records, none of which knows how it travels.

Records are MessagePack arrays: within one major version a new field is appended with a default, so that an older
reader ignores it and a newer reader fills it in. A field is never moved, renamed into another meaning or removed.
They hold no cycles, so the collector's garbage collection need not look at hundreds of thousands of them.
How much of each there may be is said in :mod:`shared.wire.bounds`: what is more does not decode.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.wire import bounds

Name = Annotated[str, Meta(max_length=bounds.NAME_CHARACTERS)]
Words = Annotated[str, Meta(max_length=bounds.WORDS_CHARACTERS)]
Random = Annotated[str, Meta(max_length=bounds.RANDOM_CHARACTERS)]
"""A name that a machine drew: of a spool's file, of a boot."""
Sequence = Annotated[int, Meta(ge=0, le=bounds.LAST_SEQUENCE)]
Labels = Annotated[tuple[tuple[Name, Words], ...], Meta(max_length=bounds.MOST_LABELS)]
"""Label pairs in the order in which they were given; names are unique."""


class Outcome(StrEnum):
    """How one run of one check ended. A failing target is data, never an exception."""

    OK = "ok"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    MALFORMED = "malformed"
    ERROR = "error"


class ClockQuality(StrEnum):
    """How far the agent's wall clock can be believed."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"
    UNKNOWN = "unknown"


class MetricKind(StrEnum):
    """Prometheus' metric types, as far as they occur."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    UNTYPED = "untyped"


class Metric(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a series means: its family name (base unit in the name), its type and one line of help."""

    name: Name
    kind: MetricKind
    help: Words


class Sample(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One value of one series. Counters are totals since the agent started, never increments.

    A histogram's samples carry the family's name with ``_bucket`` (and a label ``le``), ``_sum`` and ``_count``.
    """

    name: Name
    value: float
    labels: Labels = ()


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one run of one check found.

    ``started_monotonic_ns`` counts from the boot that the enclosing cycle names; ``started_wall_ns`` is the agent's
    own opinion of the time since 1970-01-01 UTC, in nanoseconds, and may be wrong by decades.
    """

    check: Name
    """Name of the check in the agent's settings, for example ``ping``."""
    kind: Name
    """Kind of the probe, for example ``icmp``."""
    site: Name
    """Immutable id of the site that was measured (not of the site where the agent stands)."""
    target: Name
    """Name of what was measured, stable when its address changes; becomes Prometheus' ``instance``."""
    role: Name
    """What the target is to its site, for example ``router``."""
    outcome: Outcome
    started_monotonic_ns: int
    started_wall_ns: int
    duration_ns: int
    samples: Annotated[tuple[Sample, ...], Meta(max_length=bounds.MOST_SAMPLES)] = ()
    reason: Words = ""
    """One line for an operator where the outcome is not ``ok``."""
    voided: Words = ""
    """Why this run says nothing about the target (the agent itself was late, its clock stepped); empty when it does."""


class Cycle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The readings that an agent committed together: one record of its spool."""

    boot_id: Random
    clock: ClockQuality
    readings: Annotated[tuple[Reading, ...], Meta(max_length=bounds.MOST_READINGS)]


class Lane(StrEnum):
    """Whether a batch carries the newest state or what was missed before it."""

    LIVE = "live"
    HISTORY = "history"


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A cycle with the number the spool gave it; (agent, epoch, sequence) names it for ever."""

    sequence: Sequence
    cycle: Cycle


class Anchor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A moment of one boot of an agent at which the true time was known: stamps of that boot are repaired by it."""

    boot_id: Random
    monotonic_ns: int
    """Counted from that boot."""
    wall_ns: int
    """True time since 1970-01-01 UTC at that moment."""
    error_ns: int
    """The true time lies within this much on either side."""
    source: Name = ""
    """Who told it: ``collector`` or ``kernel`` (one that follows a reference)."""


Runs = Annotated[tuple[tuple[int, int], ...], Meta(max_length=bounds.MOST_RUNS)]
"""Closed runs of sequences (first, last), ascending."""


class Block(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Records of one block of sequences, in sum; see :mod:`shared.wire.digest`."""

    number: int
    """The block's first sequence divided by 4,096."""
    records: int
    """How many are in the sum."""
    digest: int
    """Sum of the records' digests."""


class Statement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of the records 1 to ``last`` of an epoch, as the agent knows it.

    What is in none of the runs was acknowledged and is kept no longer.
    """

    epoch: Random
    last: int
    waiting: Runs = ()
    """Not acknowledged yet."""
    held: Runs = ()
    """Acknowledged, and kept in case the collector wants them again."""
    lost: Runs = ()
    """Given up for want of space, or spoiled on the disk, before they were acknowledged."""
    refused: Runs = ()
    """Refused by the collector for good."""
    others: Annotated[tuple[Random, ...], Meta(max_length=bounds.MOST_EPOCHS)] | None = None
    """The other epochs of which this agent holds anything; any that is not named is gone. None where it cannot say."""
    blocks: Annotated[tuple[Block, ...], Meta(max_length=bounds.MOST_BLOCKS)] = ()
    """Of the newest 64 blocks the digests of what was acknowledged, as the records were when they were numbered."""


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one POST carries. The sender's clocks at the moment of sending let the receiver place each reading."""

    agent: Name
    epoch: Random
    """Random name of the spool file, born with it; sequences are unique within it."""
    boot_id: Random
    sent_monotonic_ns: int
    sent_wall_ns: int
    lane: Lane
    records: Annotated[tuple[Record, ...], Meta(max_length=bounds.MOST_RECORDS)]
    metrics: Annotated[tuple[Metric, ...], Meta(max_length=bounds.MOST_METRICS)] = ()
    """Descriptions of the series, sent when the collector asked for them."""
    version: Name = ""
    """The agent's release."""
    anchors: Annotated[tuple[Anchor, ...], Meta(max_length=bounds.MOST_ANCHORS)] = ()
    """What is known of earlier boots whose records are in this batch."""
    statement: Statement | None = None
    """Every hour, at the start and when asked: what the agent believes to have delivered."""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """The collector's answer, JSON: all records of the batch are on its disk."""

    stored: int
    duplicates: int
    server_time_ns: int
    metrics_wanted: bool = False
    chain: str = ""
    """What an enrolled agent's next batch presents."""
    statement_wanted: bool = False
    """Whether the next batch should carry a statement."""
    resend_from: int | None = None
    """Records from this one on should be sent again as far as they are kept: the collector has lost some of them."""


class Objection(msgspec.Struct, frozen=True, omit_defaults=True):
    """The collector's answer to a batch, an enrolment or a rotation that it does not take, JSON."""

    error: str
    """One line for the operator of the agent."""
    server_time_ns: int = 0
    """0 where the collector does not trust its own clock."""
    challenge: str = ""
    """What an enrolled agent must sign to show that it is not a replay."""
    status: int = 0
    """Of HTTP, under the seal: "later" must not become "never" on the way. 0 where it is not told."""
