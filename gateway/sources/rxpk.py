"""Frames from the JSON of packet forwarders: what a PUSH_DATA, some MQTT bridges and recordings hold.

    {"rxpk": [{"tmst": 3512348611, "time": "2021-02-24T21:16:42.906774Z", "tmms": 1298236621906,
               "freq": 866.349812, "chan": 2, "stat": 1, "modu": "LORA", "datr": "SF7BW125", "codr": "4/6",
               "rssi": -35, "lsnr": 5.1, "size": 14, "data": "QDADRQGALC8A/mnv6+c="}, ...],
     "stat": {"time": "2021-02-25 01:01:43 GMT", "rxnb": 2, "rxok": 1, "ackr": 100.0, ...}}

    data  the frame, base64            stat (of rxpk)  CRC: 1 right, -1 wrong, 0 none
    tmst  concentrator's µs counter    lsnr            dB; missing for FSK
    size  not read: it is wrong too often             rsig  one hearing per antenna, instead of rssi and lsnr

Also one bare rxpk object. A message is decoded in one step into typed structs. Where that fails, each rxpk
is read for itself, so that a bad one does not lose its neighbours, and a key of the wrong type is taken
for a missing key: only a frame without bytes is malformed. Seen and read: datr as number or text, codr of
any kind, `"time": ""`, base64 without padding or with the URL alphabet, `?` and `nan` where C printed
them for a number, zero bytes after the text, text in another encoding than UTF-8.

Source: Lora-net/packet_forwarder PROTOCOL.TXT 4, Lora-net/sx1302_hal packet_forwarder/PROTOCOL.md 4.
Refused as Malformed, raw text kept: what is no JSON object; an rxpk without data, with data that is not
base64 or longer than a radio frame can be; the rxpk after the 64th of one message.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from gateway.model import Crc, Frame, Heard, Malformed, ReceiverReport, Reception, Stamp
from gateway.sources.data_rate import radio
from gateway.sources.gateway_time import unix_ns, unix_ns_from_gps_ms
from gateway.sources.rxpk_mending import converted, mended, phy_payload

RXPK_MAX = 64
"""Read of one message. A forwarder sends 8 by default; 8 channels of 8 frames fill this."""
ANTENNAS_MAX = 16
"""Hearings read of one `rsig`; the largest gateways have 4 antennas."""
FIGURES_MAX = 64
"""Figures kept of one `stat`; the longest seen has 18."""
_FIGURE_CHARS_MAX = 64

_ShortText = Annotated[str, Meta(max_length=16)]
"""Longer values of `modu`, `datr` and `codr` mean nothing and must not fill the cache of radios."""
_TimeText = Annotated[str, Meta(max_length=64)]


class Rsig(Struct, frozen=True, gc=False):
    """What one antenna heard of a frame."""

    ant: int | None = None
    chan: int | None = None
    rssic: float | None = None
    """Strength of the channel, dBm."""
    rssis: float | None = None
    """Strength of the signal, dBm; often missing."""
    lsnr: float | None = None


class Rxpk(Struct, frozen=True, gc=False):
    """The keys of an rxpk that are read; names, types and units are the protocol's."""

    data: str | None = None
    time: _TimeText | None = None
    tmst: int | None = None
    tmms: int | None = None
    freq: float | None = None
    chan: int | None = None
    stat: int | None = None
    modu: _ShortText | None = None
    datr: _ShortText | int | None = None
    codr: _ShortText | None = None
    rssi: float | None = None
    rssis: float | None = None
    lsnr: float | None = None
    ant: int | None = None
    rsig: list[Rsig] | None = None


class _Message(Struct, frozen=True, gc=False):
    rxpk: Annotated[list[Rxpk], Meta(max_length=RXPK_MAX)] | None = None
    stat: object = None


class _Pieces(Struct, frozen=True, gc=False):
    rxpk: Raw = Raw(b"null")
    stat: Raw = Raw(b"null")


class _Origin(Struct, frozen=True, gc=False):
    """What is the same for all frames of a message."""

    source: str
    receiver: str
    received: Stamp
    live: bool
    recorded: bool


_MESSAGE = Decoder(_Message)
_PIECES = Decoder(_Pieces)
_PIECE_LIST = Decoder(list[Raw])
_RXPK = Decoder(Rxpk)
_ANYTHING = Decoder()
_CRC: dict[int | None, Crc] = {1: "ok", -1: "bad"}


def frames_from_json(
    raw: bytes,
    *,
    source: str,
    receiver: str,
    received: Stamp,
    live: bool = True,
    recorded: bool = False,
) -> tuple[list[Heard], ReceiverReport | None]:
    """What a message of one receiver holds: its frames in order, and what the receiver says of itself.

    Never raises for anything in `raw`; what cannot be read is in the list as Malformed.
    """
    origin = _Origin(source, receiver, received, live, recorded)
    try:
        message = _MESSAGE.decode(raw)
        if message.rxpk is None and _is_bare(raw, message.stat):
            return _each([raw], origin), None
        heard: list[Heard] = [_frame(rxpk, origin) for rxpk in message.rxpk or ()]
    except (ValueError, RecursionError):
        return _piece_by_piece(raw, origin)
    return heard, None if message.stat is None else _report(message.stat, origin)


