"""The agent's settings file: typed, closed, with the rules that types cannot say; it opens nothing but files."""

import difflib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Union

import msgspec

from agent.identity.card import MEND, Card, CardError, card_path, find_card
from agent.identity.plate import read_plate
from agent.onsite.settings import LocalPageSettings
from agent.onsite.settings import problems_of as page_problems_of
from agent.probe import Check, Credential, Probe, Target
from agent.roles import PRESETS, Roles, checks_of, problems_of, targets_of
from agent.snmp.credential import credential_problems
from agent.spool.quota import SpoolSettings
from agent.spool.quota import problems_of as problems_of_spool
from agent.uplink.http import UplinkSettings
from agent.uplink.rules import problems_of as problems_of_uplink
from agent.uplink.rules import proof_problems
from shared.settings import Document, SettingsError, load, load_document
from shared.wire.reading import Name

_LONGEST_REPORT_SECONDS = 30
_JOIN = "this machine has no key, 'phusong-agent join' makes one"


class AgentFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in ``agent.yaml``; checks are read a second time, as what their probes know."""

    agent: Name = ""
    """Name by which the collector knows this agent; a machine that joined has it from the collector."""
    site: Name = ""
    """Id of the site where the agent stands; a machine that joined has it from the collector."""
    uplink: UplinkSettings = msgspec.field(default_factory=UplinkSettings)
    state: Path
    """Folder of the spool; the agent alone writes there."""
    commit_seconds: float = 10.0
    """A power cut costs at most the readings of this time; each commit is one write to the disk."""
    report_seconds: float = 20.0
    """How often the agent tells about itself; the collector takes one that is silent for a minute for dead."""
    spool: SpoolSettings = msgspec.field(default_factory=SpoolSettings)
    profiles: Path | None = None
    """Folder of the device profiles; those that came with the program where none is given."""
    credentials_file: Path | None = None
    checks: list[dict[str, Any]] = []
    targets: list[Target] = []
    targets_file: Path | None = None
    """More targets, as a list in a file of their own."""
    roles: Roles = msgspec.field(default_factory=Roles)
    """Who fills which role at the site: checks and targets follow."""
    without: list[str] = []
    """Names of checks that follow from roles and are not wanted."""
    economy: bool = False
    """The line is metered: what follows from roles is asked less often over it."""
    local_page: LocalPageSettings | None = None
    """A page for the people at the site; none where the key is absent."""


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a run needs."""

    file: AgentFile
    checks: tuple[tuple[str, Check], ...]
    """Kind and check."""
    targets: tuple[Target, ...]
    credentials: Mapping[str, Credential]
    profiles: Path
    card: Card | None = None
    """What this machine got when it joined."""
    card_fault: str = ""
    """What is wrong with what it got: with a card its copy is used, without one nothing can be sent."""


def load_agent_settings(path: Path, probes: Mapping[str, Probe]) -> AgentSettings:
    """Read the settings and the files they name; raises :class:`SettingsError` with a line for each thing to mend."""
    document = load_document(path)
    file: AgentFile = document.convert(document.content, AgentFile)
    card, fault = _card(file)
    plate = card or (read_plate(file.state) if fault else None)
    if plate is not None:
        uplink = msgspec.structs.replace(file.uplink, url=plate.url)
        file = msgspec.structs.replace(file, agent=plate.agent, site=plate.site, uplink=uplink)
    elif fault and not (file.agent and file.site):
        raise SettingsError([document.problem("$.state", fault)])
    targets = (*_targets(path, file), *targets_of(file.roles, file.site))
    checks = tuple(_checks(document, _with_implied(file, targets, probes), probes))
    credentials = _credentials(path, file)
    settings = AgentSettings(
        file=file,
        checks=checks,
        targets=targets,
        credentials=credentials,
        profiles=profile_folder(file.profiles),
        card=card,
        card_fault=fault,
    )
    problems = [document.problem(place, what) for place, what in _rules(settings, probes)]
    if problems:
        raise SettingsError(problems)
    return settings


def profile_folder(given: Path | None) -> Path:
    """Where the device profiles are: as given, in the checkout, or where the wheel put them."""
    if given is not None:
        return given
    checkout = Path(__file__).parents[1] / "config" / "profiles"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "phusong" / "profiles"


def _checks(document: Document, file: AgentFile, probes: Mapping[str, Probe]) -> Iterator[tuple[str, Check]]:
    any_check: Any = Union[tuple(probe.check for probe in probes.values())]  # noqa: UP007 - known only at run time
    for number, raw in enumerate(file.checks):
        place = f"$.checks[{number}]"
        kind = raw.get("kind")
        if not isinstance(kind, str) or kind not in probes:
            what = "the key 'kind' is missing" if kind is None else _unknown("kind", str(kind), probes)
            raise SettingsError([document.problem(place if kind is None else f"{place}.kind", what)])
        yield kind, document.convert(raw, any_check, place)


