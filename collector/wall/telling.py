"""What the pages say of an incident's kind, cause and evidence, by the words of the records; it knows no incident."""

from collector.incident import Cause, Confidence, Scope, Trouble
from collector.judgement.clues import ClueKind
from collector.wall.language import marked

CAUSES: dict[str, str] = {
    Cause.POWER: marked("power failure"),
    Cause.SITE_LAN: marked("router or LAN at the site"),
    Cause.ACCESS_LINK: marked("access link"),
    Cause.ISP: marked("internet provider"),
    Cause.HUB: marked("hub where cables meet"),
    Cause.PROVINCE: marked("the province's own side"),
    Cause.AGENT: marked("monitoring agent"),
    Cause.UNKNOWN: marked("not known"),
}
TROUBLES: dict[str, str] = {
    Trouble.DOWN: marked("down"),
    Trouble.DEGRADED: marked("degraded"),
    Trouble.FLAPPING: marked("flapping"),
    Trouble.SILENT: marked("no data"),
}
SCOPES: dict[str, str] = {
    Scope.SITE: marked("{name}"),
    Scope.HUB: marked("hub {name}"),
    Scope.PROVIDER: marked("provider {name}"),
    Scope.POWER_AREA: marked("power area {name}"),
    Scope.PROVINCE: marked("the province's centre"),
    Scope.AGENT: marked("agent {name}"),
}
CONFIDENCES: dict[str, str] = {Confidence.PROVISIONAL: marked("provisional"), Confidence.FINAL: marked("final")}
SILENCES: dict[str, str] = {
    "past": marked("found in a backlog, over already"),
    "maintenance": marked("planned work"),
    "folded": marked("told with another incident"),
}
CLUES: dict[str, str] = {
    ClueKind.ON_BATTERY: marked("supply {subject} ran on its battery at {time}"),
    ClueKind.ON_MAINS: marked("supply {subject} had mains all the while"),
    ClueKind.POWER_TRAP: marked("supply {subject} told of failed mains at {time}"),
    ClueKind.ROUTER_REBOOTED: marked("router {subject} started anew at {time}"),
    ClueKind.ROUTER_STAYED: marked("router {subject} did not restart"),
    ClueKind.HOST_SEEN: marked("the agent's computer still ran right before"),
    ClueKind.HOST_REBOOTED: marked("the agent's computer started anew at {time}"),
    ClueKind.HOST_STAYED: marked("the agent at the site measured all the while"),
    ClueKind.LAN_LOST: marked("from inside the site, the router did not answer"),
    ClueKind.LAN_WELL: marked("from inside the site, the router answered"),
    ClueKind.FIRST_HOP_LOST: marked("from inside the site, the provider's first hop did not answer"),
    ClueKind.FIRST_HOP_WELL: marked("from inside the site, the provider's first hop answered"),
    ClueKind.CORE_LOST: marked("from inside the site, the province's core did not answer"),
    ClueKind.CORE_WELL: marked("from inside the site, the province's core answered"),
    ClueKind.SIGNAL_FADED: marked("the signal had fallen to {value} dBm before"),
    ClueKind.NEIGHBOURS_DOWN: marked("{value} others of {subject} were lost at the same time"),
    ClueKind.NEIGHBOURS_WELL: marked("{value} others of {subject} were well meanwhile"),
    ClueKind.ANCHORS_LOST: marked("agent {subject} in the province lost its own surroundings too"),
    ClueKind.AGENT_SILENT: marked("agent {subject} has not been heard since {time}"),
}
