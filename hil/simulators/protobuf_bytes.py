"""Protocol buffer messages, field by field, without generated code.

    field          tag varint (number << 3 | wire type), then the value
    wire types     0 varint   2 length varint + bytes   5 four bytes, little-endian

Zero values are not written, as proto3 has it. A negative int32 is written as the varint of its 64-bit two's
complement: ten bytes.

Source: Protocol Buffers documentation, "Encoding".
"""

import struct

_VARINT, _BYTES, _FIXED32 = 0, 2, 5


def varint(value: int) -> bytes:
    """Seven bits to a byte, low ones first; the top bit says that more follow."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    """An int32, uint32, enum or bool field."""
    return _tag(number, _VARINT) + varint(value) if value else b""


def float32(number: int, value: float) -> bytes:
    """A float field."""
    return _tag(number, _FIXED32) + struct.pack("<f", value) if value else b""


def text(number: int, value: str) -> bytes:
    """A string field."""
    return blob(number, value.encode())


def blob(number: int, value: bytes) -> bytes:
    """A bytes field."""
    return message(number, value) if value else b""


def message(number: int, *fields: bytes) -> bytes:
    """A message field: it is written also when it is empty, which says that it is set."""
    body = b"".join(fields)
    return _tag(number, _BYTES) + varint(len(body)) + body


def _tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)
