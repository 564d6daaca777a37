"""What was refused for good is kept as it was put, shown, and sent once more where somebody says so."""

from pathlib import Path

import pytest

from agent.__main__ import main
from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings
from shared.ownership import owned
from shared.wire.codec import encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Outcome, Reading, Sample

SECOND_NS = 1_000_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    path.write_text("agent: a\nsite: s\nstate: state\nuplink: {url: http://127.0.0.1:9, token: t}\n", encoding="utf-8")
    return path


def cycles(count: int) -> list[bytes]:
    """Cycles of the same shape: from the second on they are packed by it."""
    return [
        encode_cycle(
            Cycle(
                "boot",
                ClockQuality.UNKNOWN,
                (
                    Reading(
                        "ping", "icmp", "s", "router", "router", Outcome.OK, number, number, 5, (Sample("x", number),)
                    ),
                ),
            )
        )
        for number in range(count)
    ]


def refuse(folder: Path) -> list[bytes]:
    """Six packed records, of which the third and the fifth are refused; gives all as they were put."""
    blobs = cycles(6)
    with open_sqlite_spool(folder, SpoolSettings()) as spool:
        for number, blob in enumerate(blobs):
            spool.put(blob, number * SECOND_NS)
        spool.acknowledge([1, 2, 4, 6], 10 * SECOND_NS)
        spool.reject([3, 5], "status 400: \x1b[2Jno batch", 1_795_000_000 * SECOND_NS)
    return blobs


def test_they_are_shown_and_wait_again_as_they_were_put(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = config.parent / "state" / "spool"
    blobs = refuse(folder)

    assert main(["dead-letters", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == ["3", "5"]
    assert "\\x1b[2Jno batch" in shown

    assert main(["dead-letters", "--resend", "--config", str(config)]) == 0
    assert "2 wait again" in capsys.readouterr().out
    with open_sqlite_spool(folder, SpoolSettings()) as spool:
        assert [(one.sequence, one.blob) for one in spool.oldest(9, 1 << 20)] == [(3, blobs[2]), (5, blobs[4])]
        assert spool.dead_letters() == 0
        statement = spool.statement()
        assert (statement.refused, statement.waiting) == ((), ((3, 3), (5, 5)))
    assert main(["dead-letters", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "no dead letters\n"


def test_not_while_the_agent_runs_and_not_without_a_spool(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", "--config", str(config)]) == 1
    assert "there is no spool yet" in capsys.readouterr().err
    refuse(config.parent / "state" / "spool")
    with owned(config.parent / "state"):
        assert main(["dead-letters", "--resend", "--config", str(config)]) == 1
    assert "another one works on this folder" in capsys.readouterr().err
