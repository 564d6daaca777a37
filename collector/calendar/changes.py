"""What commands and pages do to a list of maintenance windows; it opens no file and reads no clock."""

from collections.abc import Iterable
from datetime import tzinfo

import msgspec

from collector.calendar.windows import Window, local_ns, written


def end_now(windows: list[Window], name: str, zone: tzinfo, now_ns: int) -> str:
    """What has begun ends now and stays for reports; what has not is taken out. Gives what was done, in words.

    Raises ValueError where there is no window of that name.
    """
    place = next((number for number, window in enumerate(windows) if window.id == name), None)
    if place is None:
        known = ", ".join(window.id for window in windows) or "none"
        raise ValueError(f"there is no window '{name}': known are {known}")
    window, now = windows[place], written(now_ns, zone)
    if local_ns(window.begins, zone) >= local_ns(now, zone):
        del windows[place]
        return "cancelled before it began"
    if window.ends and local_ns(window.ends, zone) <= now_ns:
        return "was over already"
    windows[place] = msgspec.structs.replace(window, ends=now)
    return "ended"


def next_name(windows: Iterable[Window], begins: str) -> str:
    """A name that no window has: its first day and a number."""
    taken = {window.id for window in windows}
    stem = begins[:10].replace("-", "")
    return next(each for number in range(1, len(taken) + 2) if (each := f"{stem}-{number}") not in taken)
