"""What the last day of a site says, on its page and in the modules of the page."""

from collections.abc import Mapping

import msgspec

from collector.language import marked

TEXTS: Mapping[str, str] = {
    "day": marked("Last 24 hours"),
    "loss": marked("Packet loss"),
    "rtt": marked("Round-trip time"),
    "no_day": marked("Nothing was measured in the last 24 hours."),
    "unmeasured": marked("not measured"),
    "forgotten": marked("no figures: they begin at"),
    "forgotten_short": marked("no figures"),
    "day_until": marked("until"),
    "newest_train": marked("last measured"),
    "packets": marked("from the fastest packet to the slowest"),
    "median": marked("slowest median of each 5 minutes"),
    "no_reply": marked("no reply"),
    "by_hour": marked("Figures by the hour"),
    "hour": marked("Hour"),
    "worst": marked("Worst 5 minutes"),
    "measured": marked("Measured"),
    "minutes": marked("min"),
    "last_1": marked("1 h"),
    "last_6": marked("6 h"),
    "last_24": marked("24 h"),
    "shown_span": marked("Time span"),
    "cursor": marked("Time cursor"),
    "how_to_zoom": marked("Drag to zoom, double click for the whole day"),
    "old": marked("This page is no longer renewed. What stands here is of"),
}
_OF_MODULES = (
    "loss",
    "rtt",
    "unmeasured",
    "forgotten_short",
    "no_reply",
    "last_1",
    "last_6",
    "last_24",
    "cursor",
    "how_to_zoom",
)


def of_modules(words: Mapping[str, str]) -> str:
    """What the modules say, as JSON: they hold no text of their own."""
    return msgspec.json.encode({name: words[name] for name in _OF_MODULES}).decode()
