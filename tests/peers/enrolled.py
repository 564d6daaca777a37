"""A machine with a key as the collector sees it, by plain HTTP: for what a right machine would never send."""

import base64
import contextlib
import http.client
import io
import json
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from collector.__main__ import main
from shared.wire.codec import encode_batch
from shared.wire.enrolment import Enrolled, EnrolRequest, enrol_request
from shared.wire.joincode import JoinCode, decode
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from shared.wire.seal import is_genuine
from shared.wire.signature import Claim, sign
from tests.peers.programs import PYTHON, ROOT

BATCHES = "/api/v1/batches"
ENROL = "/api/v1/enrol"


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PYTHON, "-m", "collector", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def invited(site: str, config: Path) -> JoinCode:
    """The code that the command prints on its first line; called in this process, which is faster."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        assert main(["invite", site, "--config", str(config)]) == 0
    return decode(said.getvalue().splitlines()[0])


def post(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any], str]:
    """Status, JSON and seal of the answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, {**json.loads(text), "raw": text}, answer.headers.get("phusong-seal") or ""


def enrol(port: int, request: EnrolRequest) -> tuple[int, dict[str, Any], str]:
    return post(port, ENROL, msgspec.json.encode(request), {})


def batch(agent: str, sequences: list[int], *, sites: tuple[str, ...], epoch: str = "e") -> Batch:
    readings = tuple(
        Reading("ping", "icmp", site, f"router-{site}", "router", Outcome.OK, 5, 5, 1, (Sample("probe_success", 1.0),))
        for site in sites
    )
    records = tuple(Record(n, Cycle("boot", ClockQuality.UNKNOWN, readings)) for n in sequences)
    return Batch(agent, epoch, "boot", 10, 10, Lane.LIVE, records)


@dataclass
class Machine:
    """Holds a key and its chain."""

    port: int
    key: Ed25519PrivateKey
    enrolled: Enrolled
    chain: str
    sequence: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def epoch(self) -> str:
        return self.enrolled.key_id[:16]

    def request(self, sites: tuple[str, ...] | None = None) -> tuple[bytes, dict[str, str]]:
        """The next batch, signed."""
        self.sequence += 1
        return self.signed(
            batch(self.enrolled.agent, [self.sequence], sites=sites or (self.enrolled.site,), epoch=self.epoch)
        )

    def signed(self, content: Batch, chain: str = "") -> tuple[bytes, dict[str, str]]:
        body = encode_batch(content)
        numbers = [record.sequence for record in content.records]
        claim = Claim(content.epoch, min(numbers), max(numbers), chain or self.chain)
        return body, sign("POST", BATCHES, claim, body, self.key)

    def send(self, sites: tuple[str, ...] | None = None) -> tuple[int, dict[str, Any]]:
        """Send the next batch, believe a sealed answer only, and keep the chain's next value."""
        body, headers = self.request(sites)
        status, answer, seal = post(self.port, BATCHES, body, headers)
        signature = base64.b64decode(headers["signature"].removeprefix("phusong=:").removesuffix(":"))
        collector = Ed25519PublicKey.from_public_bytes(self.enrolled.collector_key)
        assert is_genuine(collector, seal, signature, answer["raw"]), answer
        self.chain = answer.get("chain") or self.chain
        return status, answer

    def copy(self) -> "Machine":
        """As if the disk was copied."""
        return Machine(self.port, self.key, self.enrolled, self.chain, self.sequence)


def machine(port: int, code: JoinCode) -> Machine:
    """Enrol with the code."""
    key = Ed25519PrivateKey.generate()
    request = enrol_request(code.secret, key)
    status, answer, seal = enrol(port, request)
    assert status == 200, answer
    enrolled = msgspec.json.decode(answer["raw"], type=Enrolled)
    assert is_genuine(
        Ed25519PublicKey.from_public_bytes(enrolled.collector_key), seal, request.possession, answer["raw"]
    )
    return Machine(port, key, enrolled, enrolled.chain)
