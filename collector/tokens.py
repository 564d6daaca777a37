"""What the settings say of agents by name: their tokens, and of whose sites they may tell; it lets nobody in."""

from collections.abc import Callable, Iterable

from collector.ingest.admission import Register
from collector.settings import CollectorSettings, KnownAgent
from shared.secret import Secret, header_problem, read_secret


def token_of(agent: KnownAgent) -> Secret | None:
    """The agent's token, from the settings or its file; raises OSError or ValueError where the file holds none."""
    if agent.token_file is None:
        return agent.token
    token = read_secret(agent.token_file)
    if fault := header_problem(token):
        raise ValueError(f"{agent.token_file}: {fault}")
    return token


def register_of(settings: CollectorSettings) -> Register:
    """The agents of the settings that have one; raises as :func:`token_of`."""
    tokens = {agent.name: token for agent in settings.agents if (token := token_of(agent)) is not None}
    return Register(tokens, {agent.name: agent.site for agent in settings.agents})


def reach_of(settings: CollectorSettings) -> Callable[[str, bool], bool]:
    """Whether an agent, with a key or without, may tell of sites that are not its own."""
    said = {agent.name: agent.reports_on for agent in settings.agents}
    return lambda agent, has_key: (said.get(agent) or ("own" if has_key else "all")) == "all"


def only_of_themselves(settings: CollectorSettings, agents: Iterable[str]) -> frozenset[str]:
    """Those of the agents of which it is sure that they may tell of their own site only."""
    return frozenset(agents) - {agent.name for agent in settings.agents if agent.reports_on != "own"}
