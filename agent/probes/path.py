"""The path to a target: hops, branches, loss a hop and path MTU, traced in a child process; a change is an event."""

import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Any

import msgspec

from agent.net import one_host, resolve
from agent.path.trace import (
    LEAST_MTU_BYTES,
    MOST_FLOWS,
    MOST_HOPS,
    MOST_MTU_BYTES,
    MOST_PROBES,
    Answers,
    Hop,
    Path,
    Request,
    hops_of,
    in_words,
    merged,
    path_of,
    same_path,
)
from agent.path.tracing import trace
from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_MOST_MTU_TRIES = 24
_START_SECONDS = 10.0
_REASON_CHARACTERS = 400


class PathCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="path"):
    """Traces the path by packets of several flows, each of which sees one branch (Paris traceroute)."""

    every_seconds: float = 21_600.0
    timeout_seconds: float = 1.0
    """Wait for the answers to one group of five hops."""
    flows: int = 8
    max_hops: int = 30
    probes: int = 2
    """Packets a flow and hop."""
    mtu_ceiling_bytes: int = 1500
    """Largest packet of the search for the path MTU; 0 for no search."""


@dataclass
class _Known:
    path: Path
    changes: int = 0
    changed_at_ns: int = 0


@dataclass
class PathInstrument:
    """Remembers the last path to each target."""

    surroundings: Surroundings
    trace: Callable[[Request, float], Awaitable[Answers]] = trace
    known: dict[str, _Known] = field(default_factory=dict)
    metrics = (
        Metric("probe_success", MetricKind.GAUGE, "1 if the probe found the target as it should be, else 0."),
        Metric("phusong_path_hops", MetricKind.GAUGE, "Hops to the target, or to the last that answered."),
        Metric("phusong_path_silent_hops", MetricKind.GAUGE, "Hops on the way that never answered."),
        Metric("phusong_path_branches", MetricKind.GAUGE, "Most addresses seen at one hop."),
        Metric("phusong_path_mtu_bytes", MetricKind.GAUGE, "Largest packet that went through; absent if unknown."),
        Metric("phusong_path_changes_total", MetricKind.COUNTER, "Changes of the path since the agent started."),
    )

    async def measure(self, check: PathCheck, target: Target) -> Finding:
        """Trace once; a path that ends before its target is unreachable, with the hops as evidence."""
        address = await _address(target.address)
        request = Request(
            address=address,
            flows=check.flows,
            max_hops=check.max_hops,
            probes=check.probes,
            wait_seconds=check.timeout_seconds,
            mtu_ceiling_bytes=check.mtu_ceiling_bytes,
            seed=1 + secrets.randbelow(60_000),
        )
        answers = await self.trace(request, _limit_seconds(check))
        hops = hops_of(answers)
        before = self.known.get(target.name)
        changed = before is not None and not same_path(before.path, path_of(hops))
        known = self._remember(target.name, path_of(hops), changed=changed)
        event = _event(before, path_of(hops)) if changed and before is not None else ""
        outcome, reason, samples = judge(answers, hops, changes=known.changes, event=event)
        return Finding(outcome, samples, reason, facts=_facts(address, answers, hops, changed))

    def _remember(self, name: str, path: Path, *, changed: bool) -> _Known:
        before = self.known.get(name)
        if before is None:
            self.known[name] = _Known(path)
        elif changed:
            self.known[name] = _Known(path, before.changes + 1, self.surroundings.clock.wall_ns())
        else:
            self.known[name] = _Known(merged(before.path, path), before.changes, before.changed_at_ns)
        return self.known[name]


def judge(
    answers: Answers, hops: tuple[Hop, ...], *, changes: int, event: str = ""
) -> tuple[Outcome, str, tuple[Sample, ...]]:
    """Outcome, reason and samples of a trace; ``event`` says in words what changed, ``changes`` how often it did."""
    outcome, reason = Outcome.OK, event
    if not answers.reached:
        last = f"hop {hops[-1].ttl} ({in_words(path_of(hops[-1:]))})" if hops else "nobody"
        outcome = Outcome.UNREACHABLE
        reason = f"the last that answered was {last}" + (f"; {event}" if event else "")
    return outcome, reason[:_REASON_CHARACTERS], tuple(_samples(answers, hops, changes))


def _event(before: _Known, path: Path) -> str:
    return f"path changed: {in_words(before.path)} -> {in_words(path)}"


def _samples(answers: Answers, hops: tuple[Hop, ...], changes: int) -> Iterator[Sample]:
    yield Sample("probe_success", float(answers.reached))
    yield Sample("phusong_path_hops", float(len(hops)))
    yield Sample("phusong_path_silent_hops", float(sum(not hop.addresses for hop in hops)))
    yield Sample("phusong_path_branches", float(max((len(hop.addresses) for hop in hops), default=0)))
    yield Sample("phusong_path_changes_total", float(changes))
    if answers.path_mtu_bytes is not None:
        yield Sample("phusong_path_mtu_bytes", float(answers.path_mtu_bytes))


def _facts(address: str, answers: Answers, hops: tuple[Hop, ...], changed: bool) -> dict[str, Any]:
    return {
        "address": address,
        "hops": msgspec.to_builtins(hops),
        "path_mtu_bytes": answers.path_mtu_bytes,
        "mtu_told_by": answers.mtu_told_by,
        "changed": changed,
    }


def _limit_seconds(check: PathCheck) -> float:
    """All groups of hops silent, then every size silent, and the child's start."""
    groups = -(-check.max_hops // 5)
    packets = check.flows * check.max_hops * check.probes * 0.003
    return _START_SECONDS + packets + check.timeout_seconds * (groups + 2 * _MOST_MTU_TRIES)


async def _address(name: str) -> str:
    found = await resolve(name, 0)
    ours = [str(address[0]) for family, address in found if family == socket.AF_INET]
    if not ours:
        raise ProbeFailed(Outcome.ERROR, f"{name}: has no IPv4 address, and paths are traced by IPv4 only")
    one_host(ours[0])
    return ours[0]


def _problems(check: PathCheck, _profiles: Folder) -> Iterator[tuple[str, str]]:
    for name, value, most in (
        ("flows", check.flows, MOST_FLOWS),
        ("max_hops", check.max_hops, MOST_HOPS),
        ("probes", check.probes, MOST_PROBES),
    ):
        if not 1 <= value <= most:
            yield name, f"must be from 1 to {most}"
    if check.mtu_ceiling_bytes and not LEAST_MTU_BYTES <= check.mtu_ceiling_bytes <= MOST_MTU_BYTES:
        yield "mtu_ceiling_bytes", f"must be 0 or from {LEAST_MTU_BYTES} to {MOST_MTU_BYTES}"


@asynccontextmanager
async def open_path(surroundings: Surroundings) -> AsyncIterator[PathInstrument]:
    """An instrument that has seen no path yet."""
    yield PathInstrument(surroundings)


PROBE = Probe(
    kind="path",
    summary="the path to a target: hops, branches, loss a hop, path MTU (needs phusong[path])",
    check=PathCheck,
    open=open_path,
    problems=_problems,
    example="192.0.2.1 --flows 8",
)
