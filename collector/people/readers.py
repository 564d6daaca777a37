"""Who may read figures: machines by their address, since Prometheus brings no other proof; it opens nothing (core)."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

_SELF = ip_address("127.0.0.1")


class Readers:
    """Addresses and networks from which figures are read."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Raises ValueError where one is neither an address nor a network."""
        self._networks = tuple(ip_network(network) for network in networks)

    def admit(self, client: str, reached: str, *, spoken_for: bool) -> bool:
        """Whether this client may, which reached us at that address; both are empty on a Unix socket.

        Whoever comes from the address that it reached is this machine, by whatever name. ``spoken_for``: somebody says
        that he asks for another, and is nobody whom we believe that; such a one is not the reader.
        """
        if spoken_for:
            return False
        if not client and not reached:
            return True
        try:
            address = ip_address(client)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        near = {address, _SELF} if client == reached else {address}
        return any(each in network for each in near for network in self._networks)