def _with_implied(file: AgentFile, targets: tuple[Target, ...], probes: Mapping[str, Probe]) -> AgentFile:
    """The file as if the checks that follow from its roles stood in it."""
    kinds = {kind for kind in probes if kind != "path" or importlib.util.find_spec("scapy") is not None}
    own = {str(check.get("name") or check.get("kind")) for check in file.checks}
    implied = checks_of(targets, kinds=kinds, own=own, without=file.without, economy=file.economy)
    return msgspec.structs.replace(file, checks=[*file.checks, *implied])


def _targets(path: Path, file: AgentFile) -> tuple[Target, ...]:
    if file.targets_file is None:
        return tuple(file.targets)
    return (*file.targets, *load(path.parent / file.targets_file, list[Target]))


def _credentials(path: Path, file: AgentFile) -> dict[str, Credential]:
    if file.credentials_file is None:
        return {}
    return load(path.parent / file.credentials_file, dict[str, Credential], _credential_rules)


def _credential_rules(credentials: Mapping[str, Credential]) -> Iterator[tuple[str, str]]:
    for name, credential in credentials.items():
        for place, what in credential_problems(credential):
            yield f"$.{name}.{place}", what


def _rules(settings: AgentSettings, probes: Mapping[str, Probe]) -> Iterator[tuple[str, str]]:
    file = settings.file
    yield from _uplink_rules(settings)
    yield from _rhythm_rules(file)
    yield from ((f"$.spool.{key}", what) for key, what in problems_of_spool(file.spool))
    for role, what in problems_of(file.roles):
        yield f"$.roles.{role}", what
    for place, what in page_problems_of(file.local_page) if file.local_page else ():
        yield f"$.local_page.{place}", what
    for number, name in enumerate(file.without):
        if name not in {preset.name for preset in PRESETS}:
            yield f"$.without[{number}]", _unknown("check", name, [preset.name for preset in PRESETS])
    names = [check.name or kind for kind, check in settings.checks]
    yield from _twice("$.checks", "check", names, "give one of them a 'name'")
    yield from _twice("$.targets", "target", [target.name for target in settings.targets], "names must differ")
    for number, target in enumerate(settings.targets):
        if target.credentials is not None and target.credentials not in settings.credentials:
            yield f"$.targets[{number}].credentials", _unknown("credentials", target.credentials, settings.credentials)
    for number, (kind, check) in enumerate(settings.checks):
        for place, what in _check_rules(check, probes[kind], settings):
            yield f"$.checks[{number}].{place}", what


def _card(file: AgentFile) -> tuple[Card | None, str]:
    """The machine's card, and what is wrong with it: a machine that cannot speak for itself measures all the same."""
    try:
        found = find_card(file.state)
    except CardError as error:
        return None, str(error)
    if found is not None:
        return found.card, found.fault
    joined = read_plate(file.state) is not None and file.uplink.token is None and file.uplink.token_file is None
    return None, f"{card_path(file.state)}: is gone: {MEND}" if joined else ""


def _uplink_rules(settings: AgentSettings) -> Iterator[tuple[str, str]]:
    """Of a machine that did not join everything is asked here; of one that did nothing."""
    file, uplink = settings.file, settings.file.uplink
    yield from ((f"$.uplink.{key}", what) for key, what in problems_of_uplink(uplink))
    if settings.card is not None or settings.card_fault:
        return
    if not file.agent:
        yield "$.agent", "must not be empty"
    if not file.site:
        yield "$.site", "must not be empty"
    yield from ((f"$.uplink{key}", what) for key, what in proof_problems(uplink, _JOIN))


def _rhythm_rules(file: AgentFile) -> Iterator[tuple[str, str]]:
    if not 0 < file.commit_seconds <= _LONGEST_REPORT_SECONDS:
        yield "$.commit_seconds", f"must be more than 0 and at most {_LONGEST_REPORT_SECONDS}"
    if not 0 < file.report_seconds <= _LONGEST_REPORT_SECONDS:
        yield "$.report_seconds", f"must be more than 0 and at most {_LONGEST_REPORT_SECONDS}"


def _check_rules(check: Check, probe: Probe, settings: AgentSettings) -> Iterator[tuple[str, str]]:
    if check.every_seconds <= 0:
        yield "every_seconds", "must be more than 0"
    if check.timeout_seconds <= 0:
        yield "timeout_seconds", "must be more than 0"
    roles = {target.role for target in settings.targets}
    for number, role in enumerate(check.roles):
        if role not in roles:
            yield f"roles[{number}]", _unknown("role", role, roles)
    names = {other.name or kind for kind, other in settings.checks}
    if check.after and check.after not in names:
        yield "after", _unknown("check", check.after, names)
    yield from probe.problems(check, settings.profiles)


def _twice(place: str, what: str, names: list[str], mend: str) -> Iterator[tuple[str, str]]:
    for name, count in Counter(names).items():
        if count > 1:
            last = len(names) - 1 - names[::-1].index(name)
            yield f"{place}[{last}]", f"{what} '{name}' stands {count} times: {mend}"


def _unknown(what: str, given: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(known), n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
    return f"unknown {what} '{given}', {hint}"
