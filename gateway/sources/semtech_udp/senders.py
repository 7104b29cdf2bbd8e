"""Whom the source hears: allow-lists of networks and gateways. Pure.

The protocol has no authentication: anyone can send any EUI from any address. The lists keep honest
strangers out and raise the price for others; what proves a frame genuine is its MIC.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

HOSTS_MAX = 1024
"""Sender addresses whose verdict is remembered."""


class Senders:
    """The senders that are heard; an empty list hears all."""

    def __init__(self, gateways: Iterable[str], networks: Iterable[str]) -> None:
        self._gateways = frozenset(bytes.fromhex(eui) for eui in gateways)
        self._networks = tuple(ipaddress.ip_network(text) for text in networks)
        self._in_networks = lru_cache(maxsize=HOSTS_MAX)(self._judged)

    @property
    def are_limited(self) -> bool:
        """Whether there is any list."""
        return bool(self._gateways or self._networks)

    def hear_host(self, host: str) -> bool:
        """Whether datagrams from this address, as the socket names it, are heard."""
        return not self._networks or self._in_networks(host)

    def hear_gateway(self, eui: bytes) -> bool:
        """Whether messages with this EUI are heard."""
        return not self._gateways or eui in self._gateways

    def _judged(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        # A socket for both families names IPv4 senders ::ffff:192.0.2.1.
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any((mapped or address) in network for network in self._networks)
