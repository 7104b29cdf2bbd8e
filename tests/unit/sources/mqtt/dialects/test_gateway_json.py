"""Guards ChirpStack's gateway JSON of versions 4, 3 and 2: values of the published messages, as a person reads
them there, and what other writers write differently.
"""

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from gateway.model import Radio, Reception
from tests.mqtt_records import (
    RECORDS,
    STAMP,
    frame,
    json_of,
    malformed,
    read,
    report,
    topic_of,
)

TOPIC = b"as923/gateway/0016c001f153a14c/event/up"


def message(name: str = "mqtt_chirpstack_gateway-43") -> dict[str, Any]:
    return deepcopy(RECORDS[name]["json"])


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_version_4_with_every_field() -> None:
    name = "mqtt_chirpstack_gateway-43"
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.source == "roof"
    assert heard.received == STAMP
    assert heard.phy == bytes.fromhex("4001010101800100e0fd51d4b7bbea")
    assert heard.radio == Radio(923_200_000, "LORA", 10, 125_000, coding_rate="4/5")
    assert heard.receptions == (Reception("0016c001f153a14c", 1, -101.0, -7.25, 1, "000004d2"),)
    assert heard.crc == "ok"
    assert heard.gateway_time_ns == 1_714_532_645_123_456_000
    assert heard.gps_time_ns == 1_714_532_645_123_456_000
    assert heard.live
    assert not heard.recorded
    assert heard.address is None


def test_version_4_as_the_first_documentation_had_it() -> None:
    name = "mqtt_chirpstack_gateway-02"
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.phy == bytes.fromhex("80a6fe6a018005000138873a7304")
    assert heard.receptions == (Reception("0016c001f153a14c", 0, -52.0, 13.75, 0, "c70c7419"),)
    assert heard.gateway_time_ns == 1_659_537_463_383_634_108
    assert heard.gps_time_ns is None
    assert heard.crc == "none"


def test_version_4_converted_from_udp() -> None:
    name = "mqtt_chirpstack_gateway-34"
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.phy == b"\1\2\3"
    assert heard.receptions == (Reception("0102030405060708", 0, -35.0, 5.1, 2, "000004d2"),)
    assert heard.gateway_time_ns == 1_662_813_015_000_000_000


def test_fsk_has_a_bit_rate_and_no_snr() -> None:
    name = "mqtt_chirpstack_gateway-41"
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.radio == Radio(868_800_000, "FSK", bit_rate=50_000)
    assert heard.receptions == (Reception("0102030405060708", 0, -33.0, None, 9, "b23db1d2"),)


def test_a_frame_with_a_wrong_crc_says_so() -> None:
    name = "mqtt_chirpstack_gateway-44"
    assert frame(read(topic_of(name), json_of(name))).crc == "bad"


@pytest.mark.parametrize("name", ["mqtt_chirpstack_gateway-12", "mqtt_chirpstack_gateway-25"])
def test_version_3(name: str) -> None:
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.phy == bytes.fromhex("000101010101010101010101010101010197160ccb3f12")
    assert heard.radio == Radio(868_300_000, "LORA", 11, 125_000, coding_rate="4/5")
    assert heard.receptions == (Reception("7276ff002e062c18", 0, -55.0, 15.0, 2, "58692860"),)
    assert heard.gateway_time_ns == 1_532_618_158_599_497_000
    assert heard.crc == "none"


@pytest.mark.parametrize("name", ["mqtt_chirpstack_gateway-20", "mqtt_chirpstack_gateway-30"])
def test_version_2_has_the_radio_settings_in_rx_info(name: str) -> None:
    heard = frame(read(topic_of(name), json_of(name)))
    assert heard.phy == bytes.fromhex("00010101010101010102020202020202026935bc6b021f")
    assert heard.radio == Radio(868_300_000, "LORA", 7, 125_000, coding_rate="4/5")
    assert heard.receptions == (Reception("1dee08d0b691d149", 0, -57.0, 7.0, 1, "2074240683"),)
    assert heard.crc == "ok"
    assert heard.gateway_time_ns == 1_513_092_533_222_434_000
    assert heard.gps_time_ns == 1_513_092_534_222_000_000


@pytest.mark.parametrize(
    "change",
    [
        {"phyPayload": "QAEBAQGAAQDg_VHUt7vq"},
        {"rxInfo": {"gatewayId": "00-16-C0-01-F1-53-A1-4C"}},
        {"rxInfo": {"context": "AAAE0g"}},
        {"rxInfo": {"rssi": "-101", "uplinkId": "12345"}},
        {"rxInfo": {"location": None, "metadata": None, "time": None}},
        {"txInfo": {"frequency": "923200000"}},
    ],
)
def test_what_other_writers_write_differently_means_the_same(change: dict[str, Any]) -> None:
    usual = message()
    changed = deepcopy(usual)
    for key, value in change.items():
        changed[key] = value if isinstance(value, str) else {**changed[key], **value}
    assert frame(read(TOPIC, encoded(changed))) == frame(read(TOPIC, encoded(usual)))


