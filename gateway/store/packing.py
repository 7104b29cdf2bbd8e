"""How a row's blobs are packed: MessagePack arrays, so that few bytes reach the card.

radio   [kind, radio, receptions, gateway time, GPS time, modem address, server, flags]
        kind 0: frame, 1: application event (server = its own array), 2: malformed
        flags 1: it may have waited on its way here, 2: it comes from a recording
body    [[reading, ...], sentence or nil]
reading [series id, time in ns, value, value, ...]   values in the order of the series' fields
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from decoders.contract import FieldValue
from gateway.model import ApplicationUplink, Frame, Heard, Malformed, Radio, Reception, Stamp

FRAME, APPLICATION, MALFORMED = 0, 1, 2
WAITED, RECORDED = 1, 2

Packed = Sequence[int | FieldValue]
"""One reading: series id, time in ns, then its values."""


class ServerPart(Struct, frozen=True, array_like=True):
    """What an application event says beyond a frame."""

    server: Literal["chirpstack", "the_things_stack"]
    event_id: str
    session_id: str
    dev_eui: str
    dev_addr: str
    f_port: int | None
    object_json: bytes | None


class RadioPart(Struct, frozen=True, array_like=True):
    """The radio metadata of a row: everything needed to show and to interpret it again."""

    kind: int
    radio: Radio
    receptions: tuple[Reception, ...]
    gateway_time_ns: int | None = None
    gps_time_ns: int | None = None
    address: int | None = None
    server: ServerPart | None = None
    flags: int = 0


_encoder = msgspec.msgpack.Encoder()
_radio_decoder = msgspec.msgpack.Decoder(RadioPart)
_body_decoder = msgspec.msgpack.Decoder(tuple[list[list[int | float | bool | str]], str | None])

pack_radio = _encoder.encode
"""RadioPart -> bytes."""


def unpack_radio(blob: bytes) -> RadioPart:
    """The inverse of `pack_radio`."""
    return _radio_decoder.decode(blob)


def pack_heard(heard: Heard) -> tuple[bytes, bytes]:
    """(phy, radio) of a row: the bytes as heard, and everything known about the hearing."""
    if isinstance(heard, Frame):
        part = RadioPart(
            FRAME,
            heard.radio,
            heard.receptions,
            heard.gateway_time_ns,
            heard.gps_time_ns,
            heard.address,
            flags=_flags(heard),
        )
        return heard.phy, pack_radio(part)
    if isinstance(heard, ApplicationUplink):
        server = ServerPart(
            heard.server, heard.event_id, heard.session_id, heard.dev_eui, heard.dev_addr,
            heard.f_port, heard.object_json,
        )  # fmt: skip
        part = RadioPart(
            APPLICATION, heard.radio, heard.receptions, heard.gateway_time_ns, heard.gps_time_ns,
            None, server, _flags(heard),
        )  # fmt: skip
        return heard.payload, pack_radio(part)
    return heard.raw, pack_radio(RadioPart(MALFORMED, Radio(), ()))


def _flags(heard: Frame | ApplicationUplink) -> int:
    return (0 if heard.live else WAITED) | (RECORDED if heard.recorded else 0)


def unpack_heard(
    phy: bytes, radio: bytes, source: str, received: Stamp, f_cnt: int | None, sentence: str | None
) -> Heard:
    """The inverse of `pack_heard`, with what other columns of the row say."""
    part = unpack_radio(radio)
    if part.kind == FRAME:
        return Frame(
            source, phy, part.radio, part.receptions, received,
            gateway_time_ns=part.gateway_time_ns, gps_time_ns=part.gps_time_ns, address=part.address,
            live=not part.flags & WAITED, recorded=bool(part.flags & RECORDED),
        )  # fmt: skip
    if part.kind == APPLICATION and part.server is not None:
        server = part.server
        return ApplicationUplink(
            source, server.server, server.event_id, server.session_id, server.dev_eui,
            server.dev_addr, f_cnt or 0, server.f_port, phy, server.object_json, part.radio,
            part.receptions, received, part.gateway_time_ns, part.gps_time_ns,
            live=not part.flags & WAITED, recorded=bool(part.flags & RECORDED),
        )  # fmt: skip
    return Malformed(source, phy, sentence or "", received)


def pack_body(readings: Sequence[Packed], sentence: str | None = None) -> bytes:
    """Readings of a row and, when it was refused, the sentence that says why."""
    return _encoder.encode((readings, sentence))


def unpack_body(blob: bytes) -> tuple[list[list[int | FieldValue]], str | None]:
    """The inverse of `pack_body`."""
    return _body_decoder.decode(blob)
