"""What messages and the page of an incident say, in English; no other room of notify holds a text for people."""

from collections.abc import Mapping

import msgspec

from collector.incident import Cause, Confidence, Scope, Trouble
from collector.judgement.clues import ClueKind
from collector.language import marked
from collector.notify.message import Kind


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one language; braces are filled in by ``text``."""

    tag: str
    kinds: Mapping[Kind, str]
    troubles: Mapping[Trouble, str]
    causes: Mapping[Cause, str]
    scopes: Mapping[Scope, str]
    confidences: Mapping[Confidence, str]
    clues: Mapping[str, str]
    labels: Mapping[str, str]

    def __getitem__(self, label: str) -> str:
        return self.labels[label]


ENGLISH = Words(
    tag="en",
    kinds={
        Kind.NEW: marked("INCIDENT"),
        Kind.UPDATE: marked("UPDATE"),
        Kind.ESCALATED: marked("NOT ACKNOWLEDGED"),
        Kind.RESOLVED: marked("RESOLVED"),
        Kind.PAST: marked("PAST INCIDENT"),
        Kind.WITHDRAWN: marked("NO LONGER TOLD"),
    },
    troubles={
        Trouble.DOWN: marked("down"),
        Trouble.DEGRADED: marked("degraded"),
        Trouble.FLAPPING: marked("flapping"),
        Trouble.SILENT: marked("no data"),
        Trouble.UNREPORTED: marked("reports do not arrive"),
    },
    causes={
        Cause.POWER: marked("power failure"),
        Cause.SITE_LAN: marked("router or LAN at the site"),
        Cause.ACCESS_LINK: marked("access link"),
        Cause.ISP: marked("internet provider"),
        Cause.HUB: marked("hub where cables meet"),
        Cause.PROVINCE: marked("the province's own side"),
        Cause.AGENT: marked("agent at the site"),
        Cause.UNKNOWN: marked("not known"),
    },
    scopes={
        Scope.SITE: "{name}",
        Scope.HUB: marked("hub {name}"),
        Scope.PROVIDER: marked("provider {name}"),
        Scope.POWER_AREA: marked("power area {name}"),
        Scope.PROVINCE: marked("the province's centre"),
        Scope.AGENT: marked("agent {name}"),
    },
    confidences={Confidence.PROVISIONAL: marked("provisional"), Confidence.FINAL: marked("final")},
    clues={
        ClueKind.ON_BATTERY: marked("supply {subject} ran on its battery at {time}"),
        ClueKind.ON_MAINS: marked("supply {subject} had mains all the time"),
        ClueKind.POWER_TRAP: marked("supply {subject} told of failed mains at {time}"),
        ClueKind.ROUTER_REBOOTED: marked("router {subject} started anew at {time}"),
        ClueKind.ROUTER_STAYED: marked("router {subject} ran all the time"),
        ClueKind.HOST_REBOOTED: marked("the agent's computer started anew at {time}"),
        ClueKind.HOST_SEEN: marked("the agent's computer was heard right before"),
        ClueKind.HOST_STAYED: marked("the agent at the site measured all the time"),
        ClueKind.LAN_LOST: marked("from inside, the site's router did not answer"),
        ClueKind.LAN_WELL: marked("from inside, the site's router answered"),
        ClueKind.FIRST_HOP_LOST: marked("from inside, the provider's first hop did not answer"),
        ClueKind.FIRST_HOP_WELL: marked("from inside, the provider's first hop answered"),
        ClueKind.CORE_LOST: marked("from inside, the province's core did not answer"),
        ClueKind.CORE_WELL: marked("from inside, the province's core answered"),
        ClueKind.LAN_LOSSY: marked("from inside, {share} of packets to the site's router are lost"),
        ClueKind.LAN_CLEAN: marked("from inside, only {share} of packets to the site's router are lost"),
        ClueKind.FIRST_HOP_LOSSY: marked("from inside, {share} of packets to the provider's first hop are lost"),
        ClueKind.FIRST_HOP_CLEAN: marked("from inside, only {share} of packets to the provider's first hop are lost"),
        ClueKind.CORE_LOSSY: marked("from inside, {share} of packets to the province's core are lost"),
        ClueKind.CORE_CLEAN: marked("from inside, only {share} of packets to the province's core are lost"),
        ClueKind.PATH_ENDED_BEFORE: marked("traced from inside: ends at hop {value}, before the provider's first hop"),
        ClueKind.PATH_ENDED_BEHIND: marked("traced from inside: ends at hop {value}, within the provider's network"),
        ClueKind.SIGNAL_FADED: marked("the signal fell to {value} dBm before the loss"),
        ClueKind.LINK_LOST: marked(
            "link {subject} of {site} has not answered since {time}; the site is reached over another"
        ),
        ClueKind.LOST_TOGETHER: marked("{value} sites of {subject} were lost at the same time"),
        ClueKind.OTHERS_DARK: marked("{value} others of {subject} are without power"),
        ClueKind.NEIGHBOURS_DOWN: marked("{value} others of {subject} were lost at the same time"),
        ClueKind.NEIGHBOURS_WELL: marked("{value} others of {subject} were well meanwhile"),
        ClueKind.ANCHORS_LOST: marked("agent {subject} in the province lost its own surroundings too"),
        ClueKind.AGENT_SILENT: marked("agent {subject} silent since {time}"),
        ClueKind.REPORTS_MISSING: marked("no report from {value} sites since {time}"),
    },
    labels={
        "trial": marked("TRIAL"),
        "trial_site": marked("a site made up for it"),
        "trial_why": marked("This is the daily trial of the way of alerts, not an incident."),
        "where": marked("Where"),
        "what": marked("State"),
        "how_many": marked("Sites"),
        "of": marked("of"),
        "still": marked("{count} still"),
        "dark": marked("{count} others without power"),
        "sites": marked("sites"),
        "one_site": marked("site"),
        "cause": marked("Cause"),
        "was": marked("told before: {cause}"),
        "since": marked("Since"),
        "until": marked("until"),
        "lasted": marked("lasted"),
        "evidence": marked("Evidence"),
        "which": marked("Which"),
        "more": marked("and {count} more"),
        "number": marked("Incident"),
        "acknowledge": marked("Acknowledge"),
        "acknowledged": marked("{person} acknowledged at {time}"),
        "comment": marked("Comment"),
        "comments": marked("Comments"),
        "send": marked("Send the comment"),
        "hello": marked("You are {person}."),
        "expired": marked("This link is wrong or has expired."),
        "over": marked("The incident is over."),
        "whole": marked("All of it, and whom to call (may ask for a login)"),
        "every": marked("All incidents"),
        "day": marked("d"),
        "hour": marked("h"),
        "minute": marked("min"),
        "second": marked("s"),
    },
)
