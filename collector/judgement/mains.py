"""Who is asked whether sites have power when they are lost; it answers nothing itself."""

from typing import Protocol


class Mains(Protocol):
    """Who knows of the supplies of sites."""

    def mains_failed(self, site: str, began_ns: int) -> int | None:
        """When the mains of a site that was lost at a time had failed; None where nothing is known of it."""

    def is_dark(self, site: str, now_ns: int) -> bool:
        """Whether it told just now that its mains are away."""

    def tells_of_mains(self, site: str) -> bool:
        """Whether the site has a supply that tells of itself."""
