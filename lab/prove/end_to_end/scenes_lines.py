"""Scenarios of the end-to-end proof in which a line is lost: a site's own, a provider's, a hub's, the province's."""

from collections.abc import Callable, Mapping

from collector.incident import Cause, Scope
from lab.prove.end_to_end.play import Play, down

LASTS_SECONDS = 12.0
"""How long a fault goes on after it was told."""


def fibre_cut(play: Play) -> None:
    """An excavator at one site."""
    country = play.stage.country
    with down(play, lambda: country.unplug("A", "s01"), lambda: country.plug("A", "s01")):
        play.told(scope=Scope.SITE, site="s01", severity="critical")
        play.rest(LASTS_SECONDS)
        play.check("s01 is not down", holds=play.in_state("down", "s01"))
    play.expect(1, 1)
    play.final(Cause.ACCESS_LINK, scope=Scope.SITE, subject="s01")


SCENES: Mapping[str, Callable[[Play], None]] = {"fibre-cut": fibre_cut}
