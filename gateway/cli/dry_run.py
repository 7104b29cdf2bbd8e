"""One request of `decode` to one answer: a payload through a decoder, or a frame through its keys and then that.

Nothing is stored, and nothing opened but the register map, codec or profile that a request names. What a request
line and an answer line hold is fixed by the structs here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from decoders.contract import Decoded, Decoder, DecodeRefused
from decoders.javascript.answer import CodecAnswer
from decoders.registry import UnknownDecoder, decoder_named
from gateway.errors import ConfigError, Refused

if TYPE_CHECKING:
    from gateway.cli.codec_run import Asked, CodecRun


class Request(Struct):
    """What to decode: `decoder`, `f_port` and `payload`, or `phy` and keys."""

    decoder: str | None = None
    codec: str | None = None
    """The path of a JavaScript codec, instead of `decoder`."""
    profile: str | None = None
    """With `codec`: the profile by which its values are read, a name or a path."""
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
    return answers([request])[0]


def answers(requests: Sequence[Request], codecs: "CodecRun | None" = None) -> list[Answer]:
    """Try what each request asks for, in order; what is wrong with one is in its answer.

    Raises:
        Unavailable: a request is for a JavaScript codec, and none can be run.
    """
    given = [_tried(request) for request in requests]
    waiting = [one for one in given if isinstance(one, _ForCodec)]
    if waiting:
        from gateway.cli.codec_run import CodecRun

        running = codecs or CodecRun()
        said = iter(running.answers([one.asked for one in waiting]))
        given = [
            _of_codec(one, next(said), running) if isinstance(one, _ForCodec) else one
            for one in given
        ]
        if codecs is None:
            running.close()
    return [one for one in given if isinstance(one, Answer)]


class _ForCodec(NamedTuple):
    """A request whose answer a codec has to give."""

    asked: "Asked"
    uplink: dict[str, Any] | None


def _tried(request: Request) -> Answer | _ForCodec:
    """The answer, unless a codec has to be asked."""
    described: dict[str, Any] | None = None
    try:
        received_at = None if request.received_at is None else _moment(request.received_at)
        payload: bytes | None
        if request.phy is not None:
            described, payload, f_port, refused = _unwrapped(request)
            if refused is not None:
                raise refused
        else:
            payload, f_port = _payload(request)
        if request.codec is not None and payload is not None:
            from gateway.cli.codec_run import Asked

            asked = Asked(_path(request.codec), request.profile, f_port, payload, received_at)
            return _ForCodec(asked, described)
        if request.decoder is None or payload is None:
            return Answer(uplink=described)
        readings = _decoder(request.decoder).decode(f_port, payload, received_at)
    except (Refused, DecodeRefused) as refused:
        return Answer(refused=Refusal(refused.reason, refused.sentence), uplink=described)
    except UnknownDecoder as error:
        return Answer(refused=Refusal("no_decoder", str(error)), uplink=described)
    return Answer([_shown(reading, received_at) for reading in readings], uplink=described)


def _of_codec(waiting: _ForCodec, said: CodecAnswer, codecs: "CodecRun") -> Answer:
    asked = waiting.asked
    answer = Answer(uplink=waiting.uplink)
    if said.ran:
        warnings, errors = list(said.warnings), list(said.errors)
        answer.codec = {"data": said.data, "warnings": warnings, "errors": errors}
    try:
        readings = codecs.readings(asked, said)
        answer.readings = [_shown(reading, asked.received_at) for reading in readings]
    except (Refused, DecodeRefused) as refused:
        answer.refused = Refusal(refused.reason, refused.sentence)
    return answer


_path = lru_cache(256)(Path)
"""A batch names few files, each a thousand times."""


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
    """What a decoder or codec is to be given."""
    nobody = request.decoder is None and request.codec is None
    if nobody or request.f_port is None or request.payload is None:
        raise Refused(
            "malformed",
            "a request needs decoder or codec, f_port and payload, or phy and keys",
        )
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
        return facts, None, 0, needs_key if request.decoder or request.codec else None
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
