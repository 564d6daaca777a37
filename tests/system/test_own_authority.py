"""A collector alone with the authority that it made: machines join and deliver over TLS, also after a renewal."""

import contextlib
import os
import ssl
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from collector.__main__ import main
from lab.ports import free_port
from shared.wire.joincode import encode
from tests.peers.enrolled import command, invited
from tests.peers.programs import PYTHON, ROOT, Program, running, until

pytestmark = pytest.mark.system
FILES = {
    "ca.key": 0o600,
    "ca.pem": 0o644,
    "chain.pem": 0o644,
    "next-ca.key": 0o600,
    "next-ca.pem": 0o644,
    "server.key": 0o600,
}


def pins(said: str) -> list[str]:
    return [line.split()[1] for line in said.splitlines() if line.startswith("pin ")]


def get(port: int, path: str, ca: Path) -> str:
    """As a browser that trusts the authority and is strict about what a certificate must say."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(f"https://127.0.0.1:{port}{path}", context=context, timeout=10) as answer:
        return str(answer.read().decode())


@contextlib.contextmanager
def collector(config: Path, port: int, ca: Path) -> Iterator[Program]:
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(config)], config.parent) as program:
        until("the collector is ready", lambda: get(port, "/readyz", ca), program)
        yield program


def test_machines_join_and_deliver_over_its_tls_and_a_renewal_changes_no_pin(tmp_path: Path) -> None:
    tls, port = tmp_path / "tls", free_port()
    old_mask = os.umask(0o077)
    made = command("make-authority", "127.0.0.1", "phusong.example", "--folder", str(tls))
    os.umask(old_mask)
    assert made.returncode == 0, made.stderr
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tls.iterdir()} == FILES
    config = tmp_path / "collector.yaml"
    content = {
        "listen": {"port": port, "tls": {"certificate": str(tls / "chain.pem"), "key": str(tls / "server.key")}},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {
            "address": f"https://127.0.0.1:{port}",
            "ca_file": str(tls / "ca.pem"),
            "next_ca_file": str(tls / "next-ca.pem"),
        },
    }
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    (tmp_path / "sites.yaml").write_text(yaml.safe_dump({"sites": [{"id": "00898", "name": "Xã A"}]}), encoding="utf-8")
    agent = tmp_path / "agent.yaml"
    state = tmp_path / "agent"
    agent.write_text(yaml.safe_dump({"state": str(state), "commit_seconds": 0.2, "report_seconds": 0.5}))
    series = 'phusong_agent_last_report_timestamp_seconds{agent="00898",site="00898"}'
    with contextlib.ExitStack() as stack:
        with collector(config, port, tls / "ca.pem"):
            code = invited("00898", config)
            assert [pin.hex() for pin in code.pins] == pins(made.stdout)
            join = [PYTHON, "-m", "agent", "join", *encode(code).split(), "--state", str(state)]
            joined = subprocess.run(join, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
            assert joined.returncode == 0, joined.stderr
            run = [PYTHON, "-m", "agent", "run", "--config", str(agent)]
            program = stack.enter_context(running("agent", run, tmp_path))
            until("its batches are taken", lambda: series in get(port, "/metrics", tls / "ca.pem"), program)
        for by, more in (("ca.pem", []), ("next-ca.pem", ["--next"])):
            before = (tls / "chain.pem").read_bytes()
            renewed = command("renew-certificate", *more, "--folder", str(tls))
            assert (renewed.returncode, pins(renewed.stdout)) == (0, pins(made.stdout)), renewed.stderr
            assert (tls / "chain.pem").read_bytes() != before
            with collector(config, port, tls / by):
                metrics = partial(get, port, "/metrics", tls / by)
                until("it delivers to the renewed server", lambda page=metrics: series in page(), program)


def test_with_a_public_authority_a_code_pins_nobody_and_the_systems_trust_decides(tmp_path: Path) -> None:
    """The authority is public to whoever has it among the system's: here by OpenSSL's variable."""
    tls, port = tmp_path / "tls", free_port()
    assert main(["make-authority", "127.0.0.1", "--folder", str(tls)]) == 0
    config = tmp_path / "collector.yaml"
    content = {
        "listen": {"port": port, "tls": {"certificate": str(tls / "chain.pem"), "key": str(tls / "server.key")}},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {"address": f"https://127.0.0.1:{port}"},
    }
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    (tmp_path / "sites.yaml").write_text(yaml.safe_dump({"sites": [{"id": "00898", "name": "Xã A"}]}), encoding="utf-8")
    agent, state = tmp_path / "agent.yaml", tmp_path / "agent"
    agent.write_text(yaml.safe_dump({"state": str(state), "commit_seconds": 0.2, "report_seconds": 0.5}))
    trusting = {**os.environ, "SSL_CERT_FILE": str(tls / "ca.pem")}
    with contextlib.ExitStack() as stack:
        program = stack.enter_context(collector(config, port, tls / "ca.pem"))
        code = invited("00898", config)
        join = [PYTHON, "-m", "agent", "join", *encode(code).split(), "--state", str(state)]
        strange = subprocess.run(join, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        joined = subprocess.run(join, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=trusting)
        run = [PYTHON, "-m", "agent", "run", "--config", str(agent)]
        stack.enter_context(running("agent", run, tmp_path, trusting))
        series = 'phusong_agent_last_report_timestamp_seconds{agent="00898",site="00898"}'
        until("its batches are taken", lambda: series in get(port, "/metrics", tls / "ca.pem"), program)

    assert code.pins == ()
    assert (strange.returncode, len(strange.stderr.splitlines())) == (1, 1), strange.stderr
    assert joined.returncode == 0, joined.stderr


def test_an_authority_is_never_overwritten_and_wrong_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ca.key").write_text("precious", encoding="utf-8")
    codes = [
        main(["make-authority", "a.example", "--folder", str(tmp_path)]),
        main(["renew-certificate", "--folder", str(tmp_path / "absent")]),
        main(["make-authority", "a b", "--folder", str(tmp_path / "new")]),
        main(["make-authority", "a.example", "--days", "9999999", "--folder", str(tmp_path / "new")]),
    ]

    assert (tmp_path / "ca.key").read_text(encoding="utf-8") == "precious"
    assert codes == [2, 1, 2, 2]
    assert capsys.readouterr().err.splitlines() == [
        f"phusong-collector: {tmp_path}/ca.key: is there already; renew-certificate keeps the authority",
        f"phusong-collector: {tmp_path}/absent/ca.pem: no such file or directory",
        "phusong-collector: 'a b' is neither a host's name nor an address",
        "phusong-collector: --days 9999999: from 1 to 7300",
    ]
    assert not (tmp_path / "new").exists()
