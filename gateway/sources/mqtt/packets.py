"""MQTT packets in a stream of bytes: where each ends, and what a PUBLISH says.

    byte 0       type in the high 4 bits (PUBLISH 3); of PUBLISH also DUP 8, QoS 6, RETAIN 1
    byte 1..4    length of what follows: 7 bits a byte, low first, the high bit means one more
    PUBLISH      topic length (2), topic, packet id (2, only QoS 1 and 2),
                 MQTT 5: properties' length (1..4), properties; payload to the end

Of the properties none matters here: we offer no topic aliases, so the topic is always there. A PUBLISH longer
than the limit is not kept but still has to be acknowledged, or the broker would send it again for ever: its
first bytes are given, the rest is skipped as it comes.

Source: OASIS MQTT 3.1.1 and 5.0, sections 2.1 and 3.3.
Refused with PacketFault, after which the stream is of no use: a length of more than 4 bytes, QoS 3, a packet
id 0, a topic, id or property that overruns its packet, another packet longer than the limit.
"""

from msgspec import Struct

PUBLISH = 0x30
_TYPE = 0xF0
_PUBACK, _PUBREC, _PUBREL, _PUBCOMP = 0x40020000, 0x50020000, 0x62, 0x70020000
"""First byte and length of an answer, the packet id in the low bytes; of PUBREL the first byte."""
_DUP, _QOS, _RETAIN = 0x08, 0x06, 0x01

_HEAD_BYTES = 68 * 1024
"""Kept of a PUBLISH that is too long: enough for the longest topic (64 KiB), the id and a look at the payload."""


class PacketFault(ValueError):
    """What came is not MQTT; the connection has to be closed."""


class Publish(Struct, gc=False):
    """One message as the broker delivers it."""

    topic: bytes
    payload: bytes
    mid: int
    """Packet id for the acknowledgement; 0 for QoS 0."""
    qos: int
    dup: bool
    retain: bool
    cut_from: int = 0
    """When it is too long, and here only with its start: bytes of the whole payload; else 0."""


class Control(Struct, gc=False):
    """Any other packet, for the library."""

    whole: bytes


def acknowledgement(message: Publish) -> bytes:
    """What is answered to a message of QoS 1 or 2 once it is safe: PUBACK or PUBREC, 4 bytes.

    Without a reason code they are the same in MQTT 3.1.1 and 5, and mean success.
    """
    return ((_PUBREC if message.qos == 2 else _PUBACK) | message.mid).to_bytes(4)


def completion(packet: Control) -> bytes | None:
    """PUBCOMP, when the packet is a PUBREL (the third of four steps of QoS 2), else None."""
    whole = packet.whole
    if whole[0] != _PUBREL or not 2 <= whole[1] < 0x80:
        return None
    return (_PUBCOMP | whole[2] << 8 | whole[3]).to_bytes(4)


class PacketStream:
    """Cuts what a socket gives into packets."""

    def __init__(self, *, properties: bool, packet_bytes_max: int) -> None:
        self._properties = properties
        """Whether a PUBLISH has them: MQTT 5."""
        self._packet_bytes_max = packet_bytes_max
        self._rest = bytearray()
        """The start of a packet that is not complete."""
        self._needed = 0
        """How long the rest has to be before it is worth another look."""
        self._skip = 0
        """Bytes to come that belong to a PUBLISH whose start was given already."""

    def feed(self, chunk: bytes) -> list[Publish | Control]:
        """The packets that the chunk completes.

        Raises:
            PacketFault: see above.
        """
        if self._rest:
            self._rest += chunk
            if len(self._rest) < self._needed:
                return []
            chunk = bytes(self._rest)
            self._rest.clear()
        packets: list[Publish | Control] = []
        start = self._skipped(chunk, 0) if self._skip else 0
        while start < len(chunk):
            end = self._cut(chunk, start, packets)
            if end == start:
                self._rest += chunk[start:]
                break
            start = self._skipped(chunk, end) if self._skip else end
        return packets

    def _skipped(self, data: bytes, start: int) -> int:
        """Where to go on behind what is skipped."""
        count = min(self._skip, len(data) - start)
        self._skip -= count
        return start + count

    def _cut(self, data: bytes, start: int, packets: list[Publish | Control]) -> int:
        """Take one packet; returns where it ends, or `start` when it is not complete."""
        length, body = _varint(data, start + 1)
        if not body:
            self._needed = len(data) - start + 1
            return start
        command, end = data[start], body + length
        if length > self._packet_bytes_max:
            if command & _TYPE != PUBLISH:
                raise PacketFault(f"a packet of type {command >> 4} has {length} bytes")
            end = body + min(length, _HEAD_BYTES)
        if end > len(data):
            self._needed = end - start
            return start
        if command & _TYPE == PUBLISH:
            packets.append(self._publish(command, data, body, end, length))
            self._skip = body + length - end
        else:
            packets.append(Control(data[start:end]))
        return end

    def _publish(self, command: int, data: bytes, body: int, end: int, length: int) -> Publish:
        """The message between `body` and `end`; `length` is what its packet says it has."""
        qos = (command & _QOS) >> 1
        mid = 0
        try:
            at = topic_end = body + 2 + (data[body] << 8 | data[body + 1])
            if qos:
                mid = data[at] << 8 | data[at + 1]
                at += 2
            if self._properties:
                size, properties = _varint(data, at)
                at = properties + size if properties else end + 1
        except IndexError:
            at = end + 1
        if at > end or (qos and not mid) or qos == 3:
            raise PacketFault("a PUBLISH overruns its length, or has QoS 3 or no packet id")
        return Publish(
            data[body + 2 : topic_end],
            data[at:end],
            mid,
            qos,
            command & _DUP != 0,
            command & _RETAIN != 0,
            body + length - at if length > self._packet_bytes_max else 0,
        )


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A length and where it ends; (0, 0) when it is not complete."""
    value = 0
    for shift in (0, 7, 14, 21):
        if at >= len(data):
            return 0, 0
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise PacketFault("a length has more than 4 bytes")
