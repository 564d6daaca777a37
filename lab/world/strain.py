"""What is wrong at a site at one moment, and what follows for who reaches whom; it keeps no time and draws nothing."""

from dataclasses import dataclass, fields
from functools import cached_property

PACKETS = 5
"""Of each train of echo requests, as the probe has it where its settings say nothing else."""


@dataclass(frozen=True, kw_only=True)
class Strain:
    """All that is wrong at one site at one moment; the default is a site where nothing is.

    There are few, and each is asked what follows from it a million times.
    """

    line_cut: bool = False
    """Between the site's router and the provider's first hop nothing passes."""
    main_cut: bool = False
    """The same of the main link only, where there is another."""
    backup_cut: bool = False
    """Nothing passes over the second link; all else here strikes both."""
    hop_dead: bool = False
    """The provider's first hop, at the hub, is dead."""
    core_cut: bool = False
    """Behind the first hop, in the provider's network, nothing passes."""
    router_hung: bool = False
    """The router has power and does nothing."""
    dark: bool = False
    """Router and agent's computer have no power, or are starting."""
    host_off: bool = False
    """The agent's computer is switched off, or is starting."""
    agent_away: bool = False
    """The agent's program does not run; its computer does."""
    unplugged: bool = False
    """The agent's computer does not reach the router."""
    on_battery: bool = False
    no_names: bool = False
    """The resolver does not answer."""
    collector_away: bool = False
    """At the province: the collector does not run."""
    deaf: bool = False
    """At the province: what agents send from outside does not reach the collector."""
    maintained: bool = False
    """Somebody works there and has said so."""
    loss: float = 0.0
    """Probability that an echo has no reply, beside the line's own."""
    burst_loss: float = 0.0
    """Probability that a whole train meets a bad spell, in which four of five packets are lost."""
    delay_seconds: float = 0.0
    """On top of the usual round-trip time."""
    fade_db: float = 0.0
    """How much less light or signal arrives than usual."""
    clock_seconds: float = 0.0
    """How far the wall clock of the agent's computer is ahead of the truth."""

    @cached_property
    def answers(self) -> bool:
        """Whether the router would answer who reaches it from inside."""
        return not (self.dark or self.router_hung)

    @cached_property
    def reached(self) -> bool:
        """Whether the router answers the province, as far as the site and its ways are concerned."""
        return self._open and not (self.main_cut and self.backup_cut)

    @cached_property
    def by_main(self) -> bool:
        """Whether it does over the main link."""
        return self._open and not self.main_cut

    @cached_property
    def by_backup(self) -> bool:
        """Whether it would over a second link."""
        return self._open and not self.backup_cut

    @cached_property
    def whole(self) -> bool:
        """Whether it does over every link that it has."""
        return self._open and not (self.main_cut or self.backup_cut)

    @cached_property
    def _open(self) -> bool:
        return not (self.dark or self.router_hung or self.line_cut or self.hop_dead or self.core_cut)

    @cached_property
    def host_runs(self) -> bool:
        """Whether the agent's computer does."""
        return not (self.dark or self.host_off)

    @cached_property
    def measures(self) -> bool:
        """Whether the agent works."""
        return self.host_runs and not self.agent_away

    @cached_property
    def meets_gateway(self) -> bool:
        """Whether the agent's pings of the router are answered."""
        return self.answers and not self.unplugged

    @cached_property
    def meets_hop(self) -> bool:
        """Whether the agent reaches the first hop of the main link's provider."""
        return self.meets_gateway and not (self.line_cut or self.main_cut or self.hop_dead)

    @cached_property
    def meets_core(self) -> bool:
        """Whether the agent reaches what lies behind the provider's network."""
        cut = self.line_cut or (self.main_cut and self.backup_cut) or self.hop_dead or self.core_cut
        return self.meets_gateway and not cut

    @cached_property
    def lossy(self) -> bool:
        """Whether packets are lost or late beyond what the line always does."""
        return bool(self.loss or self.burst_loss or self.delay_seconds)


WELL = Strain()


def joined(one: Strain, other: Strain) -> Strain:
    """Both at once: what either breaks is broken, losses are independent, the rest adds up."""
    if one == WELL:
        return other
    values: dict[str, bool | float] = {}
    for field in fields(Strain):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, bool):
            values[field.name] = left or right
        elif field.name.endswith("loss"):
            values[field.name] = 1.0 - (1.0 - left) * (1.0 - right)
        else:
            values[field.name] = left + right
    return Strain(**values)  # type: ignore[arg-type]
