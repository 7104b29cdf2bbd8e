"""`[[sources.semtech_udp]]`: where packet forwarders are heard, and which of them."""

import ipaddress

from pydantic import Field, field_validator

from gateway.settings import Size, SourceSection

DATAGRAM_BYTES_MAX = 65_507
"""What fits into one UDP datagram over IPv4."""


class SemtechUdpSection(SourceSection):
    """The keys of one UDP port."""

    listen: str = "127.0.0.1:1700"
    """Address and port; an IPv6 address stands in brackets."""
    allow_gateways: tuple[str, ...] = ()
    """EUIs that are heard, as 16 lower-case hex digits; none: all are."""
    allow_networks: tuple[str, ...] = ()
    """Networks whose datagrams are heard; none: all are."""
    datagram_max: Size = Field(default="16 KiB", ge=4096, le=DATAGRAM_BYTES_MAX)  # type: ignore[assignment]
    """Longer datagrams are refused. 64 rxpk of the usual 250 bytes of JSON are 16,000 bytes; the 8 that a
    forwarder sends at most, each with the longest frame, are 4,300."""
    receive_buffer: Size = Field(default="4 MiB", ge=64 * 1024, le=2**28)  # type: ignore[assignment]
    """Asked of the kernel for bursts; it gives net.core.rmem_max at most."""

    @field_validator("listen")
    @classmethod
    def _listen_is_a_place(cls, value: str) -> str:
        place(value)
        return value

    @field_validator("allow_gateways")
    @classmethod
    def _euis_in_one_form(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_eui(text) for text in value)

    @field_validator("allow_networks")
    @classmethod
    def _networks_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ipaddress.ip_network(text)
            except ValueError as fault:
                raise ValueError(f'write networks such as "192.168.1.0/24": {fault}') from None
        return value


def place(listen: str) -> tuple[str, int]:
    """Address and port of text such as "0.0.0.0:1700" or "[::1]:1700".

    Raises:
        ValueError: the text is no such place; the message says what to write.
    """
    host, colon, port = listen.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    whole = colon and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65_535
    if not whole or (":" in host) != bracketed:
        raise ValueError('write address and port, such as "0.0.0.0:1700" or "[::]:1700"')
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A name may stand for an IPv6 and an IPv4 address, and forwarders use the one not bound.
        raise ValueError('write the address itself, such as "127.0.0.1:1700"') from None
    return host, int(port)


def _eui(text: str) -> str:
    eui = text.replace("-", "").replace(":", "").lower()
    if len(eui) != 16 or not set(eui) <= set("0123456789abcdef"):
        raise ValueError('write EUIs as 16 hex digits, such as "0016c001ff10a235"')
    return eui
