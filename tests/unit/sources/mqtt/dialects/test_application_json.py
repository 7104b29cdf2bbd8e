"""Guards ChirpStack's uplink events as JSON, versions 4 and 3 (both marshalers), and of servers that copy them."""

import json
from copy import deepcopy
from typing import Any

import pytest

from gateway.model import Radio, Reception
from gateway.sources.mqtt.dialects.application_json import f_port
from tests.mqtt_records import RECORDS, STAMP, json_of, malformed, read, topic_of, uplink

TOPIC = b"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/up"


def message(name: str = "mqtt_chirpstack_application-01", **change: Any) -> bytes:
    return json.dumps({**deepcopy(RECORDS[name]["json"]), **change}).encode()


def test_version_4() -> None:
    event = uplink(read(TOPIC, message()))
    assert (event.source, event.server, event.received) == ("roof", "chirpstack", STAMP)
    assert event.event_id == "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"
    assert event.session_id == ""
    assert event.dev_eui == "0101010101010101"
    assert event.dev_addr == "00189440"
    assert event.f_cnt == 0
    assert event.f_port == 1
    assert event.payload == b"\xaa"
    assert event.object_json is None
    assert event.radio == Radio(867_100_000, "LORA", 11, 125_000, coding_rate="4/5")
    assert event.receptions == (Reception("0016c001f153a14c", 0, -36.0, 10.5, 0, "13739639"),)
    assert event.gateway_time_ns == 1_658_136_855_775_023_242  # the server's
    assert event.gps_time_ns is None
    assert event.live


def test_version_3_with_the_json_marshaler() -> None:
    name = "mqtt_chirpstack_application-27"
    event = uplink(read(topic_of(name), json_of(name)))
    assert event.dev_eui == "3b11628cd860f61e"
    assert event.dev_addr == "00ba0eee"
    assert event.f_cnt == 9746
    assert event.f_port == 1
    assert event.payload == b"\x50"
    assert event.object_json is None
    assert event.radio == Radio(868_500_000, "LORA", 7, 125_000, coding_rate="4/5")
    assert event.receptions == (Reception("60c5a8fffe7614ef", 0, -40.0, 11.0, 7, "eacb9f94"),)
    assert event.gateway_time_ns == 1_671_828_677_143_948_793  # publishedAt
    assert event.event_id == "i4wJFlNyRRy5d0GAWEhHiA=="


def test_version_3_with_gateway_times() -> None:
    name = "mqtt_chirpstack_application-28"
    event = uplink(read(topic_of(name), json_of(name)))
    assert event.dev_eui == "b0b353fffe40366a"
    assert event.gateway_time_ns == 1_657_536_280_458_589_000
    assert event.receptions == (Reception("7276ff002e080244", 0, -98.0, 8.2, 5, "f9d1d72c"),)
    assert event.f_port is None
    assert event.payload == b""


def test_version_3_with_the_json_v3_marshaler() -> None:
    name = "mqtt_chirpstack_application-29"
    event = uplink(read(topic_of(name), json_of(name)))
    assert event.dev_eui == "2222222222222222"
    assert event.dev_addr == ""
    assert (event.f_cnt, event.f_port) == (0, 1)
    assert event.payload == bytes.fromhex("046600036 70a00018801a2b1f69608000362".replace(" ", ""))
    assert event.radio == Radio()
    assert event.gateway_time_ns == 1_551_991_382_000_000_000
    assert event.object_json is not None
    assert json.loads(event.object_json)["temperatureSensor"] == {"1": 28.85}


@pytest.mark.parametrize(
    ("name", "coding_rate", "spreading_factor"),
    [
        ("mqtt_chirpstack_application-10", "4/6", 5),
        ("mqtt_chirpstack_application-15", None, None),
        ("mqtt_chirpstack_application-21", None, None),
    ],
)
def test_older_versions_documented_with_dots_for_data(
    name: str, coding_rate: str | None, spreading_factor: int | None
) -> None:
    assert "not base64" in malformed(read(topic_of(name), json_of(name))).sentence
    event = uplink(read(topic_of(name), message(name, data="qg==")))
    assert event.dev_eui == "0202020202020202"
    assert (event.f_cnt, event.f_port, event.payload) == (10, 5, b"\xaa")
    assert event.radio.frequency_hz == 868_100_000
    assert event.radio.coding_rate == coding_rate
    assert event.radio.spreading_factor == spreading_factor
    assert event.receptions[0].receiver == "0303030303030303"
    assert event.receptions[0].rssi_dbm == -57
    assert event.receptions[0].snr_db == 10
    assert event.gateway_time_ns == 1_480_091_077_295_915_988
    assert json.loads(event.object_json or b"") == {
        "temperatureSensor": {"1": 25},
        "humiditySensor": {"1": 32},
    }


