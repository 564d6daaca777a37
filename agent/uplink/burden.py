"""Whether statement and descriptions may go beside records, which must not suffer for them; it sends nothing itself."""

_PAUSE_NS = 3600 * 1_000_000_000


class Burden:
    """After a batch was refused for good its records are tried alone: what is taken then was refused for its burden."""

    def __init__(self) -> None:
        self._until_ns = 0
        self._why = ""

    def may_go(self, now_ns: int) -> bool:
        """Whether a batch may carry more than records."""
        return now_ns >= self._until_ns

    def refused(self, reason: str, now_ns: int) -> None:
        """A batch that carried more was refused."""
        self._until_ns, self._why = now_ns + _PAUSE_NS, reason

    def innocent(self) -> None:
        """One without was refused too."""
        self._until_ns, self._why = 0, ""

    def guilty(self) -> str:
        """One was taken: why the one before was not, where it carried more; told once."""
        why, self._why = self._why, ""
        return why
