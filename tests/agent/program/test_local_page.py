"""The whole agent beside a router that dies and a provider that dies: what its page says to whoever looks, and when."""

import asyncio
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from lab.ports import free_port
from shared.wire.reading import Reading
from tests.peers.bad_collector import Collector, listening
from tests.peers.local_page import answered, fetch
from tests.peers.programs import PYTHON, ROOT, Program, running, until
from tests.peers.settings_files import write
from tests.peers.village import SECOND_NS
from tests.peers.wire import HERE, THERE, Cable, laid_cable

PROVIDER, PROVINCE = "10.99.0.1", "10.1.0.1"
PORT = 8088
VERDICT = re.compile(r'<body class="([a-z_]+)">')
PING = {"kind": "icmp", "every_seconds": 0.5, "count": 2, "interval_seconds": 0.05, "timeout_seconds": 0.2}
CHECKS = [
    {**PING, "name": "ping", "linger_seconds": 0, "roles": ["gateway"]},
    {**PING, "name": "ping-line", "linger_seconds": 0, "every_seconds": 1, "roles": ["isp_first_hop", "province_core"]},
]
ROLES = {"gateway": THERE, "isp_first_hop": PROVIDER, "province_core": PROVINCE}
LOOPBACK = {"gateway": "127.0.0.2", "isp_first_hop": "127.0.0.3", "province_core": "127.0.0.4"}
READ = (
    "import http.client, sys; c = http.client.HTTPConnection(sys.argv[1], 8088, timeout=5); "
    "c.request('GET', '/?lang=en'); sys.stdout.write(c.getresponse().read().decode())"
)


def settings(folder: Path, listen: str, **more: Any) -> Path:
    return write(
        folder / "agent.yaml",
        {
            "agent": "a1",
            "site": "quan-ba",
            "uplink": {"url": f"http://127.0.0.1:{free_port()}", "token": "token-of-quan-ba", "timeout_seconds": 1},
            "state": str(folder / "state"),
            "commit_seconds": 1,
            "checks": CHECKS,
            "roles": ROLES,
            "local_page": {"listen": listen, "title": "UBND xã Quản Bạ"},
            **more,
        },
    )


@contextmanager
def measuring(prefix: list[str], file: Path) -> Iterator[Program]:
    with running("agent", [*prefix, PYTHON, "-m", "agent", "run", "--config", str(file)], file.parent) as program:
        yield program
        assert program.end() == 0, program.said()
        assert "Traceback" not in program.said()


def said(cable: Cable, host: str = HERE) -> str:
    """The page's verdict, as its body is classed."""
    command = [*cable.here, PYTHON, "-c", READ, host]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    return "".join(VERDICT.findall(done.stdout))


def shown(port: int) -> str:
    """The same, without a namespace."""
    return "".join(VERDICT.findall(fetch(port)[1]))


def tell(prefix: list[str], *words: str) -> None:
    subprocess.run([*prefix, "ip", *words], check=True, capture_output=True, timeout=20)


def silence(cable: Cable, *addresses: str) -> None:
    """What comes for them is dropped without a word, as by a router that hangs or a line that is cut."""
    for address in addresses:
        tell(cable.there, "route", "replace", "blackhole", f"{address}/32", "table", "local")


def wake(cable: Cable, *addresses: str) -> None:
    for address in addresses:
        tell(cable.there, "route", "del", "blackhole", f"{address}/32", "table", "local")
        tell(cable.there, "route", "replace", "local", f"{address}/32", "dev", "lo", "table", "local")


@contextmanager
def site() -> Iterator[Cable]:
    """An office with a router behind which a provider and a province answer."""
    with laid_cable() as cable:
        for address in (PROVIDER, PROVINCE):
            tell(cable.there, "address", "add", f"{address}/32", "dev", "lo")
        tell(cable.here, "route", "add", "default", "via", THERE)
        yield cable


def test_each_fault_is_told_at_its_place_and_its_end_too(tmp_path: Path) -> None:
    with site() as cable, measuring(cable.here, settings(tmp_path, f"{HERE}:{PORT}")) as agent:
        until("all is well", lambda: said(cable) == "all_well", agent)

        silence(cable, THERE, PROVIDER, PROVINCE)
        until("the router is silent", lambda: said(cable) == "inside", agent)
        wake(cable, THERE, PROVIDER, PROVINCE)
        seen = set()
        until("it answers again", lambda: seen.add(said(cable)) or "all_well" in seen, agent)
        assert not seen & {"provider", "beyond", "names"}, "what lay behind it was never anybody else's fault"

        silence(cable, PROVIDER, PROVINCE)
        until("the provider is silent", lambda: said(cable) == "provider", agent)
        wake(cable, PROVIDER)
        until("the province is silent", lambda: said(cable) == "beyond", agent)

        cable.cut()
        until("this computer has no link", lambda: said(cable) == "not_known", agent)


