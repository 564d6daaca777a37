"""How many sites of a part of the network must be lost for it to be the part that failed; it looks at none."""

from collector.incident import Scope
from collector.judgement.settings import JudgementSettings


def share_of(scope: Scope, settings: JudgementSettings) -> float:
    """The share of a part's sites that must be lost."""
    return {
        Scope.HUB: settings.hub_share,
        Scope.PROVIDER: settings.provider_share,
        Scope.POWER_AREA: settings.power_share,
        Scope.PROVINCE: settings.blind_share,
    }[scope]


def least_of(scope: Scope, settings: JudgementSettings) -> int:
    """So many of them at least."""
    return {
        Scope.HUB: settings.hub_sites,
        Scope.PROVIDER: settings.provider_sites,
        Scope.POWER_AREA: settings.power_sites,
        Scope.PROVINCE: settings.blind_sites,
    }[scope]
