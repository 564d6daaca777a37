"""What the judge does about sites that fall silent together grows with their number, not with its square."""

from typing import ClassVar

from collector.incident import Cause, Confidence, Scope, Trouble
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.settings import JudgementSettings
from collector.judgement.unreported import Hush

SITES = 1000


class Site(str):
    """The name of a site that counts how often it is compared with another one."""

    __slots__ = ()
    compared: ClassVar[int] = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Site.compared += 1
        return str.__eq__(self, other)


def sites(first: int) -> tuple[Site, ...]:
    return tuple(Site(f"s{number}") for number in range(first, first + SITES))


def draft(found: tuple[Site, ...]) -> Draft:
    return Draft(
        scope=Scope.PROVINCE,
        subject="province",
        trouble=Trouble.UNREPORTED,
        cause=Cause.PROVINCE,
        began_ns=1,
        ended_ns=None,
        confidence=Confidence.PROVISIONAL,
        sites=found,
        still=found,
        clues=(),
    )


def test_a_ledger_adds_those_who_were_lost_later_once_and_in_their_order() -> None:
    ledger = Ledger([], 1, JudgementSettings())
    ledger.hold(draft(sites(0)), 1)
    Site.compared = 0
    again = ledger.hold(draft(sites(SITES // 2)), 2)

    assert [str(site) for site in again.sites] == [f"s{number}" for number in range(SITES + SITES // 2)]
    assert Site.compared < 10 * SITES


def test_a_hush_grows_by_those_it_does_not_know_once_and_in_their_order() -> None:
    hush = Hush(Trouble.UNREPORTED, 1, sites(0))
    Site.compared = 0
    hush.grow(sites(SITES // 2))

    assert [str(site) for site in hush.sites] == [f"s{number}" for number in range(SITES + SITES // 2)]
    assert Site.compared < 10 * SITES
