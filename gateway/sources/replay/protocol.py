"""What a line of a recording holds: frames as they were heard, with the times they were heard at.

    {"received_at": "2020-08-11T22:17:31.291Z", "datagram_hex": "02a2d200647f..."}     a UDP datagram
    {"received_at": "...", "gateway": "647fdafffe007417", "rxpk": [{...}]}             its JSON
    {"tst": "...", "topic": "eu868/gateway/647f.../event/up", "payload": {...}}        an MQTT message
    {"tmst": 251908868, "freq": 868.1, "data": "QAEBAQ...", ...}                       one bare rxpk
    {"phyPayload": "...", "rxInfo": {...}, "txInfo": {...}}                            an event of a server

MQTT messages are as `mosquitto_sub -F %J` prints them; `payload` may be text, and `payload_hex` stands for
bytes that are no text. `gateway` is the receiver's EUI where the line does not name it otherwise; without it
the receiver is the source. A blank line is no line.

When it was heard, the first that there is: `received_at` or `tst`; the frame's own GPS or gateway time; else
now, and then the frame does not count as recorded. A hearing without a stamp of its receiver gets its place
in the recording for one, so that a line read twice is one hearing.

Refused as Malformed: what is no JSON object of one of these forms, or has a time that cannot be read, since
taking now for it would falsify the data.
"""

import re
from typing import TYPE_CHECKING

from msgspec import Raw
from msgspec.json import Decoder
from msgspec.structs import replace

from gateway.errors import Refused
from gateway.model import Frame, Heard, Malformed, Stamp
from gateway.sources.gateway_time import unix_ns
from gateway.sources.rxpk import frames_from_json
from gateway.sources.rxpk_mending import mended

if TYPE_CHECKING:
    from gateway.sources.mqtt.protocol import Reader

_KEYS = Decoder(dict[str, Raw])
_TEXT = Decoder(str)
_EUI = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_EVENT_KEYS = frozenset(
    {"phyPayload", "rxPacketsReceived", "deviceInfo", "devEUI", "end_device_ids"}
)
"""One of them is in every event of a network server or gateway bridge."""
_RXPK_KEYS = frozenset({"rxpk", "stat", "data"})
_DATAGRAM_BYTES_MAX = 65_507
_FORMS = "datagram_hex, rxpk, data, topic with payload, or an event of a network server"


class LineReader:
    """Reads the lines of one recording."""

    def __init__(self, source: str, mark: str) -> None:
        self._source = source
        self._mark = mark
        self._mqtt: Reader | None = None

    def read(self, line: bytes, offset: int, now: Stamp) -> list[Heard]:
        """What the line at this offset holds; its reports are left out, they are of another day."""
        try:
            text, keys = _keys(line)
            at_ns = _heard_at(keys)
            received = now if at_ns is None else Stamp(at_ns, now.boot_ns, trusted=True)
            found = self._found(text, keys, received)
        except (ValueError, RecursionError, Refused) as fault:
            return [Malformed(self._source, line, f"line at byte {offset}: {fault}", now)]
        return [self._as_recorded(heard, at_ns is not None, offset) for heard in found]

    def _found(self, text: bytes, keys: dict[str, Raw], received: Stamp) -> list[Heard]:
        """Raises: ValueError, Refused: it holds nothing that is known; the message is for a person."""
        if "datagram_hex" in keys:
            return self._of_datagram(bytes.fromhex(_text(keys, "datagram_hex")), received)
        if "topic" in keys:
            return self._of_message(_text(keys, "topic").encode(), _payload(keys), received)
        if keys.keys() & _EVENT_KEYS:
            return self._of_message(b"", text, received)
        if keys.keys() & _RXPK_KEYS:
            return self._of_rxpk(text, self._receiver(keys), received)
        raise ValueError(f"it has none of {_FORMS}")

    def _receiver(self, keys: dict[str, Raw]) -> str:
        if "gateway" not in keys:
            return self._source
        gateway = _text(keys, "gateway")
        if not _EUI.fullmatch(gateway):
            raise ValueError("gateway is not an EUI of 16 hex digits")
        return gateway.lower()

    def _of_rxpk(self, text: bytes, receiver: str, received: Stamp) -> list[Heard]:
        heard, _ = frames_from_json(
            text, source=self._source, receiver=receiver, received=received, live=False
        )
        return heard

    def _of_datagram(self, datagram: bytes, received: Stamp) -> list[Heard]:
        from gateway.sources.semtech_udp.protocol import read

        message = read(datagram, _DATAGRAM_BYTES_MAX)
        if message.kind != "push_data":
            return []
        return self._of_rxpk(message.json, message.gateway.hex(), received)

    def _of_message(self, topic: bytes, payload: bytes, received: Stamp) -> list[Heard]:
        if self._mqtt is None:
            from gateway.sources.mqtt.protocol import Reader

            self._mqtt = Reader(self._source, "auto")
        heard, _ = self._mqtt.read(topic, payload, received, live=False)
        return list(heard)

    def _as_recorded(self, heard: Heard, timed: bool, offset: int) -> Heard:
        if isinstance(heard, Malformed):
            return replace(heard, sentence=f"line at byte {offset}: {heard.sentence}")
        own_ns = heard.gps_time_ns or heard.gateway_time_ns
        if isinstance(heard, Frame) and own_ns is None:
            heard = self._with_stamp(heard, offset)
        if timed:
            return replace(heard, recorded=True)
        if own_ns is None:
            return heard
        own = Stamp(own_ns, heard.received.boot_ns, trusted=True)
        return replace(heard, recorded=True, received=own)

    def _with_stamp(self, frame: Frame, offset: int) -> Frame:
        if all(reception.stamp for reception in frame.receptions):
            return frame
        place = f"{self._mark}@{offset}"
        return replace(
            frame,
            receptions=tuple(
                reception if reception.stamp else replace(reception, stamp=place)
                for reception in frame.receptions
            ),
        )


def _keys(text: bytes) -> tuple[bytes, dict[str, Raw]]:
    """The line, mended if need be, and its keys. Raises: ValueError, RecursionError: it is no JSON object."""
    try:
        return text, _KEYS.decode(text)
    except ValueError:
        text = mended(text)
        return text, _KEYS.decode(text)


def _heard_at(keys: dict[str, Raw]) -> int | None:
    for key in ("received_at", "tst"):
        if key in keys:
            ns = unix_ns(_text(keys, key))
            if ns is None:
                raise ValueError(f'{key} is no time such as "2020-08-11T22:17:31.291Z"')
            return ns
    return None


def _payload(keys: dict[str, Raw]) -> bytes:
    if "payload_hex" in keys:
        return bytes.fromhex(_text(keys, "payload_hex"))
    payload = bytes(keys.get("payload", Raw(b'""')))
    return _text(keys, "payload").encode() if payload.startswith(b'"') else payload


def _text(keys: dict[str, Raw], key: str) -> str:
    try:
        return _TEXT.decode(keys[key])
    except (KeyError, ValueError):
        raise ValueError(f"{key} is missing or is not text") from None
