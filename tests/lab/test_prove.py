"""A short seed of each proof of ``make prove``, and its sabotage: a proof that cannot go red proves nothing."""

import os
import subprocess
import sys

import pytest

from lab.prove import Proof, Trial, load_proofs
from lab.world.kinds import KINDS

FUZZ = [proof for proof in load_proofs().values() if proof.name.startswith("fuzz-")]
SEED = 20_250_701


def name(proof: Proof) -> str:
    return proof.name


@pytest.mark.parametrize("proof", FUZZ, ids=name)
def test_spoiled_bytes_give_documented_outcomes_only(proof: Proof) -> None:
    finding = proof.run(Trial(min(proof.count // 20, 10_000), SEED))

    assert finding.broken == 0, finding.seen


@pytest.mark.parametrize("proof", FUZZ, ids=name)
def test_a_decoder_without_its_guards_is_seen(proof: Proof) -> None:
    assert proof.run(Trial(min(proof.teeth, 300), SEED, sabotage=True)).broken > 0


def prove(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab.prove", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_exit_code_says_whether_the_promise_held_or_the_sabotage_was_seen() -> None:
    kept = prove("fuzz-icmp", "--count", "200")
    seen = prove("fuzz-icmp", "--count", "200", "--sabotage")
    unseen = prove("fuzz-icmp", "--count", "1", "--sabotage", "--seed", "3")

    assert (kept.returncode, seen.returncode, unseen.returncode) == (0, 0, 1)
    assert "| what comes back to a ping is placed or set aside | fuzz-icmp | 200 | 0 |" in kept.stdout


def test_a_proof_that_there_is_not_is_one_line() -> None:
    wrong = prove("fuzz-imcp")

    assert wrong.returncode == 2
    assert wrong.stderr.startswith("no proof is called 'fuzz-imcp'; there are: ")


def test_what_the_spool_stored_survives_power_cuts_and_a_spool_that_does_not_sync_is_seen() -> None:
    proof = load_proofs()["power-cut"]

    assert proof.run(Trial(100, SEED)).broken == 0
    assert proof.run(Trial(40, SEED, sabotage=True)).broken > 0


@pytest.mark.parametrize(("name", "tries", "sabotaged"), [("exactly-once", 20_000, 5_000), ("any-clock", 25, 8)])
def test_a_promise_of_delivery_holds_and_its_sabotage_is_seen(name: str, tries: int, sabotaged: int) -> None:
    proof = load_proofs()[name]
    kept = proof.run(Trial(tries, SEED))

    assert kept.broken == 0, kept.seen
    assert proof.run(Trial(sabotaged, SEED, sabotage=True)).broken > 0


def test_what_a_collector_acknowledged_survives_its_kill_and_an_answer_before_the_commit_is_seen() -> None:
    """In processes of their own: they fork."""
    kept = prove("kill-collector", "--count", "25")

    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert prove("kill-collector", "--count", "25", "--sabotage").returncode == 0


def test_whole_programs_that_are_killed_at_any_moment_lose_nothing_and_a_hasty_collector_is_seen() -> None:
    kept = prove("kill-programs", "--count", "10")

    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert prove("kill-programs", "--count", "30", "--sabotage").returncode == 0


def test_each_kind_of_fault_alone_is_told_as_it_should_be_and_a_slow_judge_is_seen() -> None:
    proof = load_proofs()["alone"]
    kept = proof.run(Trial(len(KINDS), SEED))

    assert kept.broken == 0, kept.seen
    assert proof.run(Trial(2, SEED, sabotage=True)).broken > 0


def test_two_faults_at_once_are_told_as_they_should_be_and_a_slow_judge_is_seen() -> None:
    proof = load_proofs()["pairs"]
    kept = proof.run(Trial(8, SEED))

    assert kept.broken == 0, kept.seen
    assert proof.run(Trial(4, SEED, sabotage=True)).broken > 0


def test_an_agent_that_was_offline_delivers_all_of_it_and_the_newest_first() -> None:
    """A spool that is too small is seen by the nightly run: it must be filled first."""
    kept = load_proofs()["month-offline"].run(Trial(1, SEED))

    assert kept.broken == 0, kept.seen


def test_a_herd_that_returns_with_its_backlog_loses_nothing_and_is_let_in_bit_by_bit() -> None:
    finding = load_proofs()["herd"].run(Trial(30, SEED))

    assert finding.seen[0] == "0 of 3,600 cycles lost"


@pytest.mark.parametrize(
    ("name", "tries", "sabotaged"),
    [("kill-agent", "40", "150"), ("kill-agent-key", "40", "10"), ("corruption", "80", "60")],
)
def test_a_spool_survives_kills_and_spoiled_files_and_a_careless_one_is_seen(
    name: str, tries: str, sabotaged: str
) -> None:
    kept = prove(name, "--count", tries)

    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert prove(name, "--count", sabotaged, "--sabotage").returncode == 0


@pytest.mark.parametrize(("name", "tries", "sabotaged"), [("disk-trouble", 15, 10), ("disk-trouble-key", 4, 4)])
def test_troubled_disks_cost_nothing_uncounted_and_heal_and_the_sabotage_is_seen(
    name: str, tries: int, sabotaged: int
) -> None:
    """What memory held is forgotten; a machine with a key presents what was not written."""
    proof = load_proofs()[name]
    finding = proof.run(Trial(tries, SEED))
    if finding.tries == 0 or any("not here" in line for line in finding.seen):
        word = f"this machine allows no such disks: {finding.seen}"
        pytest.fail(word) if os.environ.get("PHUSONG_REQUIRE_PEERS") else pytest.skip(word)

    assert finding.broken == 0, finding.seen
    assert proof.run(Trial(sabotaged, SEED, sabotage=True)).broken > 0


def test_a_collector_on_troubled_disks_loses_nothing_acknowledged_and_heals_and_one_that_lies_is_seen() -> None:
    proof = load_proofs()["disk-trouble-inbox"]
    finding = proof.run(Trial(2, SEED, only=("full", "own backup")))

    assert finding.tries == 2, finding.seen
    assert finding.broken == 0, finding.seen
    assert proof.run(Trial(1, SEED, only=("full",), sabotage=True)).broken > 0


def test_hostile_requests_hurt_no_good_agent_and_a_collector_that_unpacks_everything_is_seen() -> None:
    proof = load_proofs()["hostile-bodies"]
    finding = proof.run(Trial(54, SEED))

    assert finding.broken == 0, finding.seen
    assert proof.run(Trial(14, SEED, sabotage=True)).broken > 0


def test_silence_before_a_handshake_keeps_no_agent_out_and_a_collector_that_does_not_count_it_is_seen() -> None:
    proof = load_proofs()["hostile-handshakes"]
    finding = proof.run(Trial(44, SEED))

    assert finding.broken == 0, finding.seen
    assert proof.run(Trial(22, SEED, sabotage=True)).broken > 0


@pytest.mark.parametrize("name", ["power-cut-inbox", "power-cut-books"])
def test_what_the_collector_stored_survives_power_cuts_and_what_does_not_sync_is_seen(name: str) -> None:
    proof = load_proofs()[name]

    assert proof.run(Trial(100, SEED)).broken == 0
    assert proof.run(Trial(40, SEED, sabotage=True)).broken > 0


def test_the_book_of_keys_survives_power_cuts_and_one_that_does_not_sync_is_seen() -> None:
    proof = load_proofs()["power-cut-identity"]
    kept = proof.run(Trial(100, SEED))

    assert kept.broken == 0, kept.seen
    assert proof.run(Trial(24, SEED, sabotage=True)).broken > 0
