"""Scenarios of the end-to-end proof in which lines are lost: a site's own, a provider's, a hub's, the province's."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from collector.incident import Cause, Scope
from lab.prove.end_to_end.land import CENTRE, CORE
from lab.prove.end_to_end.play import Play, down

LASTS_SECONDS = 12.0
"""How long a fault goes on after it was told."""
RULES_SECONDS = 33.0
"""... where Prometheus' own rules for sites (a tenth of five minutes) shall fire as well."""


def fibre_cut(play: Play) -> None:
    """An excavator at an important site, long enough for Prometheus' own rule."""
    country = play.stage.country
    with down(play, lambda: country.unplug("A", "s01"), lambda: country.plug("A", "s01")):
        play.told(scope=Scope.SITE, site="s01", severity="critical")
        play.rest(RULES_SECONDS)
        play.check("s01 is not down", holds=play.in_state("down", "s01"))
        play.check("PhusongSiteDown does not fire", holds="PhusongSiteDown" in play.rules)
    play.expect(1, 1)
    play.final(Cause.ACCESS_LINK, scope=Scope.SITE, subject="s01")


def provider_outage(play: Play) -> None:
    """A provider's network loses its way to the province: sites of three hubs, and half of each."""
    with _between(play, CORE, "Viettel"):
        play.told(scope=Scope.PROVIDER, provider="Viettel", severity="critical")
        play.rest(LASTS_SECONDS)
        play.check("one of VNPT is lost", holds=play.in_state("up", "s01", "s03", "s05", "s09", "s14"))
        play.check("Viettel is not down", holds=play.in_state("down", "s02", "s04", "s06", "s10", "s13"))
    play.expect(1, 1)
    play.final(Cause.ISP, scope=Scope.PROVIDER, subject="Viettel")


def hub_down(play: Play) -> None:
    """A hub without sites of other hubs behind it, long enough for Prometheus' own rules."""
    with dead_hub(play, "B"):
        message = play.told(scope=Scope.HUB, hub="B", cause="hub", severity="critical")
        play.check("the text does not name the hub", holds="B" in message.text())
        play.rest(RULES_SECONDS)
        play.check("PhusongHubDown does not fire", holds="PhusongHubDown" in play.rules)
    play.expect(1, 1)
    play.final(Cause.HUB, scope=Scope.HUB, subject="B")


def parent_hub_down(play: Play) -> None:
    """A hub through which another is reached: the sites of both, and one message."""
    with dead_hub(play, "C"):
        play.told(scope=Scope.HUB, hub="C", cause="hub", severity="critical")
        play.rest(LASTS_SECONDS)
        play.check("D's sites are not down", holds=play.in_state("down", "s12", "s13", "s14"))
    play.expect(1, 1)
    play.final(Cause.HUB, scope=Scope.HUB, subject="C")


def province_uplink(play: Play) -> None:
    """Our own line: nothing is known of any site, and no site alarms."""
    with _between(play, CENTRE, CORE):
        play.told(scope=Scope.PROVINCE, cause="province", severity="critical")
        play.rest(RULES_SECONDS)
        play.check("a site is held to be down", holds="down" not in play.states().values())
        play.check("PhusongManySitesUnknown does not fire", holds="PhusongManySitesUnknown" in play.rules)
    play.expect(1, 1)


def flapping(play: Play) -> None:
    """A line that comes and goes: told, told once more that it flaps, and its end."""
    play.fault()
    for _ in range(4):
        with down_again(play, "A", "s04"):
            play.rest(7.0)
        play.rest(2.8)
    play.told(scope=Scope.SITE, site="s04", trouble="down")
    play.told(scope=Scope.SITE, site="s04", trouble="flapping")
    play.expect(1, 1)


def short_losses(play: Play) -> None:
    """A line that is gone for a second now and then is nobody's call."""
    for _ in range(3):
        with down_again(play, "C", "s11"):
            play.rest(0.8)
        play.rest(5.0)
    play.check("s11 is down", holds=not play.in_state("down", "s11"))
    play.expect(0, 0)


def two_at_once(play: Play) -> None:
    """A hub and a line elsewhere: two faults, two messages, each with its cause."""
    country = play.stage.country
    with (
        dead_hub(play, "B"),
        down(play, lambda: country.unplug("A", "s01"), lambda: country.plug("A", "s01")),
    ):
        play.told(scope=Scope.HUB, hub="B", cause="hub")
        play.told(scope=Scope.SITE, site="s01")
        play.rest(LASTS_SECONDS)
    play.expect(2, 2)
    play.final(Cause.HUB, scope=Scope.HUB, subject="B")
    play.final(Cause.ACCESS_LINK, scope=Scope.SITE, subject="s01")


def dead_hub(play: Play, hub: str) -> AbstractContextManager[None]:
    """A hub that passes nothing on."""
    country = play.stage.country
    around = country.neighbours(hub)
    return down(play, lambda: country.swallow(hub, around), lambda: country.pass_on(hub, around))


def down_again(play: Play, near: str, far: str) -> AbstractContextManager[None]:
    """A line that is cut, without a new fault to be timed."""
    country = play.stage.country
    return down(play, lambda: country.unplug(near, far), lambda: country.plug(near, far), timed=False)


def _between(play: Play, near: str, far: str) -> AbstractContextManager[None]:
    country = play.stage.country

    def cut() -> None:
        country.swallow(far, [near])
        country.swallow(near, [far])

    def mend() -> None:
        country.pass_on(far, [near])
        country.pass_on(near, [far])

    return down(play, cut, mend)


SCENES: Mapping[str, Callable[[Play], None]] = {
    "fibre-cut": fibre_cut,
    "provider-outage": provider_outage,
    "hub-down": hub_down,
    "parent-hub-down": parent_hub_down,
    "province-uplink": province_uplink,
    "flapping": flapping,
    "short-losses": short_losses,
    "two-at-once": two_at_once,
}