def test_base64_without_padding_is_read() -> None:
    changed = message("mqtt_chirpstack_gateway-02")
    changed["phyPayload"] = changed["phyPayload"].rstrip("=")
    heard = frame(read(TOPIC, encoded(changed)))
    assert heard.phy == bytes.fromhex("80a6fe6a018005000138873a7304")


@pytest.mark.parametrize("tx_info", [None, {}])
def test_a_frame_without_radio_settings_is_worth_keeping(tx_info: object) -> None:
    changed = message() | {"txInfo": tx_info}
    heard = frame(read(TOPIC, encoded(changed)))
    assert heard.radio == Radio()
    assert heard.phy


def test_a_time_that_cannot_be_read_is_none() -> None:
    changed = message()
    changed["rxInfo"] |= {"gwTime": "?", "timeSinceGpsEpoch": "?"}
    heard = frame(read(TOPIC, encoded(changed)))
    assert heard.gateway_time_ns is heard.gps_time_ns is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"phyPayload": None}, "phyPayload"),
        ({"phyPayload": 7}, "phyPayload"),
        ({"phyPayload": "...."}, "not base64"),
        ({"phyPayload": "A" * 344}, "258 bytes, a frame has at most 255"),
        ({"rxInfo": None}, "rxInfo"),
        ({"rxInfo": []}, "rxInfo"),
        ({"rxInfo": {"gatewayId": "roof"}}, "neither hex nor base64|not base64"),
        ({"rxInfo": {}}, "neither hex nor base64"),
        ({"txInfo": 7}, "Expected"),
    ],
)
def test_what_is_no_frame_is_malformed(change: dict[str, Any], sentence: str) -> None:
    kept = malformed(read(TOPIC, encoded({**message(), **change})))
    assert re.search(sentence, kept.sentence), kept.sentence


def test_a_frame_has_at_most_255_bytes() -> None:
    assert len(frame(read(TOPIC, encoded({**message(), "phyPayload": "A" * 340}))).phy) == 255


def test_a_gateways_report_in_each_version() -> None:
    v4 = report(read(topic_of("mqtt_chirpstack_gateway-40"), json_of("mqtt_chirpstack_gateway-40")))
    assert v4.source == "roof"
    assert v4.receiver == "0102030405060708"
    assert v4.received == STAMP
    assert v4.figures == {
        "rx_packets_received": 1,
        "rx_packets_received_ok": 1,
        "tx_packets_received": 1,
        "tx_packets_emitted": 1,
        "latitude": 46.24,
        "longitude": 3.2523,
        "altitude_m": 145.0,
        "foo": "bar",
        "hello": "hello world",
    }
    v3 = report(read(topic_of("mqtt_chirpstack_gateway-11"), json_of("mqtt_chirpstack_gateway-11")))
    assert v3.receiver == "7276ff002e062c18"
    assert v3.figures == {
        "rx_packets_received": 4,
        "rx_packets_received_ok": 1,
        "tx_packets_received": 0,
        "tx_packets_emitted": 1,
        "latitude": 1.12345,
        "longitude": 2.12345,
        "altitude_m": 10.0,
        "config_version": "1.2.3",
    }
    v2 = report(read(topic_of("mqtt_chirpstack_gateway-29"), json_of("mqtt_chirpstack_gateway-29")))
    assert v2.receiver == "1dee08d0b691d149"
    assert v2.figures == {
        "rx_packets_received": 20,
        "rx_packets_received_ok": 15,
        "tx_packets_received": 10,
        "tx_packets_emitted": 9,
        "latitude": 52.3740364,
        "longitude": 4.9144401,
        "altitude_m": 10.0,
    }


def test_a_report_without_a_place_has_none() -> None:
    told = report(
        read(topic_of("mqtt_chirpstack_gateway-01"), json_of("mqtt_chirpstack_gateway-01"))
    )
    assert "latitude" not in told.figures


def test_a_report_of_nobody_is_malformed() -> None:
    assert malformed(read(b"gateway/x/event/stats", b'{"rxPacketsReceived":1}'))
    assert malformed(read(b"gateway/x/event/stats", b"{"))


def test_a_report_cannot_fill_the_memory() -> None:
    metadata = {f"{number:0>200}": "x" * 10_000 for number in range(1000)}
    told = report(
        read(
            b"gateway/x/event/stats",
            encoded({"gatewayId": "0016c001f153a14c", "metadata": metadata}),
        )
    )
    assert len(told.figures) <= 40
    assert all(len(name) <= 64 for name in told.figures)