def _is_bare(raw: bytes, stat: object) -> bool:
    """Whether an object without `rxpk` is an rxpk itself; in one, `stat` is the CRC, a number."""
    return b'"data"' in raw and not isinstance(stat, dict)


def _frame(rxpk: Rxpk, origin: _Origin) -> Frame:
    """The frame of an rxpk.

    Raises:
        ValueError: it has no bytes that could be a frame; the message is for a person.
    """
    stamp = "" if rxpk.tmst is None else str(rxpk.tmst)
    return Frame(
        origin.source,
        phy_payload(rxpk.data),
        radio(rxpk.freq, rxpk.modu, rxpk.datr, rxpk.codr),
        _receptions(rxpk, origin.receiver, stamp),
        origin.received,
        _CRC.get(rxpk.stat, "none"),
        unix_ns(rxpk.time) if rxpk.time else None,
        None if rxpk.tmms is None else unix_ns_from_gps_ms(rxpk.tmms),
        None,
        origin.live,
        origin.recorded,
    )


def _receptions(rxpk: Rxpk, receiver: str, stamp: str) -> tuple[Reception, ...]:
    if not rxpk.rsig:
        rssi = rxpk.rssis if rxpk.rssi is None else rxpk.rssi
        return (Reception(receiver, rxpk.ant or 0, rssi, rxpk.lsnr, rxpk.chan, stamp),)
    return tuple(
        Reception(
            receiver,
            antenna.ant or 0,
            antenna.rssis if antenna.rssic is None else antenna.rssic,
            antenna.lsnr,
            antenna.chan,
            stamp,
        )
        for antenna in rxpk.rsig[:ANTENNAS_MAX]
    )


def _piece_by_piece(raw: bytes, origin: _Origin) -> tuple[list[Heard], ReceiverReport | None]:
    """The slow way, for messages that are not as the protocol has them."""
    try:
        message = _PIECES.decode(mended(raw))
        pieces = _pieces(message.rxpk)
    except (ValueError, RecursionError) as fault:
        return [_malformed(raw, f"no JSON that can be read: {fault}", origin)], None
    try:
        stat = _ANYTHING.decode(message.stat)
    except (ValueError, RecursionError):
        stat = None
    if pieces is None and _is_bare(raw, stat):
        pieces = [mended(raw)]
    return _each(pieces or [], origin), _report(stat, origin)


def _pieces(rxpk: Raw) -> list[bytes] | None:
    """The JSON texts of the rxpk objects; some software sends one object where a list is due."""
    text = bytes(rxpk)
    if text == b"null":
        return None
    return [text] if text.startswith(b"{") else [bytes(piece) for piece in _PIECE_LIST.decode(text)]


def _each(pieces: list[bytes], origin: _Origin) -> list[Heard]:
    heard: list[Heard] = []
    for number, piece in enumerate(pieces[:RXPK_MAX], start=1):
        try:
            heard.append(_frame(_rxpk(piece), origin))
        except (ValueError, RecursionError) as fault:
            sentence = f"rxpk {number} of {len(pieces)}: {fault}"
            heard.append(_malformed(piece, sentence, origin))
    if rest := pieces[RXPK_MAX:]:
        sentence = f"{len(pieces)} rxpk in one message: {RXPK_MAX} are read, these are the others"
        heard.append(_malformed(b'{"rxpk":[' + b",".join(rest) + b"]}", sentence, origin))
    return heard


def _rxpk(piece: bytes) -> Rxpk:
    try:
        return _RXPK.decode(piece)
    except (ValueError, RecursionError):
        return converted(_ANYTHING.decode(piece), Rxpk)


def _malformed(raw: bytes, sentence: str, origin: _Origin) -> Malformed:
    return Malformed(origin.source, raw, f"{origin.receiver}: {sentence}", origin.received)


def _report(stat: object, origin: _Origin) -> ReceiverReport | None:
    """The figures of a `stat` object: numbers and short texts, whatever their names."""
    if not isinstance(stat, dict):
        return None
    figures: dict[str, float | str] = {}
    for name, value in list(stat.items())[:FIGURES_MAX]:
        if isinstance(value, str):
            figures[name[:_FIGURE_CHARS_MAX]] = value[:_FIGURE_CHARS_MAX]
        elif isinstance(value, int | float) and abs(value) <= 2**53:
            figures[name[:_FIGURE_CHARS_MAX]] = value
    return ReceiverReport(origin.source, origin.receiver, origin.received, figures)
