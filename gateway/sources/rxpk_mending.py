"""What can be done for rxpk texts that are not as the protocol has them, without guessing a byte.

Packet forwarders are C programs that print JSON by hand, and sketches that print less of it. Each mending
here has been needed by one of them: a number that was never set is printed as `?` or `nan`, base64 comes
without its padding or with the URL alphabet, the text ends in zero bytes or is not UTF-8. Editors put a byte
order mark before a recording.

Source: Lora-net/packet_forwarder lora_pkt_fwd.c (`"stat":?`, `"datr":"?"`), RFC 4648 4 and 5.
Not mended: wrong padding, characters of no alphabet, a text that breaks off: those lost bytes of the frame.
"""

import re
from binascii import a2b_base64
from codecs import BOM_UTF8
from typing import TypeVar

import msgspec

PHY_BYTES_MAX = 255
"""The length of a LoRa, LR-FHSS or FSK packet is one byte on the air."""

_NO_NUMBER = re.compile(rb'(?<=":)\s*(?:\?|[+-]?(?:nan|inf(?:inity)?))(?=\s*[,}\]])', re.IGNORECASE)
_URL_ALPHABET = str.maketrans("-_", "+/")

_StructT = TypeVar("_StructT", bound=msgspec.Struct)


def mended(raw: bytes) -> bytes:
    """The same JSON text with `null` where a number was not set, in UTF-8, without marks around it."""
    text = raw.removeprefix(BOM_UTF8).rstrip(b"\0").decode("utf-8", "replace").encode()
    return _NO_NUMBER.sub(b"null", text)


def converted(fields: object, kind: type[_StructT]) -> _StructT:
    """A struct of the fields that have, or can be given, the right type; the others are left out.

    Raises:
        ValueError: `fields` is no JSON object.
    """
    if not isinstance(fields, dict):
        raise ValueError("it is no object")
    kept = {}
    for field in msgspec.structs.fields(kind):
        if field.name in fields:
            try:
                kept[field.name] = msgspec.convert(fields[field.name], field.type, strict=False)
            except (ValueError, OverflowError):
                continue
    return kind(**kept)


def phy_payload(data: str | None) -> bytes:
    """The bytes of a frame from base64.

    Raises:
        ValueError: there is none, it is not base64, or it is longer than a frame; the message says which.
    """
    if data is None:
        raise ValueError("it has no data")
    try:
        phy = a2b_base64(data, strict_mode=True)
    except ValueError:
        phy = _from_lax_base64(data)
    if len(phy) > PHY_BYTES_MAX:
        raise ValueError(f"{len(phy)} bytes of data, a frame has at most {PHY_BYTES_MAX}")
    return phy


def _from_lax_base64(data: str) -> bytes:
    text = "".join(data.split()).translate(_URL_ALPHABET)
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError as fault:
        raise ValueError(f"its data is not base64: {fault}") from None
