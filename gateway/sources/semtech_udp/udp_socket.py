"""The UDP socket: bound where the config says, with a large buffer, and what the kernel dropped from it."""

import socket
import struct

_SO_MEMINFO = 55
"""linux/socket.h since 4.12; one call tells the drops of a socket, without a byte per datagram."""
_MEMINFO = struct.Struct("=9I")
_MEMINFO_DROPS = 8
"""SK_MEMINFO_DROPS of linux/sock_diag.h."""


def bound(host: str, port: int, receive_buffer: int) -> socket.socket:
    """A non-blocking datagram socket at an address.

    Raises:
        OSError: the address is taken, not on this machine, or not allowed.
    """
    numeric = socket.AI_NUMERICHOST | socket.AI_PASSIVE
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_DGRAM, flags=numeric
    )[0]
    udp = socket.socket(family, kind, protocol)
    try:
        udp.setblocking(False)
        # The kernel cuts it to net.core.rmem_max and doubles it for its own book-keeping.
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if family == socket.AF_INET6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # "[::]" hears IPv4 too
        udp.bind(address)
    except OSError:
        udp.close()
        raise
    return udp


def drops(udp: socket.socket) -> int:
    """Datagrams that found the receive buffer full since the socket was opened; 0 where it is not told."""
    try:
        told = udp.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(told)[_MEMINFO_DROPS])
    except (OSError, struct.error):
        return 0


def text(address: tuple[str, int]) -> str:
    """An address as the config writes it."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
