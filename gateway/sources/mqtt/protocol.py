"""What an MQTT message holds: from topic and payload to frames, uplinks and reports.

The topic names the dialect and the kind of event, and is looked up once; where it says nothing, the keys of the
message do. JSON and protobuf are told apart by the first byte: `{` (0x7B) would be field 15 of wire type 3,
which no message here has. The dialects are in `dialects/`.

    a frame or an uplink            handed over, then acknowledged
    what a gateway says of itself   reported, acknowledged
    joins, acknowledgements, ...    good messages of no use here: counted, acknowledged
    what cannot be read             Malformed: raw bytes and reason kept, then acknowledged

Source: each dialect's module. Nothing in a topic or payload makes `read` raise.
"""

from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType

from msgspec import Raw
from msgspec.json import Decoder

from gateway.model import Heard, Malformed, ReceiverReport, Stamp
from gateway.sources.mqtt.dialects import application_json, gateway_json, the_things_stack
from gateway.sources.mqtt.topics import Format, Kind, kind_of, receiver_of
from gateway.sources.rxpk import frames_from_json

Message = tuple[Sequence[Heard], ReceiverReport | None]
"""What a message held. Both may be there (rxpk beside stat), or neither (a join, an acknowledgement)."""

NOTHING: Message = ((), None)
_TOPICS_MAX = 8192
"""Topics remembered at once: a few for each gateway, one for each device of a network server."""
_TOPIC_BYTES_KEPT = 256
"""Longer topics are not remembered: a stranger who may publish would fill the memory with them."""
_SENTENCE_CHARS_MAX = 400

_Route = Callable[[bytes, Stamp, bool], Message]
_KEYS = Decoder(dict[str, Raw])


class Reader:
    """Reads the messages of one source. Remembers topics, so that each is looked at once."""

    def __init__(self, source: str, format: Format) -> None:  # noqa: A002 - the name it has in the file
        self._source = source
        self._format = format
        self._routes: dict[bytes, _Route] = {}
        self._by_kind: dict[Kind, _Route] = {
            "gateway_up": self._gateway_up,
            "gateway_stats": self._gateway_stats,
            "application_up": self._application_up,
            "the_things_stack_up": self._the_things_stack_up,
            "other": _nothing,
            "unknown": self._by_content,
        }

    def read(self, topic: bytes, payload: bytes, received: Stamp, live: bool) -> Message:
        """What the message holds; `live` is False when it may have waited in the broker."""
        if not payload:  # how a retained message is deleted
            return NOTHING
        try:
            return (self._routes.get(topic) or self._route(topic))(payload, received, live)
        except (ValueError, RecursionError) as fault:
            where = topic[:200].decode("utf-8", "replace")
            sentence = f"{where}: {fault}"[:_SENTENCE_CHARS_MAX]
            return (Malformed(self._source, payload, sentence, received),), None

    def _route(self, topic: bytes) -> _Route:
        if len(self._routes) >= _TOPICS_MAX:
            self._routes.clear()
        text = topic.decode("utf-8", "replace")
        kind = kind_of(text, self._format)
        route = self._rxpk_route(text) if kind == "rxpk" else self._by_kind[kind]
        if len(topic) <= _TOPIC_BYTES_KEPT:
            self._routes[topic] = route
        return route

    def _rxpk_route(self, topic: str) -> _Route:
        receiver = receiver_of(topic) or self._source

        def route(payload: bytes, received: Stamp, live: bool) -> Message:
            return frames_from_json(
                payload, source=self._source, receiver=receiver, received=received, live=live
            )

        return route

    def _gateway_up(self, payload: bytes, received: Stamp, live: bool) -> Message:
        read = gateway_json.up if _is_json(payload) else _gateway_protobuf().up
        return (read(payload, self._source, received, live),), None

    def _gateway_stats(self, payload: bytes, received: Stamp, _live: bool) -> Message:
        read = gateway_json.stats if _is_json(payload) else _gateway_protobuf().stats
        return (), read(payload, self._source, received)

    def _application_up(self, payload: bytes, received: Stamp, live: bool) -> Message:
        read = application_json.up if _is_json(payload) else _application_protobuf().up
        return (read(payload, self._source, received, live),), None

    def _the_things_stack_up(self, payload: bytes, received: Stamp, live: bool) -> Message:
        return (the_things_stack.up(payload, self._source, received, live),), None

    def _by_content(self, payload: bytes, received: Stamp, live: bool) -> Message:
        """A message of a topic that says nothing: its keys decide, within the format that is configured."""
        if not _is_json(payload):
            return self._binary(payload, received, live)
        kind = _kind_of_keys(set(_KEYS.decode(payload)), self._format)
        if kind == "unknown":
            raise ValueError(
                "neither topic nor keys tell what it is; set format, or leave this topic out of topics"
            )
        route = self._rxpk_route("") if kind == "rxpk" else self._by_kind[kind]
        return route(payload, received, live)

    def _binary(self, payload: bytes, received: Stamp, live: bool) -> Message:
        if self._format == "chirpstack_application":
            return self._application_up(payload, received, live)
        if self._format == "the_things_stack":
            raise ValueError("it is no JSON object")
        return self._gateway_up(payload, received, live)


def _nothing(_payload: bytes, _received: Stamp, _live: bool) -> Message:
    return NOTHING


def _kind_of_keys(found: set[str], format: Format) -> Kind:  # noqa: A002
    if "phyPayload" in found and format in ("auto", "chirpstack_gateway"):
        return "gateway_up" if "rxInfo" in found else "other"
    if "rxPacketsReceived" in found and format in ("auto", "chirpstack_gateway"):
        return "gateway_stats"
    if "end_device_ids" in found and format in ("auto", "the_things_stack"):
        return "the_things_stack_up" if "uplink_message" in found else "other"
    if found & {"deviceInfo", "devEUI"} and format in ("auto", "chirpstack_application"):
        return "application_up" if found & {"rxInfo", "data", "fPort"} else "other"
    if found & {"rxpk", "stat", "datr"} and format == "auto":
        return "rxpk"
    return "unknown" if format == "auto" else "other"


def _is_json(payload: bytes) -> bool:
    """Whether it is JSON rather than protobuf. White space before the `{` could be either: then it must parse."""
    if payload[0] == 0x7B:
        return True
    if payload.lstrip()[:1] != b"{":
        return False
    try:
        _KEYS.decode(payload)
    except (ValueError, RecursionError):
        return False
    return True


@cache  # not at the top: it costs 10 MB and 40 ms, and JSON needs none of it
def _gateway_protobuf() -> ModuleType:
    from gateway.sources.mqtt.dialects import gateway_protobuf

    return gateway_protobuf


@cache
def _application_protobuf() -> ModuleType:
    from gateway.sources.mqtt.dialects import application_protobuf

    return application_protobuf
