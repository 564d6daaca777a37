"""The contract between the runner and a probe: what goes in, what comes out; nothing here measures.

A probe is one file in ``agent/probes/`` that ends in ``PROBE = Probe(...)``. It is found by looking in the folder.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from shared.clock import Clock
from shared.secret import Secret
from shared.wire.reading import Metric, Name, Outcome, Sample


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured: a named thing at a site, with the address at which it answers."""

    site: Name
    name: Name
    """Stable name, unique within the agent; becomes Prometheus' ``instance``."""
    address: str
    """IPv4, IPv6 or host name, with ``:port`` where the probe takes one."""
    role: Name = "router"
    credentials: str | None = None
    """Which of the agent's credentials the target wants; none for most probes."""


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every check has in its settings; each probe adds its own fields in a subclass with its ``kind`` as tag."""

    name: Name = ""
    """Name of the check; its kind where none is given."""
    every_seconds: float = 60.0
    timeout_seconds: float = 5.0
    """Deadline of the whole run for probes that ask and wait; of each packet for packet trains."""
    roles: tuple[str, ...] = ()
    """Roles of the targets it runs against; all targets where empty."""
    after: str = ""
    """Name of a check: where its outcome on the same target changes for good, this one runs at once as well."""


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device wants to hear; kept in a file apart from the targets."""

    version: str = "2c"
    community: Secret | None = None
    user: str | None = None
    authentication: str | None = None
    """SNMPv3 authentication protocol: MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512."""
    authentication_key: Secret | None = None
    privacy: str | None = None
    """SNMPv3 privacy protocol: AES-128, AES-192, AES-256."""
    privacy_key: Secret | None = None
    allow_default_community: bool = False
    """Whether a community that every scanner tries (``public``, ``private``) is meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one run found; the runner adds who, what and when."""

    outcome: Outcome
    samples: tuple[Sample, ...] = ()
    reason: str = ""
    voided: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Details for ``phusong-agent probe --json``, by the names that the reference promises; they do not travel."""
    urgent: bool = False
    """Committed and sent at once instead of with the next cycle; the rest of the slot is measured again."""


class ProbeFailed(Exception):  # noqa: N818 - a failing target is no error of ours
    """The target could not be measured; what is caught becomes a reading with this outcome and reason."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an instrument may use of the agent when it is opened."""

    clock: Clock
    credentials: Mapping[str, Credential]
    profiles: Path
    """Folder of the device profiles."""


class Instrument(Protocol):
    """An opened probe: it serves all targets of its kind and keeps their running totals."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every series that a finding may carry."""
        ...

    async def measure(self, check: Any, target: Target) -> Finding:
        """Run once. Raises :class:`ProbeFailed` for what the target did; anything else is a bug of ours."""
        ...


def no_problems(_check: Any, _profiles: Path) -> Iterable[tuple[str, str]]:
    """For probes whose settings the types describe completely."""
    return ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """What ``phusong-agent probe`` offers for this kind beside the fields of its check."""

    options: Mapping[str, str]
    """Name of an option, without dashes, and its line of help; each takes a word."""
    credential: Callable[[Mapping[str, str | None], Mapping[str, str]], Credential]
    """From the options given and the environment."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A plug-in, as a value."""

    kind: str
    summary: str
    """One line for ``phusong-agent probes``."""
    check: type[Check]
    open: Callable[[Surroundings], AbstractAsyncContextManager[Instrument]]
    problems: Callable[[Any, Path], Iterable[tuple[str, str]]] = no_problems
    """What types cannot say of a check, as (field, what), from the check and the folder of profiles."""
    by_hand: ByHand | None = None
    example: str = ""
    """Arguments of an example for the help, behind ``phusong-agent probe``."""
