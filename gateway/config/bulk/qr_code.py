"""The text of a LoRaWAN device's QR code, as a scanner gives it; one a line.

    LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C
          JoinEUI          DevEUI           profile  O owner token S serial   P proprietary C checksum

The checksum is CRC-16/MODBUS (polynomial 0x8005 reflected, from 0xFFFF) of all before `:C`, in hex. It and the
parts with a letter may be left out. The code has no key: without one the device is heard through a network
server, or gets its key later.

Source: LoRa Alliance TR005-1.0.0, LoRaWAN Device Identification QR Codes.
"""

import re

from gateway.config.bulk.proposal import Parsed, Proposal, Unreadable

_CODE = re.compile(
    r"LW:D0:(?P<join_eui>[0-9A-F]{16}):(?P<dev_eui>[0-9A-F]{16}):(?P<profile>[0-9A-F]{8})"
    r"(?P<more>(?::[A-Z][^:]*)*)",
    re.IGNORECASE,
)
_CHECKSUM = re.compile(r":C([0-9A-F]{4})$", re.IGNORECASE)
_LINE_CHARACTERS_MAX = 1000


def is_it(text: str) -> bool:
    """Whether the first line that says something is such a code."""
    first = next((line for line in text.splitlines() if _says_something(line)), "")
    return first.strip()[:3].upper() == "LW:"


def parse(text: str) -> Parsed:
    """Every line as a proposal; empty ones and those that begin with # say nothing."""
    found: list[Proposal] = []
    unreadable: list[Unreadable] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not _says_something(line):
            continue
        read = _read(line.strip())
        if isinstance(read, str):
            unreadable.append(Unreadable(number, read))
        else:
            found.append(Proposal(number, read))
    return Parsed(found, unreadable)


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _read(line: str) -> dict[str, object] | str:
    """What a code says, or what is wrong with it."""
    code = _CODE.fullmatch(line[:_LINE_CHARACTERS_MAX])
    if code is None:
        return "is no QR code of a LoRaWAN device: LW:D0:JoinEUI:DevEUI:ProfileID, in hex digits"
    checksum = _CHECKSUM.search(line)
    if checksum and int(checksum[1], 16) != crc16(line[: checksum.start()].encode()):
        return "has a checksum that is not of this text: scan it again"
    dev_eui = code["dev_eui"].lower()
    return {"dev_eui": dev_eui, "join_eui": code["join_eui"].lower()}


def crc16(raw: bytes) -> int:
    """CRC-16/MODBUS."""
    crc = 0xFFFF
    for byte in raw:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
