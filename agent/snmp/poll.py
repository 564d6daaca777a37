"""One poll of one device: who it is, then what its plan asks for; it loses nothing that came before a failure."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from agent.snmp.engine import (
    BadAnswer,
    ErrorStatus,
    Oid,
    Patience,
    Peer,
    SnmpEngine,
    SnmpFailure,
    Value,
    dotted,
)
from agent.snmp.profile import Plan, Profile, choose, columns_of, plan
from agent.snmp.rendering import render
from shared.wire.reading import Sample

SYS_OBJECT_ID: Oid = (1, 3, 6, 1, 2, 1, 1, 2, 0)
SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_AT_ONCE = 4
"""Columns that one device is asked for at once: a far device is not asked 20 times one after the other."""


@dataclass(slots=True)
class Polled:
    """What a device said. ``failure`` is set where the poll ended early; the samples from before it are good."""

    sys_object_id: str | None = None
    uptime_seconds: float | None = None
    profiles: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    failure: SnmpFailure | None = None
    instances: dict[Oid, Value] = field(default_factory=dict)
    columns: dict[Oid, dict[Oid, Value]] = field(default_factory=dict)


async def poll(
    engine: SnmpEngine, peer: Peer, patience: Patience, shelf: Mapping[str, Profile], names: Sequence[str]
) -> Polled:
    """Ask for all that the named profiles want, or those that fit the device where none is named."""
    found = Polled()
    wanted: Plan | None = None
    try:
        identity = await engine.get(peer, (SYS_OBJECT_ID, SYS_UP_TIME), patience)
        object_id, ticks = (varbind.value.content for varbind in identity)
        if isinstance(object_id, tuple):
            found.sys_object_id = dotted(object_id)
        if isinstance(ticks, int):
            found.uptime_seconds = ticks / 100
        chosen = names or (choose(shelf, object_id if isinstance(object_id, tuple) else ()),)
        wanted = plan(shelf, chosen)
        found.profiles = wanted.names
        found.instances.update({varbind.oid: varbind.value for varbind in identity})
        scalars = await engine.get(peer, wanted.instances(), patience)
        found.instances.update({varbind.oid: varbind.value for varbind in scalars})
        for table in wanted.tables:
            await _table(engine, peer, patience, columns_of(table), found)
    except SnmpFailure as failure:
        found.failure = failure
    if wanted is not None:
        found.samples = tuple(render(wanted, found.instances, found.columns))
    return found


async def _table(engine: SnmpEngine, peer: Peer, patience: Patience, columns: Sequence[Oid], found: Polled) -> None:
    """Walk the columns of one table, the first alone: it tells how many rows the others will have."""
    missing = [column for column in columns if column not in found.columns]
    start = 0
    while start < len(missing):
        turn = missing[start : start + (_AT_ONCE if start else 1)]
        start += len(turn)
        walks = await asyncio.gather(*(engine.walk(peer, c, patience) for c in turn), return_exceptions=True)
        for column, rows in zip(turn, walks, strict=True):
            if isinstance(rows, ErrorStatus | BadAnswer):
                # One column that the device cannot give says nothing about the others.
                found.failure = rows
            elif isinstance(rows, BaseException):
                raise rows
            else:
                found.columns[column] = {row.oid[len(column) :]: row.value for row in rows}
        most = max((len(found.columns.get(column, ())) for column in columns), default=0)
        # One row more than there are shows the end of a column without a second question.
        if most:
            patience = msgspec.structs.replace(patience, repetitions=min(patience.repetitions, most + 1))
