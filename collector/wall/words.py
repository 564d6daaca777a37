"""What the wall and its script say, by name; the script gets them as JSON, and holds no text of its own."""

import msgspec

from collector.language import marked
from collector.wall.language import language_in


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one language."""

    tag: str
    up: str
    degraded: str
    down: str
    unknown: str
    maintenance: str
    of: str
    problems: str
    no_problems: str
    more: str
    changes: str
    no_changes: str
    new: str
    data_age: str
    covered: str
    covered_why: str
    sites: str
    state: str
    since: str
    district: str
    day: str
    hour: str
    minute: str
    second: str
    elsewhere: str
    reason: str
    screen: str
    power: str
    site_lan: str
    access_link: str
    isp: str
    hub: str
    province: str
    agent: str
    down_today: str
    down_most: str
    never_down: str
    path: str
    path_overdue: str
    path_never: str
    path_none: str
    log_in: str
    ways: str
    to_problems: str
    to_sites: str
    map: str
    incidents: str
    reports: str
    inventory: str

    def cause_word(self, cause: str) -> str:
        """A cause as people say it; nothing where it is not known."""
        return str(getattr(self, cause, "")) if cause in _CAUSES else ""

    def state_word(self, state: str) -> str:
        """A state as people say it."""
        return str(getattr(self, state))


_CAUSES = frozenset({"power", "site_lan", "access_link", "isp", "hub", "province", "agent"})
TEXTS: dict[str, str] = {
    "up": marked("Up"),
    "degraded": marked("Degraded"),
    "down": marked("Down"),
    "unknown": marked("Unknown"),
    "maintenance": marked("Maintenance"),
    "of": marked("of"),
    "problems": marked("Problems"),
    "no_problems": marked("No problems"),
    "more": marked("{n} more"),
    "changes": marked("Latest changes"),
    "no_changes": marked("No changes yet"),
    "new": marked("new"),
    "data_age": marked("Data"),
    "covered": marked("NO FRESH DATA"),
    "covered_why": marked("This screen receives no new evaluation. Do not trust what lies behind."),
    "sites": marked("Sites"),
    "state": marked("State"),
    "since": marked("Since"),
    "district": marked("District"),
    "day": marked("d"),
    "hour": marked("h"),
    "minute": marked("min"),
    "second": marked("s"),
    "elsewhere": marked("Elsewhere"),
    "reason": marked("Reason"),
    "screen": marked("Screen"),
    "power": marked("power failure"),
    "site_lan": marked("router or LAN"),
    "access_link": marked("access link"),
    "isp": marked("provider"),
    "hub": marked("cable hub"),
    "province": marked("our own side"),
    "agent": marked("monitoring agent"),
    "down_today": marked("Sites down, 24 h"),
    "down_most": marked("most {n}, {time}"),
    "never_down": marked("none"),
    "path": marked("Alerts proven {time}"),
    "path_overdue": marked("Alerts unproven since {time}"),
    "path_never": marked("Alerts never proven"),
    "path_none": marked("Alerts are not tried"),
    "log_in": marked("Log in"),
    "ways": marked("Pages"),
    "to_problems": marked("To the problems"),
    "to_sites": marked("To the sites"),
    "map": marked("Map"),
    "incidents": marked("Incidents"),
    "reports": marked("Reports"),
    "inventory": marked("Inventory"),
}


def words_in(tag: str) -> Words:
    """The texts of a language; Vietnamese where it is not known."""
    language = language_in(tag)
    return Words(tag=language.tag, **{name: language.say(text) for name, text in TEXTS.items()})
