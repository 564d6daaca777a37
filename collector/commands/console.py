"""Who types a command, as the log of the collector names them; it proves nothing."""

import os
import pwd


def console() -> str:
    """``console:`` and the user of the machine; behind sudo the one who asked for it."""
    asked = os.environ.get("SUDO_USER", "")
    if asked and os.geteuid() == 0:
        return f"console:{asked}"
    try:
        return f"console:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"console:{os.getuid()}"
