"""The month's budget: what it allows in any month, what it never forbids, and what its account survives."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.uplink.budget import FREE, SELDOM_SECONDS, Moment, Spent, charge, moment_of, plan
from agent.uplink.meter import Meter, Tap
from agent.uplink.purse import Purse
from shared.logs import Limited
from shared.wire.reading import ClockQuality
from tests.peers.authority import authority
from tests.peers.village import HandClock, Heard, timekeeper

MONTH_SECONDS = 30 * 86_400
LIMITS = st.integers(30_000_000, 10**12)
SHARES = st.floats(0, 1)


def at(elapsed: float) -> Moment:
    return Moment("2026-11", elapsed, (1 - elapsed) * MONTH_SECONDS)


@given(limit=LIMITS, share=st.floats(0, 3), elapsed=SHARES, cost=st.integers(0, 10**7))
def test_live_is_never_forbidden_and_never_gives_way_before_history(
    limit: int, share: float, elapsed: float, cost: int
) -> None:
    now = plan(limit, int(limit * share), at(elapsed), cost)

    assert now.live_every_seconds <= SELDOM_SECONDS
    assert not (now.history and (now.live_every_seconds or now.newest_only))
    if share >= 1:
        assert now.newest_only
        assert not now.history


@given(limit=LIMITS, shares=st.tuples(SHARES, SHARES), elapsed=SHARES, cost=st.integers(0, 10**6))
def test_who_spent_more_may_never_do_more(limit: int, shares: tuple[float, float], elapsed: float, cost: int) -> None:
    less, more = (plan(limit, int(limit * share), at(elapsed), cost) for share in sorted(shares))

    assert less.history >= more.history
    assert less.live_every_seconds <= more.live_every_seconds
    assert less.newest_only <= more.newest_only


@settings(max_examples=30, deadline=None)
@given(
    limit=st.integers(30_000_000, 600_000_000),
    fixed=st.integers(2_000, 8_000),
    rate=st.floats(0, 300),
    backlog=st.integers(0, 10**9),
)
def test_a_month_costs_no_more_than_its_budget_and_the_seldom_newest_state(
    limit: int, fixed: int, rate: float, backlog: int
) -> None:
    """A month in minutes: each live batch costs a connection and what was produced since, history what it is."""
    spent, last, waiting, cost, longest = 0.0, 0.0, float(backlog), fixed, 0.0
    for now in range(0, MONTH_SECONDS, 60):
        allowed = plan(limit, int(spent), at(now / MONTH_SECONDS), cost)
        if now - last >= allowed.live_every_seconds:
            produced = rate * (now - last)
            cost = int(fixed + min(262_144, 300 if allowed.newest_only else produced))
            waiting += produced if allowed.newest_only else 0
            spent, longest, last = spent + cost, max(longest, now - last), now
        if allowed.history and waiting > 0:
            spent, waiting = spent + fixed + min(waiting, 262_144), max(0.0, waiting - 262_144)

    assert longest <= SELDOM_SECONDS + 60
    assert spent <= limit + 2 * 262_144 + (fixed + 300) * MONTH_SECONDS / SELDOM_SECONDS


def test_without_a_limit_or_a_known_time_everything_goes() -> None:
    assert plan(None, 10**15, at(0.5), 1) is FREE
    assert plan(1, 10**15, None, 1) is FREE


@given(st.lists(st.tuples(st.sampled_from(["2026-10", "2026-11", None]), st.integers(0, 100)), max_size=20))
def test_bytes_are_forgotten_only_when_a_later_month_begins(steps: list[tuple[str | None, int]]) -> None:
    spent = Spent()
    for month, count in steps:
        after = charge(spent, None if month is None else Moment(month, 0.5, 1.0), count)
        later = bool(spent.month) and month is not None and month > spent.month
        assert after.bytes == (count if later else spent.bytes + count)
        spent = after


def test_the_last_second_of_a_month_is_that_months() -> None:
    end = moment_of(1_796_083_199 * 10**9)
    assert (end.month, end.left_seconds) == ("2026-11", 1.0)
    assert moment_of(1_796_083_200 * 10**9) == Moment("2026-12", 0.0, 31 * 86_400)


def purse(folder: Path, meter: Meter, clock: HandClock, limit: int | None = None) -> Purse:
    times = timekeeper(folder, clock, ClockQuality.SYNCHRONISED)
    return Purse(folder, limit, meter, clock=clock, times=times, complain=Limited(Heard(), clock))


async def test_what_was_spent_survives_a_restart_and_a_kill_forgets_a_little(tmp_path: Path) -> None:
    clock, meter = HandClock(), Meter()
    first = purse(tmp_path, meter, clock)
    meter.add(100_000)
    await first.keep()
    meter.add(1_000)
    await first.keep()
    assert first.spent_bytes() == 101_000
    assert purse(tmp_path, Meter(), clock).spent_bytes() == 100_000

    await first.keep(whole=True)
    assert purse(tmp_path, Meter(), clock).spent_bytes() == 101_000
    (tmp_path / "uplink-spent.json").write_bytes(b"\x00garbage")
    assert purse(tmp_path, Meter(), clock).spent_bytes() == 0


@pytest.mark.parametrize("secure", [False, True])
async def test_the_meter_counts_what_the_other_side_sees(*, secure: bool, tmp_path: Path) -> None:
    """100 kB there, 50 kB back, at least; TLS's handshake, headers, and what a busy machine sends again."""
    ours = authority(tmp_path, "ours")
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(*ours.server(tmp_path, "collector"))
    client_tls = ssl.create_default_context(cafile=str(ours.path))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)
        writer.write(b"x" * 50_000)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls if secure else None)
    meter = Meter()
    async with server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.to_thread(_exchange, port, client_tls if secure else None, meter)

    assert 150_000 + (1_500 if secure else 0) <= meter.bytes <= 225_000


def _exchange(port: int, tls: ssl.SSLContext | None, meter: Meter) -> None:
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    if tls is not None:
        line = tls.wrap_socket(line, server_hostname="127.0.0.1")
    tap = Tap(line, meter)
    line.sendall(b"y" * 100_000)
    while line.recv(65_536):
        pass
    line.close()
    tap.close(otherwise=0)
