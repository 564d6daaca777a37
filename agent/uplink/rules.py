"""What types cannot say of the way to the collector: each rule with its words; it opens nothing."""

from collections.abc import Iterator

from agent.uplink.connection import proxy_problem
from agent.uplink.http import UplinkSettings
from shared.address import address_problem
from shared.secret import header_problem

_LEAST_MEGABYTES = 30
"""A request over TLS each quarter of an hour, with room to spare."""
_LONGEST_SECONDS = 300
_LONGEST_RETRY_SECONDS = 3600


def problems_of(uplink: UplinkSettings) -> Iterator[tuple[str, str]]:
    """Key and fault of what is wrong, whoever the machine is."""
    problem = proxy_problem(uplink.proxy) if uplink.proxy is not None else ""
    if problem:
        yield "proxy", problem
    if not 0 < uplink.timeout_seconds <= _LONGEST_SECONDS:
        yield "timeout_seconds", f"must be more than 0 and at most {_LONGEST_SECONDS}"
    if not 0 < uplink.retry_first_seconds <= uplink.retry_cap_seconds:
        yield "retry_first_seconds", "must be more than 0 and at most retry_cap_seconds"
    if not 0 < uplink.retry_cap_seconds <= _LONGEST_RETRY_SECONDS:
        yield "retry_cap_seconds", f"must be more than 0 and at most {_LONGEST_RETRY_SECONDS}"
    if uplink.monthly_megabytes is not None and uplink.monthly_megabytes < _LEAST_MEGABYTES:
        yield "monthly_megabytes", f"must be at least {_LEAST_MEGABYTES}: the newest state alone costs that much"


def proof_problems(uplink: UplinkSettings, mend: str) -> Iterator[tuple[str, str]]:
    """The same of a machine that did not join; ``mend`` says how it does."""
    problem = address_problem(uplink.url)
    if problem:
        yield ".url", problem if uplink.url else f"{problem}: {mend}"
    if uplink.token is not None and uplink.token_file is not None:
        yield "", "give one of 'token' and 'token_file'"
    if uplink.token is None and uplink.token_file is None:
        yield "", f"give one of 'token' and 'token_file': {mend}"
    if uplink.token is not None and (problem := header_problem(uplink.token)):
        yield ".token", problem
