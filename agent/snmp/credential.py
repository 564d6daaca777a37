"""What makes a credential usable, and how one is read from options and an environment; it keeps no secret itself."""

from collections.abc import Iterator, Mapping

from agent.probe import Credential
from shared.secret import Secret

VERSIONS = ("1", "2c", "3")
AUTHENTICATION = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIVACY = ("AES-128", "AES-192", "AES-256")
DEFAULT_COMMUNITIES = frozenset({"public", "private"})
SHORTEST_KEY = 8
"""RFC 3414, section 11.2: passwords shorter than eight characters are refused by devices too."""


def credential_problems(credential: Credential) -> Iterator[tuple[str, str]]:
    """What keeps a credential from being used, as (field, what); nothing when it can be."""
    if credential.version not in VERSIONS:
        yield "version", f"there is no SNMP version {credential.version!r}: 1, 2c or 3"
    elif credential.version == "3":
        yield from _v3_problems(credential)
    else:
        yield from _community_problems(credential)


def credential_from_options(
    version: str, community: str | None, user: str | None, environment: Mapping[str, str]
) -> Credential:
    """A credential for a probe by hand.

    Keys come from the environment, never from the command line, where every user of the machine can read them:
    ``PHUSONG_SNMP_COMMUNITY``, ``PHUSONG_SNMP_AUTHENTICATION`` (a protocol, SHA-256 where only its key is given),
    ``PHUSONG_SNMP_AUTHENTICATION_KEY``, ``PHUSONG_SNMP_PRIVACY`` (AES-128), ``PHUSONG_SNMP_PRIVACY_KEY``.
    """
    said = community or environment.get("PHUSONG_SNMP_COMMUNITY")
    authentication_key = environment.get("PHUSONG_SNMP_AUTHENTICATION_KEY")
    privacy_key = environment.get("PHUSONG_SNMP_PRIVACY_KEY")
    return Credential(
        version=version,
        community=Secret(said) if said else None,
        user=user,
        authentication=environment.get("PHUSONG_SNMP_AUTHENTICATION", "SHA-256") if authentication_key else None,
        authentication_key=Secret(authentication_key) if authentication_key else None,
        privacy=environment.get("PHUSONG_SNMP_PRIVACY", "AES-128") if privacy_key else None,
        privacy_key=Secret(privacy_key) if privacy_key else None,
        # Typed by hand, so it is meant.
        allow_default_community=True,
    )


def _community_problems(credential: Credential) -> Iterator[tuple[str, str]]:
    if credential.community is None or not credential.community.reveal():
        yield "community", f"SNMP version {credential.version} wants a community"
    elif credential.community.reveal() in DEFAULT_COMMUNITIES and not credential.allow_default_community:
        what = "is one that every scanner tries: change it on the device, or say 'allow_default_community: true'"
        yield "community", what


def _v3_problems(credential: Credential) -> Iterator[tuple[str, str]]:
    if not credential.user:
        yield "user", "SNMP version 3 wants a user"
    pairs = (
        ("authentication", credential.authentication, credential.authentication_key, AUTHENTICATION),
        ("privacy", credential.privacy, credential.privacy_key, PRIVACY),
    )
    for name, protocol, key, known in pairs:
        if protocol is not None and protocol not in known:
            yield name, f"there is no {name} {protocol!r}: {', '.join(known)}"
        if (protocol is None) != (key is None):
            yield name, f"'{name}' and '{name}_key' go together"
        if key is not None and len(key.reveal()) < SHORTEST_KEY:
            yield f"{name}_key", f"is shorter than {SHORTEST_KEY} characters, which SNMPv3 does not allow"
    if credential.privacy is not None and credential.authentication is None:
        yield "privacy", "SNMPv3 has no privacy without authentication"
