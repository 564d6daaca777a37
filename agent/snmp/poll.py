"""One poll of one device: who it is, then what its plan asks for; what came before a failure is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.snmp.engine import Oid, Patience, Peer, SnmpEngine, SnmpFailure, Value, dotted
from agent.snmp.profile import Plan, Profile, choose, plan
from agent.snmp.rendering import render
from shared.wire.reading import Sample

SYS_OBJECT_ID: Oid = (1, 3, 6, 1, 2, 1, 1, 2, 0)
SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)


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
        found.instances.update(identity)
        found.instances.update(await engine.get(peer, wanted.instances(), patience))
        for column in wanted.columns():
            rows = await engine.walk(peer, column, patience)
            size = len(column)
            found.columns[column] = {oid[size:]: value for oid, value in rows}
    except SnmpFailure as failure:
        found.failure = failure
    if wanted is not None:
        found.samples = tuple(render(wanted, found.instances, found.columns))
    return found