def test_milesights_own_server_on_a_topic_of_the_users_choice() -> None:
    event = uplink(read(b"/mqtttest", json_of("vendor-01")))
    assert event.dev_eui == "24e124136b502217"
    assert (event.f_cnt, event.f_port) == (128, 85)
    assert event.payload == bytes.fromhex("0367ea0004684f050000")
    assert event.radio == Radio(868_100_000, "LORA", 7, 125_000, coding_rate="4/5")
    assert event.receptions[0].receiver == "24e124fffef54092"
    assert event.gateway_time_ns == 1_672_125_687_078_763_000


def test_raks_own_server_writes_base64_or_hex() -> None:
    name = "vendor-02"
    for change in ({}, {"data": "0102", "data_encode": "hexstring"}):
        event = uplink(read(topic_of(name), message(name, **change)))
        assert event.payload == b"\1\2"
    odd = message(name, data="010", data_encode="hexstring")
    assert malformed(read(topic_of(name), odd))


def test_all_gateways_that_heard_it_are_kept() -> None:
    name = "vendor-03"
    event = uplink(read(topic_of(name), json_of(name)))
    assert event.receptions == (
        Reception("b827ebfffeaa4582", 0, -60.0, 7.5, 0, "659cbfab-3216-42fd-9f71-f2c470b7f9da"),
        Reception("ca925641ce08b33e", 0, -98.0, 4.2, 0, "15ca3b44-17a0-4662-82c9-aa23b40e16eb"),
    )
    assert event.event_id == "659cbfab-3216-42fd-9f71-f2c470b7f9da"
    assert event.payload == bytes.fromhex("00684200670 0d2".replace(" ", ""))


def test_a_gateway_without_a_name_does_not_cost_the_uplink() -> None:
    rx = RECORDS["mqtt_chirpstack_application-01"]["json"]["rxInfo"][0]
    event = uplink(read(TOPIC, message(rxInfo=[{**rx, "gatewayId": "?"}, rx])))
    assert [heard.receiver for heard in event.receptions] == ["0016c001f153a14c"]
    assert uplink(read(TOPIC, message(rxInfo=[]))).receptions == ()


def test_the_first_gateways_time_comes_before_the_servers() -> None:
    rx = RECORDS["mqtt_chirpstack_application-01"]["json"]["rxInfo"][0]
    timed = {**rx, "gwTime": "2024-05-01T03:04:05Z", "timeSinceGpsEpoch": "1398567863s"}
    event = uplink(read(TOPIC, message(rxInfo=[rx, timed])))
    assert event.gateway_time_ns == event.gps_time_ns == 1_714_532_645_000_000_000
    served = {**rx, "nsTime": "2024-05-01T03:04:05.5Z"}
    event = uplink(read(TOPIC, message(rxInfo=[rx, served])))
    assert event.gateway_time_ns == 1_714_532_645_500_000_000


def test_the_codecs_object_is_kept_as_it_was_written() -> None:
    text = b'{"a": 1.50, "b": [null, "\xc3\xa9"]}'
    payload = message()[:-1] + b', "object": ' + text + b"}"
    assert uplink(read(TOPIC, payload)).object_json == text
    for nothing in (b"null", b" null "):
        assert (
            uplink(read(TOPIC, message()[:-1] + b', "object":' + nothing + b"}")).object_json
            is None
        )
    assert uplink(read(TOPIC, message(objectJSON='{"t":1}'))).object_json == b'{"t":1}'


def test_a_payload_that_the_server_could_not_decrypt_is_not_decoded_as_noise() -> None:
    kept = malformed(read(TOPIC, message(joinServerContext={"sessionKeyId": "x"})))
    assert "still encrypted" in kept.sentence
    assert uplink(read(TOPIC, message(joinServerContext=None)))


def test_no_f_port_and_no_data_is_an_uplink_of_mac_commands() -> None:
    assert f_port(0, b"") is None
    assert f_port(0, b"\1") == 0
    assert f_port(7, b"") == 7
    event = uplink(read(TOPIC, message(fPort=None, data=None)))
    assert (event.f_port, event.payload) == (None, b"")


@pytest.mark.parametrize(
    "change",
    [
        {"deviceInfo": None},
        {"deviceInfo": {"devEui": "x"}},
        {"devAddr": "001894"},
        {"fCnt": -1},
        {"fCnt": 2**32},
        {"fPort": 256},
        {"data": 7},
        {"rxInfo": {}},
        {"txInfo": "?"},
    ],
)
def test_what_is_no_uplink_is_malformed(change: dict[str, Any]) -> None:
    assert malformed(read(TOPIC, message(**change)))
