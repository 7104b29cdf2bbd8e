"""Guards ChirpStack's gateway protobuf of versions 4 and 3. The bytes are those of the samples and, for what they
do not have, fields written here by hand; `test_protocol` compares the samples with their JSON.
"""

import struct

import pytest

from gateway.model import Radio, Reception
from tests.mqtt_records import frame, malformed, protobuf_of, read, report, topic_of

TOPIC = b"as923/gateway/0016c001f153a14c/event/up"


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def whole(number: int, value: int) -> bytes:
    """A field of wire type 0."""
    return varint(number << 3) + varint(value % 2**64)


def part(number: int, value: bytes) -> bytes:
    """A field of wire type 2."""
    return varint(number << 3 | 2) + varint(len(value)) + value


GATEWAY = part(1, b"0016c001f153a14c")
PHY = part(1, b"\x40\1\2\3\4\x80\1\0\1\xaa\xbb\xcc\xdd\xee")


def up(rx_info: bytes = GATEWAY, tx_info: bytes = b"") -> bytes:
    return PHY + part(4, tx_info) + part(5, rx_info)


def test_version_4_with_every_field() -> None:
    name = "mqtt_chirpstack_gateway-43"
    heard = frame(read(topic_of(name), protobuf_of(name)))
    assert heard.phy == bytes.fromhex("4001010101800100e0fd51d4b7bbea")
    assert heard.radio == Radio(923_200_000, "LORA", 10, 125_000, coding_rate="4/5")
    assert heard.receptions == (Reception("0016c001f153a14c", 1, -101.0, -7.25, 1, "000004d2"),)
    assert heard.crc == "ok"
    assert heard.gateway_time_ns == heard.gps_time_ns == 1_714_532_645_123_456_000


def test_an_snr_of_32_bits_is_the_one_that_was_meant() -> None:
    name = "mqtt_chirpstack_gateway-34"
    assert frame(read(topic_of(name), protobuf_of(name))).receptions[0].snr_db == 5.1


def test_version_3_is_told_by_its_fields() -> None:
    name = "mqtt_chirpstack_gateway-45"
    heard = frame(read(topic_of(name), protobuf_of(name)))
    assert heard.phy == b"\1\2\3"
    assert heard.radio == Radio(868_100_000, "LORA", 7, 125_000, coding_rate="4/5")
    assert heard.receptions == (Reception("0102030405060708", 0, -35.0, 5.1, 2, "000004d2"),)
    assert heard.crc == "ok"


def test_version_3_fsk_and_its_times() -> None:
    tx_info = whole(1, 868_800_000) + whole(2, 1) + part(4, whole(2, 50_000))
    rx_info = (
        part(1, bytes(range(1, 9)))
        + part(2, whole(1, 1_714_532_645) + whole(2, 5))
        + part(3, whole(1, 1_398_567_863))
        + whole(5, -33)
        + part(16, bytes(range(16)))
    )
    heard = frame(read(TOPIC, PHY + part(2, tx_info) + part(3, rx_info)))
    assert heard.radio == Radio(868_800_000, "FSK", bit_rate=50_000)
    assert heard.gateway_time_ns == 1_714_532_645_000_000_005
    assert heard.gps_time_ns == 1_714_532_645_000_000_000
    stamp = "000102030405060708090a0b0c0d0e0f"
    assert heard.receptions == (Reception("0102030405060708", 0, -33.0, None, 0, stamp),)
    assert heard.crc == "none"


def test_version_3_lr_fhss() -> None:
    tx_info = whole(1, 868_100_000) + whole(2, 2) + part(5, whole(1, 137_000) + part(2, b"2/6"))
    rx_info = part(1, bytes(range(1, 9)))
    heard = frame(read(TOPIC, PHY + part(2, tx_info) + part(3, rx_info)))
    assert heard.radio == Radio(868_100_000, "LR_FHSS", None, 137_000, coding_rate="2/6")


def test_both_forms_in_one_message_are_version_4() -> None:
    old = part(1, bytes(range(1, 9)))
    heard = frame(read(TOPIC, up() + part(3, old)))
    assert heard.receptions[0].receiver == "0016c001f153a14c"


def test_unknown_enumerators_are_not_known() -> None:
    tx_info = whole(1, 868_100_000) + part(2, part(3, whole(1, 125_000) + whole(5, 99)))
    heard = frame(read(TOPIC, up(GATEWAY + whole(16, 99), tx_info)))
    assert heard.radio == Radio(868_100_000, "LORA", None, 125_000)
    assert heard.crc == "none"


@pytest.mark.parametrize("seconds", [-1, 2**62, 253_402_300_800])
def test_a_time_that_no_clock_shows_is_none(seconds: int) -> None:
    rx_info = GATEWAY + part(3, whole(1, seconds)) + part(4, whole(1, seconds))
    heard = frame(read(TOPIC, up(rx_info)))
    assert heard.gateway_time_ns is heard.gps_time_ns is None


@pytest.mark.parametrize("snr", [float("nan"), float("inf")])
def test_an_snr_that_is_no_number_is_none(snr: float) -> None:
    heard = frame(read(TOPIC, up(GATEWAY + varint(7 << 3 | 5) + struct.pack("<f", snr))))
    assert heard.receptions[0].snr_db is None


def test_a_long_tx_info_is_read_and_not_remembered() -> None:
    tx_info = whole(1, 868_100_000) + part(99, bytes(2000))
    assert frame(read(TOPIC, up(tx_info=tx_info))).radio.frequency_hz == 868_100_000


@pytest.mark.parametrize(
    "payload",
    [
        b"\0",
        b"\x0a\x05ab",
        PHY,
        PHY + part(5, b""),
        PHY + part(5, part(1, b"roof")),
        part(5, GATEWAY),
        part(1, bytes(256)) + part(5, GATEWAY),
        PHY + part(5, part(1, b"\xff" * 16)),
        PHY + part(3, part(1, b"\1\2\3")),
    ],
)
def test_what_is_no_frame_is_malformed(payload: bytes) -> None:
    assert malformed(read(TOPIC, payload)).raw == payload


def test_a_gateways_report_in_both_versions() -> None:
    name = "mqtt_chirpstack_gateway-40"
    new = report(read(topic_of(name), protobuf_of(name)))
    assert new.receiver == "0102030405060708"
    assert new.figures["latitude"] == 46.24
    assert new.figures["hello"] == "hello world"
    old = part(1, bytes(range(1, 9))) + part(4, b"1.2.3") + whole(5, 4) + whole(6, 1)
    told = report(read(b"gateway/0102030405060708/event/stats", old))
    assert told.receiver == "0102030405060708"
    assert told.figures == {
        "config_version": "1.2.3",
        "rx_packets_received": 4,
        "rx_packets_received_ok": 1,
        "tx_packets_received": 0,
        "tx_packets_emitted": 0,
    }


def test_a_report_of_nobody_is_malformed() -> None:
    assert malformed(read(b"gateway/x/event/stats", whole(5, 4)))
