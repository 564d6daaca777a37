"""What the page's sentences are, each language a value of this; it holds none itself and knows no markup."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.onsite.advice import Case
from agent.onsite.board import Rung
from agent.onsite.verdict import State


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said in one situation."""

    answer: str
    """To the question whose fault it is, in two or three words."""
    headline: str
    lead: str
    """What it is; may name ``{places}``."""
    actions: tuple[str, ...]
    """What to do, in order; may name ``{places}`` and ``{say}``."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    tag: str
    other_tag: str
    other_name: str
    """The other language in its own words."""
    question: str
    cases: Mapping[Case, Sentences]
    rungs: Mapping[Rung, str]
    hints: Mapping[Rung, str]
    """What a step is, for whoever does not know the word."""
    states: Mapping[State, str]
    ladder: str
    computer: str
    computer_linked: str
    computer_cut: str
    what_to_do: str
    call: str
    whose: Mapping[str, str]
    contract: str
    no_lines: str
    just_now: str
    since: str
    """``{when}``, ``{span}``."""
    at_least_since: str
    well_since: str
    lasting: str
    """The same three for a computer that does not know the time: ``{span}``."""
    at_least_lasting: str
    well_lasting: str
    looked: str
    """``{at}``."""
    silent_since: str
    silent_at_least_since: str
    silent_lasting: str
    silent_at_least_lasting: str
    no_matter: str
    proven: str
    some_silent: str
    """``{addresses}``."""
    lost: str
    """``{percent}``."""
    slow: str
    """``{time}``."""
    takes: str
    """What the collector does, where it does."""
    takes_nothing: str
    took: str
    """``{at}``."""
    unreachable: str
    """Of what lies behind a fault."""
    trying: str
    measuring: str
    old: str
    never: str
    say_provider: str
    """What to read out to the provider; ``{site}`` and ``{since}``."""
    say_weak: str
    say_contract: str
    here: str
    """What the site is called where the settings do not say it."""
    on_day: str
    """``{time}``, ``{day}``."""
    at: str
    """``{time}``."""
    ago: str
    """Instead, for a computer that does not know the time: ``{span}``."""
    units: tuple[str, str, str, str]
    """Seconds, minutes, hours, days: ``{n}``."""
    decimal: str
    """The sign between whole and tenth."""
    page_time: str
    page_without_clock: str
    """Where this computer does not know what time it is."""
    reloads: str
    own_view: str
    covered: str
    covered_why: str
    reload: str
