"""What probes of SNMP offer on the command line: a credential from options, environment or a file; it asks nobody."""

from collections.abc import Mapping
from pathlib import Path

from agent.probe import ByHand, Credential
from agent.snmp.credential import credential_from_options, credential_problems
from shared.settings import SettingsError, load


def _by_hand(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Credential:
    """Raises SettingsError where the options make no credential that can be used."""
    file = options.get("credential-file")
    if file is not None:
        credential = load(Path(file), Credential)
    else:
        version = options.get("version") or ("3" if options.get("user") else "2c")
        credential = credential_from_options(version, options.get("community"), options.get("user"), environment)
    problems = [f"{place}: {what}" for place, what in credential_problems(credential)]
    if problems:
        raise SettingsError(problems)
    return credential


BY_HAND = ByHand(
    options={
        "version": "1, 2c (default) or 3",
        "community": "v1, v2c: community; PHUSONG_SNMP_COMMUNITY in the environment keeps it out of process lists",
        "credential-file": "YAML file with version, community or user, authentication, authentication_key, ...",
        "user": "v3: user; its keys come from PHUSONG_SNMP_AUTHENTICATION_KEY and PHUSONG_SNMP_PRIVACY_KEY",
    },
    credential=_by_hand,
)