def test_an_address_that_comes_late_is_served_when_it_is_there(tmp_path: Path) -> None:
    """The computer is up before its network: probing goes on meanwhile, and the log says it once."""
    late = "10.9.0.77"
    with site() as cable, measuring(cable.here, settings(tmp_path, f"{late}:{PORT}")) as agent:
        until("it complains", lambda: "cannot be served" in agent.said(), agent)
        assert said(cable, late) == ""
        tell(cable.here, "address", "add", f"{late}/24", "dev", "near")
        until("it is served", lambda: said(cable, late) == "all_well", agent)

    assert agent.said().count("cannot be served") == 1


def test_a_port_that_is_taken_does_not_stop_the_agent(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        file = settings(tmp_path, f"127.0.0.1:{port}", roles={"gateway": "127.0.0.2"}, checks=CHECKS[:1])
        with measuring([], file) as agent:
            until("it complains", lambda: f"127.0.0.1 port {port}: address already in use" in agent.said(), agent)
            taken.close()
            until("it is served", lambda: answered(port), agent)


def test_check_config_says_where_the_page_will_be(tmp_path: Path) -> None:
    file = settings(tmp_path, "[fd00::10]:8088")
    command = [PYTHON, "-m", "agent", "check-config", "--config", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "page for the people at the site: http://[fd00::10]:8088/\n" in done.stdout


def test_a_state_folder_that_cannot_be_written_does_not_stop_the_page(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder belongs", encoding="utf-8")
    port = free_port()
    file = settings(tmp_path, f"127.0.0.1:{port}", roles=LOOPBACK)
    with measuring([], file) as agent:
        until("all is well", lambda: shown(port) == "all_well", agent)


def crowd(port: int, stack: ExitStack) -> None:
    """A thousand connections within some seconds: most say nothing, some begin a head and never end it."""
    begun, waiting = time.monotonic(), []
    for number in range(1000):
        client = stack.enter_context(socket.socket())
        client.settimeout(0)
        client.connect_ex(("127.0.0.1", port))
        waiting.append(client)
        if number % 4 == 0:
            for slow in waiting[::7][-40:]:
                with suppress(OSError):
                    slow.send(b"GET / HTTP/1.1\r\nX: ")
        time.sleep(max(0.0, begun + number * 0.004 - time.monotonic()))


def descriptors(agent: Program) -> int:
    return len(list(Path(f"/proc/{agent.pid}/fd").iterdir()))


async def test_a_thousand_connections_starve_no_probe_and_leave_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    async with listening(Collector()) as collector:
        uplink = {"url": f"http://127.0.0.1:{collector.port}", "token": "token-of-quan-ba"}
        file = settings(tmp_path, f"127.0.0.1:{port}", roles=LOOPBACK, uplink=uplink)
        with measuring([], file) as agent, ExitStack() as stack:
            await asyncio.to_thread(until, "all is well", lambda: shown(port) == "all_well", agent)
            before, begun_ns = descriptors(agent), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            await asyncio.to_thread(crowd, port, stack)
            ended_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            assert await asyncio.to_thread(answered, port, 20)
            stack.close()
            await asyncio.to_thread(until, "nothing stays behind", lambda: descriptors(agent) <= before, agent)
            await asyncio.to_thread(until, "it is told", lambda: _runs(collector, ended_ns, 2**63), agent)
    during = _runs(collector, begun_ns, ended_ns)

    assert ended_ns - begun_ns > 3 * SECOND_NS
    assert len(during) >= 0.8 * (ended_ns - begun_ns) / (0.5 * SECOND_NS)
    assert {run.outcome.value for run in during} == {"ok"}
    assert sum(bool(run.voided) for run in during) <= 1


def _runs(collector: Collector, first_ns: int, last_ns: int) -> list[Reading]:
    records = [record for batch in collector.batches for record in batch.records]
    runs = [run for record in records for run in record.cycle.readings if run.target == "quan-ba-gateway"]
    return [run for run in runs if first_ns <= run.started_monotonic_ns < last_ns]
