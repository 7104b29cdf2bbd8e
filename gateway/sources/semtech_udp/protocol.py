"""The packet forwarder's datagrams (GWMP v1 and v2): what one is, and the answer that is due.

    byte   0        1  2       3     4 .. 11           12 ..
           version  token      kind  gateway's EUI     JSON
           01 02    as given         first byte first

    kind  name       from      answer       JSON
    00    PUSH_DATA  gateway   PUSH_ACK     rxpk, stat: see gateway.sources.rxpk
    01    PUSH_ACK   server    -            (4 bytes in all)
    02    PULL_DATA  gateway   PULL_ACK     none
    03    PULL_RESP  server    TX_ACK       txpk, from byte 4 on: a downlink
    04    PULL_ACK   server    -            (4 bytes in all)
    05    TX_ACK     gateway   -            none, or what was wrong with a downlink

An answer is 4 bytes: the version and token of the question, and the kind of the answer. PUSH_ACK is due
before anything else is done: the forwarder waits for about 100 ms and does not send again. A gateway is
reached for downlinks at the address of its last PULL_DATA, which it also sends to hold that door open
through NAT; PUSH_DATA comes from another port.

Also read: TX_ACK sent with kind 04 by one Python forwarder, told apart from PULL_ACK by its EUI; bytes
after the EUI of PULL_DATA.

Source: Lora-net/packet_forwarder PROTOCOL.TXT 2 and 3, Lora-net/sx1302_hal packet_forwarder/PROTOCOL.md.
Refused: shorter than 4 bytes, longer than is asked for, another version or kind, a gateway's message
without a whole EUI, PUSH_DATA without JSON. There is no answer to what is refused.
"""

from typing import Literal

from msgspec import Struct

from gateway.errors import Refused

Kind = Literal["push_data", "pull_data", "tx_ack", "from_server"]

HEADER_BYTES = 4
GATEWAY_BYTES = 12
"""Header and EUI: what every message of a gateway begins with."""
PUSH_DATA_BYTES_MIN = GATEWAY_BYTES + len("{}")

_VERSIONS = (1, 2)
_PUSH_DATA, _PUSH_ACK, _PULL_DATA, _PULL_RESP, _PULL_ACK, _TX_ACK = range(6)


class Message(Struct, frozen=True, gc=False):
    """A datagram that is one of the six."""

    kind: Kind
    """"from_server" for what a network server says to gateways: it came to the wrong place."""
    gateway: bytes = b""
    """EUI of the sender, 8 bytes, most significant first; empty for "from_server"."""
    json: bytes = b""
    """The text of PUSH_DATA and TX_ACK."""
    answer: bytes = b""
    """What is to be sent back at once; empty when nothing is due."""


def read(datagram: bytes, bytes_max: int) -> Message:
    """What a datagram of at most so many bytes is.

    Raises:
        Refused: "malformed", with a sentence that says what is wrong with it.
    """
    if len(datagram) < HEADER_BYTES:
        raise _malformed(f"{len(datagram)} bytes, the header alone has {HEADER_BYTES}")
    if len(datagram) > bytes_max:
        raise _malformed(f"longer than {bytes_max} bytes")
    if datagram[0] not in _VERSIONS:
        raise _malformed(f"protocol version {datagram[0]}, known are 1 and 2")
    kind = datagram[3]
    if kind == _PUSH_DATA:
        if len(datagram) < PUSH_DATA_BYTES_MIN:
            raise _malformed(f"PUSH_DATA of {len(datagram)} bytes holds no JSON")
        return Message("push_data", datagram[4:12], datagram[12:], datagram[:3] + b"\x01")
    if kind == _PULL_DATA:
        if len(datagram) < GATEWAY_BYTES:
            raise _malformed(f"PULL_DATA of {len(datagram)} bytes holds no EUI")
        return Message("pull_data", datagram[4:12], b"", datagram[:3] + b"\x04")
    return _without_answer(datagram, kind)


def _without_answer(datagram: bytes, kind: int) -> Message:
    whole = len(datagram) >= GATEWAY_BYTES
    if kind == _TX_ACK and not whole:
        raise _malformed(f"TX_ACK of {len(datagram)} bytes holds no EUI")
    if kind == _TX_ACK or (kind == _PULL_ACK and whole):
        return Message("tx_ack", datagram[4:12], datagram[12:])
    if kind in (_PUSH_ACK, _PULL_RESP, _PULL_ACK):
        return Message("from_server")
    raise _malformed(f"unknown kind {kind} of message")


def _malformed(sentence: str) -> Refused:
    return Refused("malformed", sentence)
