"""A machine joins with a code and delivers: behind nginx that ends TLS, through a proxy that wants a password."""

import signal
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from agent.identity.card import read_card
from lab.ports import free_port
from shared.wire.joincode import encode
from tests.peers.authority import NOT_YET, Authority, authority
from tests.peers.connect_proxy import connect_proxy
from tests.peers.enrolled import invited
from tests.peers.nginx import nginx
from tests.peers.programs import PYTHON, ROOT, Program, get, running, until

pytestmark = pytest.mark.system
SITES = ("00898", "00899", "00900", "00901", "00902", "00903", "00904", "00905", "00906")


@dataclass
class Province:
    """A collector behind nginx."""

    folder: Path
    config: Path
    port: int
    tls_port: int
    ca: Authority
    heir: Authority

    def code(self, site: str) -> str:
        return encode(invited(site, self.config))

    def page(self) -> str:
        return get(f"http://127.0.0.1:{self.port}/metrics")

    def taken(self, site: str) -> bool:
        return f'phusong_agent_last_report_timestamp_seconds{{agent="{site}",site="{site}"}}' in self.page()


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("province")
    port, tls_port = free_port(), free_port()
    ca = authority(folder, "province")
    heir = authority(folder, "heir")
    # To a machine in 1970 the certificate of today is one of the future.
    chain, key = ca.server(folder, "collector", times=NOT_YET)
    sites = [{"id": site, "name": f"Xã {site}"} for site in SITES]
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    content = {
        "listen": {"port": port},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {
            "address": f"https://127.0.0.1:{tls_port}",
            "ca_file": str(ca.path),
            "next_ca_file": str(heir.path),
        },
    }
    config = folder / "collector.yaml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    with ExitStack() as stack:
        run = [PYTHON, "-m", "collector", "run", "--config", str(config)]
        program = stack.enter_context(running("collector", run, folder))
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        stack.enter_context(nginx(folder / "nginx", chain, key, port, tls_port))
        yield Province(folder, config, port, tls_port, ca, heir)


def join(code: str, state: Path, *more: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PYTHON, "-m", "agent", "join", *code.split(), "--state", str(state), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment or None,
        stdin=subprocess.DEVNULL,
    )


def agent_file(folder: Path, **uplink: str) -> Path:
    content = {
        "state": str(folder / "state"),
        "commit_seconds": 0.2,
        "report_seconds": 0.5,
        **({"uplink": uplink} if uplink else {}),
    }
    path = folder / "agent.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def start(stack: ExitStack, folder: Path, **uplink: str) -> Program:
    run = [PYTHON, "-m", "agent", "run", "--config", str(agent_file(folder, **uplink))]
    return stack.enter_context(running("agent", run, folder))


def test_a_machine_joins_behind_nginx_and_its_batches_are_taken(province: Province, tmp_path: Path) -> None:
    done = join(province.code("00898").lower(), tmp_path / "state")
    with ExitStack() as stack:
        agent = start(stack, tmp_path)
        until("its report is there", lambda: province.taken("00898"), agent)

    assert done.stderr == ""
    assert done.stdout == f"this machine is agent 00898 at site 00898 of https://127.0.0.1:{province.tls_port}\n"
    card = tmp_path / "state" / "identity" / "card.json"
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    names = sorted(path.name for path in card.parent.iterdir())
    assert names[:2] == ["card-copy.json", "card.json"]
    assert [name.partition("-")[0] for name in names[2:]] == ["chain"]


def test_a_restarted_machine_goes_on_where_its_chain_was(province: Province, tmp_path: Path) -> None:
    assert join(province.code("00899"), tmp_path / "state").returncode == 0
    for _ in range(3):
        with ExitStack() as stack:
            agent = start(stack, tmp_path)
            until("its report is there", lambda: province.taken("00899"), agent)
            agent.process.send_signal(signal.SIGKILL)
            agent.process.wait()
    with ExitStack() as stack:
        agent = start(stack, tmp_path)
        until("all is delivered", lambda: delivered(tmp_path), agent)

    assert "phusong_agent_key_suspected{" not in province.page()


def delivered(folder: Path) -> bool:
    with sqlite3.connect(folder / "state" / "spool" / "spool.sqlite") as database:
        rows = database.execute("SELECT count(acknowledged_wall_ns), count(*) FROM record").fetchone()
    database.close()
    return bool(rows[0]) and rows[0] >= rows[1] - 1


def test_a_machine_joins_and_delivers_through_a_proxy_with_a_password(province: Province, tmp_path: Path) -> None:
    code = province.code("00900")
    with connect_proxy() as proxy, ExitStack() as stack:
        bare = join(code, tmp_path / "state", "--proxy", f"http://127.0.0.1:{proxy.port}")
        done = join(code, tmp_path / "state", PHUSONG_PROXY=proxy.url)
        agent = start(stack, tmp_path, proxy=proxy.url)
        until("its report is there", lambda: province.taken("00900"), agent)
        agent.end()

    assert bare.stderr.endswith("no answer: the proxy refuses: 407 Proxy Authentication Required\n")
    assert done.returncode == 0, done.stderr
    assert proxy.refused == 1
    assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{province.tls_port}"}
    assert b"phusong" not in proxy.carried
    assert "p@ss" not in agent.said()


