"""What goes over the pipes between the gateway and the codecs' process. Pure.

    to the child     length (u32, little-endian), MessagePack of an Order
    to the gateway   length (u32, little-endian), kind (one byte), text (UTF-8)

The child says READY once. Then an order is read whole, and each codec to learn and each payload gets its answer in
turn, written before the next is begun: so the first that is missing is the one that did not end.
"""

import struct
from typing import Final

import msgspec

OUTPUT_BYTES_MAX = 64 * 1024
"""Of one answer. Published codecs stay below 8 kB."""
CODEC_BYTES_MAX = 512 * 1024
"""Of a codec's file. The longest published one has 321 kB."""
ORDER_BYTES_MAX = 4 * 1024 * 1024
"""Of one order: several codecs, or thousands of payloads."""

HEAP_BYTES_MAX = 8 * 1024 * 1024
"""The engine's heap, of each codec."""
STACK_BYTES_MAX = 4 * 1024 * 1024
"""For some 2,000 calls within calls, each of which takes the engine 2 kB of the child's own stack."""
DECODE_CPU_S_MAX = 0.1
"""The engine's own limit for one payload; it looks at it every ten thousand steps, not within a native call."""
LOAD_CPU_S_MAX = 1.0
"""For a codec's script to run once: 320 kB take 20 ms on a PC, a Pi Zero is ten times slower."""

READY: Final = 0
"""Said once, when the engine has run a first script."""
LEARNT: Final = 1
"""text: where its functions are, such as "decodeUplink normalizeUplink"."""
BROKEN: Final = 2
"""text: why a codec cannot be used. Also the answer to each of its payloads."""
ANSWER: Final = 3
"""text: JSON of what the codec returned, and after a line break of what normalizeUplink made of it."""
THREW: Final = 4
"""text: what it threw."""
TOO_SLOW: Final = 5
"""The engine stopped it after its CPU time."""
TOO_LONG: Final = 6
"""text: how many bytes it returned."""
UNUSABLE: Final = 7
"""text: why this process can do nothing, such as an engine that is not installed. Said instead of READY."""

_HEAD = struct.Struct("<I")
HEAD_BYTES = _HEAD.size


class Order(msgspec.Struct, array_like=True):
    """One thing to do for the child."""

    forget: list[int] = []
    """Codecs that are not needed any more, by number."""
    learn: list[tuple[int, str]] = []
    """(number, script) of new ones."""
    decode: list[tuple[int, int, bytes, float | None]] = []
    """(codec, FPort, payload, Unix ms of its reception or None)."""


encode_order = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode


def framed(body: bytes) -> bytes:
    """A message with its length before it."""
    return _HEAD.pack(len(body)) + body


def length_of(head: bytes | bytearray) -> int:
    """The length that the first bytes of a message tell."""
    return int(_HEAD.unpack(head)[0])


class Messages:
    """Cuts what comes from the child into messages."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[tuple[int, str]]:
        """(kind, text) of the messages that are complete now.

        Raises:
            ValueError: no child of ours writes this.
        """
        held = self._held
        held += chunk
        found = []
        start = 0
        while len(held) - start >= HEAD_BYTES:
            length = length_of(held[start : start + HEAD_BYTES])
            if not 1 <= length <= OUTPUT_BYTES_MAX + 1:
                raise ValueError(f"a message of {length} bytes")
            end = start + HEAD_BYTES + length
            if len(held) < end:
                break
            body = held[start + HEAD_BYTES : end]
            found.append((body[0], body[1:].decode()))
            start = end
        del held[:start]
        return found
