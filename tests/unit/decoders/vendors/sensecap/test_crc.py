"""Guards the CRC of SenseCAP payloads with the check value of CRC-16/KERMIT and a published payload."""

from decoders.vendors.sensecap.crc import crc16


def test_the_crc_of_the_digits_is_the_published_check_value() -> None:
    assert crc16(b"123456789") == 0x2189


def test_a_payload_with_its_crc_gives_0() -> None:
    payload = bytes.fromhex("01011098530000010210a87a0000af51")
    assert crc16(payload) == 0
    assert crc16(payload[:-2]).to_bytes(2, "little") == payload[-2:]


def test_a_flipped_bit_is_seen_wherever_it_is() -> None:
    payload = bytes.fromhex("01011098530000010210a87a0000af51")
    for bit in range(8 * len(payload)):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8
        assert crc16(bytes(flipped)) != 0
