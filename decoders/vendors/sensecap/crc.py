"""The CRC of SenseCAP payloads: CRC-16/KERMIT, polynomial 0x1021 reflected, from 0, sent low byte first.

Over a payload with its CRC at the end it is 0.
"""

REFLECTED = 0x8408


def _row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (REFLECTED if byte & 1 else 0)
    return byte


TABLE = tuple(_row(byte) for byte in range(256))


def crc16(payload: bytes) -> int:
    """The CRC of some bytes."""
    crc = 0
    for byte in payload:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc
