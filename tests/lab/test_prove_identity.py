"""A short seed of the proofs of identity, and their sabotage."""

import pytest

from lab.prove import Trial, load_proofs

NAMES = ("forged-requests", "one-winner")


@pytest.mark.parametrize("name", NAMES)
def test_nobody_else_gets_in(name: str) -> None:
    finding = load_proofs()[name].run(Trial(400, 1))

    assert finding.broken == 0, finding.seen


@pytest.mark.parametrize("name", NAMES)
def test_a_guard_that_is_broken_on_purpose_is_seen(name: str) -> None:
    assert load_proofs()[name].run(Trial(100, 1, sabotage=True)).broken > 0