def test_a_server_of_another_authority_is_refused_before_a_byte_is_sent(province: Province, tmp_path: Path) -> None:
    """As an office proxy that opens TLS; everything it could ask of the machine is in ``carried``."""
    code = province.code("00901")
    other = authority(tmp_path, "office")
    chain, key = other.server(tmp_path, "impostor")
    real = province.tls_port
    with nginx(tmp_path / "nginx", chain, key, province.port) as (port, _), connect_proxy() as proxy:
        proxy.ways[f"127.0.0.1:{real}"] = ("127.0.0.1", port)
        done = join(code, tmp_path / "state", PHUSONG_PROXY=proxy.url)

    assert done.returncode == 1
    assert "the server is not the collector of this code" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert b"POST" not in proxy.carried
    assert tls_application_records(bytes(proxy.carried)) <= 1  # the client's Finished, encrypted in TLS 1.3
    assert join(code, tmp_path / "state").returncode == 0, "the code was not used up"


def tls_application_records(sent: bytes) -> int:
    """Records of the type that carries data, as the client sent them."""
    place = found = 0
    while place + 5 <= len(sent):
        found += sent[place] == 23
        place += 5 + int.from_bytes(sent[place + 3 : place + 5], "big")
    return found


def test_a_running_machine_takes_up_a_new_key_and_the_old_one_ends(province: Province, tmp_path: Path) -> None:
    assert join(province.code("00904"), tmp_path / "state").returncode == 0
    old = read_card(tmp_path / "state")
    with ExitStack() as stack:
        agent = start(stack, tmp_path)
        until("its report is there", lambda: province.taken("00904"), agent)
        run = [PYTHON, "-m", "agent", "rotate", "--state", str(tmp_path / "state")]
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        until("the new key has sent", lambda: states(province, "00904") == ["active", "rotated"], agent)
        until("all is delivered", lambda: delivered(tmp_path), agent)

    new = read_card(tmp_path / "state")
    assert done.stdout == "agent 00904 has a new key; the old one ends with the first batch under it\n", done.stderr
    assert old is not None
    assert new is not None
    assert (new.agent, new.site, new.key == old.key) == (old.agent, old.site, False)
    assert "phusong_agent_key_suspected{" not in province.page()


def states(province: Province, site: str) -> list[str]:
    with sqlite3.connect(province.folder / "state" / "identity.sqlite") as database:
        rows = database.execute("SELECT state FROM key WHERE site = ? ORDER BY state", (site,)).fetchall()
    database.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize(("name", "comes"), [("heir", True), ("office", False)])
def test_an_authority_is_followed_by_the_one_that_was_pinned_and_by_no_other(
    province: Province, tmp_path: Path, name: str, comes: bool
) -> None:
    site = {"heir": "00905", "office": "00906"}[name]
    assert join(province.code(site), tmp_path / "state").returncode == 0
    new = province.heir if name == "heir" else authority(tmp_path, name)
    chain, key = new.server(tmp_path, "renewed")
    with (
        nginx(tmp_path / "nginx", chain, key, province.port) as (port, _),
        connect_proxy() as proxy,
        ExitStack() as stack,
    ):
        proxy.ways[f"127.0.0.1:{province.tls_port}"] = ("127.0.0.1", port)
        agent = start(stack, tmp_path, proxy=proxy.url)
        if comes:
            until("its report is there", lambda: province.taken(site), agent)
        else:
            until("it says why", lambda: "the server is not the collector of this code" in agent.said(), agent)
        agent.end()

    assert province.taken(site) is comes
    assert b"POST" not in proxy.carried


def test_a_code_that_was_used_ends_in_one_line_and_changes_nothing_where_it_was_used(
    province: Province, tmp_path: Path
) -> None:
    code = province.code("00902")
    assert join(code, tmp_path / "state").returncode == 0
    before = (tmp_path / "state" / "identity" / "card.json").read_bytes()
    other = join(code, tmp_path / "other")
    again = join(code, tmp_path / "state")

    assert (other.returncode, again.returncode) == (1, 0)
    assert other.stderr.endswith("this code was used already: ask for a new one\n")
    assert (tmp_path / "state" / "identity" / "card.json").read_bytes() == before


def test_a_join_that_is_killed_anywhere_can_be_repeated(province: Province, tmp_path: Path) -> None:
    for number, seconds in enumerate((0.15, 0.22, 0.26, 0.30, 0.36)):
        code, state = province.code("00903"), tmp_path / str(number)
        run = [PYTHON, "-m", "agent", "join", *code.split(), "--state", str(state)]
        with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as begun:
            try:
                begun.wait(seconds)
            except subprocess.TimeoutExpired:
                begun.kill()
        done = join(code, state)

        assert (done.returncode, done.stderr) == (0, "")
        left = sorted(path.name for path in (state / "identity").iterdir() if path.suffix in {".new", ".json"})
        assert left == ["card-copy.json", "card.json"]


def test_a_slip_in_a_code_is_told_by_its_group(province: Province, tmp_path: Path) -> None:
    groups = province.code("00903").split()
    groups[6] = groups[6][1] + groups[6][0] + groups[6][2:] if groups[6][0] != groups[6][1] else "ZZZZZ"
    done = join(" ".join(groups), tmp_path / "state")

    assert done.returncode == 2
    assert done.stderr == f"phusong-agent join: group 7 ({groups[6]}) is mistyped\n"
    assert not (tmp_path / "state").exists()
