"""One request of `decode` to one answer: a payload through a decoder, or a frame through its keys and then that.

Nothing is stored, and nothing opened but the register map that a request names. What a request line and an
answer line hold is fixed by the structs here.
"""

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from decoders.contract import Decoded, Decoder, DecodeRefused
from decoders.registry import UnknownDecoder, decoder_named
from gateway.errors import ConfigError, Refused

NO_CODECS = "this version does not run JavaScript codecs"


class Request(Struct):
    """What to decode: `decoder`, `f_port` and `payload`, or `phy` and keys."""

    decoder: str | None = None
    codec: str | None = None
    f_port: int | None = None
    payload: str | None = None
    """Hex."""
    received_at: str | None = None
    """ISO 8601 with an offset or Z; None while it is not known."""
    phy: str | None = None
    """Hex."""
    nwk_s_key: str | None = None
    app_s_key: str | None = None
    f_nwk_s_int_key: str | None = None
    s_nwk_s_int_key: str | None = None
    nwk_s_enc_key: str | None = None
    app_key: str | None = None
    nwk_key: str | None = None
    dev_eui: str | None = None
    """Of the device whose root keys are given; a rejoin-request is checked with it."""
    f_cnt_last: int | None = None
    """Nothing but this counter was heard before."""


class AnsweredReading(Struct):
    """A reading as the decoder states it."""

    measurement: str
    time: str | None
    """None when it takes its uplink's time and none was given."""
    tags: dict[str, str]
    fields: dict[str, Any]
    faults: list[str]
    out_of_range: list[str]


class Refusal(Struct):
    """Why there is no reading."""

    reason: str
    message: str


class Answer(Struct):
    """What came of a request."""

    readings: list[AnsweredReading] = []
    refused: Refusal | None = None
    codec: dict[str, Any] | None = None
    uplink: dict[str, Any] | None = None


def answer(request: Request) -> Answer:
    """Try what the request asks for. Never raises: what is wrong with it is in the answer."""
    described: dict[str, Any] | None = None
    try:
        received_at = None if request.received_at is None else _moment(request.received_at)
        payload: bytes | None
        if request.phy is not None:
            described, payload, f_port, refused = _unwrapped(request)
            if refused is not None:
                raise refused
        elif request.codec is None:
            payload, f_port = _payload(request)
        if request.codec is not None:
            raise Refused("codec_error", NO_CODECS)
        if request.decoder is None or payload is None:
            return Answer(uplink=described)
        readings = _decoder(request.decoder).decode(f_port, payload, received_at)
    except (Refused, DecodeRefused) as refused:
        return Answer(refused=Refusal(refused.reason, refused.sentence), uplink=described)
    except UnknownDecoder as error:
        return Answer(refused=Refusal("no_decoder", str(error)), uplink=described)
    return Answer([_shown(reading, received_at) for reading in readings], uplink=described)


@lru_cache(8)
def _decoder(name: str) -> Decoder:
    """A built-in decoder, or that of a register map.

    Raises:
        UnknownDecoder: there is none of that name.
        Refused: the register map cannot be read, or is none.
    """
    if not name.endswith(".toml"):
        return decoder_named(name)
    from gateway.config import map_file

    try:
        return map_file.load(Path(name))
    except ConfigError as error:
        sentence = "; ".join(str(one) for one in (error, *error.others))
        raise Refused("no_decoder", sentence) from error


def refusal(reason: str, message: str) -> Answer:
    """The answer to what could not even be read."""
    return Answer(refused=Refusal(reason, message))


def _payload(request: Request) -> tuple[bytes, int]:
    """What a decoder is to be given."""
    if request.decoder is None or request.f_port is None or request.payload is None:
        raise Refused("malformed", "a request needs decoder, f_port and payload, or phy and keys")
    return from_hex("payload", request.payload), request.f_port


def _unwrapped(
    request: Request,
) -> tuple[dict[str, Any], bytes | None, int, Refused | None]:
    """The frame in words, its payload when there is one for a decoder, its port, and what is against it."""
    from gateway.cli.frame_keys import FrameKeys
    from gateway.lorawan.dry_run import describe

    phy = from_hex("phy", request.phy or "")
    keys = FrameKeys.of(request)
    seen = describe(phy, keys.session, keys.joining, f_cnt_last=request.f_cnt_last)
    if keys.payload_is_sealed and seen.payload is not None:
        facts = seen.facts | {"payload": None}
        needs_key = Refused("no_session", "app_s_key is missing: the payload cannot be read")
        return facts, None, 0, needs_key if request.decoder else None
    return seen.facts, seen.payload, seen.f_port or 0, seen.refused


def from_hex(key: str, text: str) -> bytes:
    """Bytes from hex digits; the text is not repeated, it may be a key.

    Raises:
        Refused: malformed.
    """
    try:
        return bytes.fromhex(text)
    except ValueError:
        odd = "an odd number of digits" if len(text) % 2 else "something that is no hex digit"
        raise Refused("malformed", f"{key} has {odd}") from None


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    """Aware UTC time from ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused("malformed", 'received_at: write it as "2026-11-22T00:00:00Z"')
    return moment.astimezone(UTC)


def _shown(decoded: Decoded, received_at: datetime | None) -> AnsweredReading:
    time = decoded.time or received_at
    return AnsweredReading(
        measurement=decoded.measurement,
        time=None if time is None else _text(time),
        tags=dict(decoded.tags),
        fields=dict(decoded.fields),
        faults=list(decoded.faults),
        out_of_range=list(decoded.out_of_range),
    )


@lru_cache(maxsize=256)
def _text(moment: datetime) -> str:
    """As the store keeps it: UTC, whole milliseconds, and no fraction where it is zero."""
    ms = round(moment.timestamp() * 1000)
    seconds = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{seconds}.{ms % 1000:03d}Z" if ms % 1000 else f"{seconds}Z"
