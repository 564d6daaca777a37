"""An incident as every room sees it: what is wrong, where, since when, why and how sure; it decides nothing."""

from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """Why sites cannot be reached or serve badly."""

    POWER = "power"
    SITE_LAN = "site_lan"
    """The site's router or LAN."""
    ACCESS_LINK = "access_link"
    ISP = "isp"
    HUB = "hub"
    PROVINCE = "province"
    """Our own side: nothing is known of the sites behind it."""
    AGENT = "agent"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """Whether more can still come to light."""

    PROVISIONAL = "provisional"
    FINAL = "final"


class Scope(StrEnum):
    """What an incident is about; with its subject it names the thing that is broken."""

    SITE = "site"
    """The subject is the site's id."""
    HUB = "hub"
    """The subject is the hub's name."""
    PROVIDER = "provider"
    POWER_AREA = "power_area"
    PROVINCE = "province"
    """Our own side; the subject is the site of the agent that looks from there."""
    AGENT = "agent"
    """The subject is the agent's name; the site itself is well."""


class Trouble(StrEnum):
    """How it shows."""

    DOWN = "down"
    DEGRADED = "degraded"
    FLAPPING = "flapping"
    SILENT = "silent"
    """Nothing is heard; whether anything is broken is not known."""
    UNREPORTED = "unreported"
    """Reports of many sites do not arrive; the sites themselves are seen to be well."""


class Clue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One piece of evidence. ``kind`` is a word of ``collector.judgement.clues``; texts are made from it elsewhere."""

    kind: str
    at_ns: int
    """Wall time, nanoseconds since 1970-01-01 UTC."""
    site: str = ""
    subject: str = ""
    """A device, an agent, a provider or a target, as the kind wants it."""
    value: float | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of what is held of one fault. Versions of a number follow each other; none is ever changed."""

    number: int
    version: int
    """Counts from 1; a new one wherever scope, cause, confidence, sites or end differ from the one before."""
    at_ns: int
    """When this version was decided; wall time, as all times here."""
    scope: Scope
    subject: str
    trouble: Trouble
    cause: Cause
    confidence: Confidence
    began_ns: int
    """Start of the fault as far as it is known, from the first fact of it."""
    known_ns: int
    """When it was first held to be one."""
    ended_ns: int | None = None
    """From the first fact of its end; None while it lasts."""
    sites: tuple[str, ...] = ()
    """Every site that it struck, in the order of the inventory."""
    still: tuple[str, ...] = ()
    """Those that it still strikes."""
    clues: tuple[Clue, ...] = ()
    """The evidence for the cause, strongest first."""
    silent_because: str = ""
    """Why nobody is to be called for it: ``past`` (found in a backlog, over already), ``maintenance``, ``folded``
    (another incident tells of it) or nothing."""
    folded_into: int | None = None
    """Number of the incident that tells of it."""

    @property
    def is_open(self) -> bool:
        """Whether it lasts."""
        return self.ended_ns is None

    @property
    def calls(self) -> bool:
        """Whether somebody is to be called for it: sites are lost, or nothing is seen of the province any more."""
        unseen = self.trouble is Trouble.SILENT and self.scope is Scope.PROVINCE
        return not self.silent_because and (unseen or self.trouble in {Trouble.DOWN, Trouble.FLAPPING})
