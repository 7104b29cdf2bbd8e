"""Guards uplinks of The Things Stack: published and captured messages, what they leave out, and older forms."""

import json
from copy import deepcopy
from typing import Any

import pytest

from gateway.model import Radio, Reception
from tests.mqtt_records import RECORDS, STAMP, json_of, malformed, read, topic_of, uplink

NAME = "mqtt_tts-03"
TOPIC = topic_of(NAME)


def event(name: str = NAME, **change: Any) -> dict[str, Any]:
    """The sample with other keys in its uplink_message; None takes one away."""
    whole: dict[str, Any] = deepcopy(RECORDS[name]["json"])
    message = {**whole["uplink_message"], **change}
    whole["uplink_message"] = {key: value for key, value in message.items() if value is not None}
    return whole


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_uplink_as_documented() -> None:
    got = uplink(read(TOPIC, json_of(NAME)))
    assert (got.source, got.server, got.received) == ("roof", "the_things_stack", STAMP)
    assert got.event_id == "gs:uplink:01E0WZGSZWT07NE5TS2APTV1Z9"
    assert got.session_id == "AXA50tHUGUucuzS/bCGMNw=="
    assert got.dev_eui == "0004a30b001c0530"
    assert got.dev_addr == "00bcb929"
    assert got.f_cnt == 1
    assert got.payload == b"\x82\x41\xde"
    assert json.loads(got.object_json or b"") == {"temperature": 1.0, "luminosity": 0.64}
    assert got.radio == Radio(868_300_000, "LORA", 7, 125_000, coding_rate="4/6")
    assert got.receptions == (Reception("9c5c8e00001a05c4", 0, -35.0, 5.0, 2, "2463457000"),)
    assert got.gateway_time_ns == 1_581_520_545_787_000_000
    assert got.gps_time_ns is None


def test_an_uplink_as_captured_with_its_euis_put_back() -> None:
    """The author had replaced them. The gateway's clock was 38 minutes ahead of the server's, which is taken."""
    name = "mqtt_tts-15"
    text = (
        json_of(name)
        .replace(b"YOUR_DEVICE_EUI", b"70B3D57ED0000001")
        .replace(b"YOUR_DEVICE_ADDR", b"260B1A2C")
        .replace(b"YOUR_GATEWAY_EUI", b"B827EBFFFE112233")
    )
    got = uplink(read(topic_of(name), text))
    assert (got.dev_eui, got.dev_addr) == ("70b3d57ed0000001", "260b1a2c")
    assert (got.f_cnt, got.f_port) == (14, 2)
    assert got.payload == bytes.fromhex("a2617419123061 6c190fa0".replace(" ", ""))
    assert got.radio == Radio(923_400_000, "LORA", 10, 125_000, coding_rate="4/5")
    assert got.receptions == (Reception("b827ebfffe112233", 0, -55.0, 12.8, 1, "1855659042"),)
    assert got.gateway_time_ns == 1_634_103_388_261_985_742, "received_at, 05:36:28 not 06:14:28"
    assert got.event_id == "as:up:01FHW2DT9KWHND8J14NC0MV40W"


def test_the_first_uplink_of_a_session_has_no_counter() -> None:
    name = "mqtt_tts-11"
    got = uplink(read(topic_of(name), json_of(name)))
    assert got.f_cnt == 0
    assert got.f_port == 15
    assert got.payload == b"Temperature = 0.0"
    assert got.object_json is None


def test_an_event_without_correlation_ids_is_known_by_session_counter_and_time() -> None:
    whole = event(f_cnt=7)
    del whole["correlation_ids"]
    got = uplink(read(TOPIC, encoded(whole)))
    assert got.event_id == "AXA50tHUGUucuzS/bCGMNw==/7/2020-02-12T15:15:45.789585559Z"


def test_the_gateway_servers_id_comes_first_wherever_it_stands() -> None:
    whole = event() | {"correlation_ids": ["as:up:1", "gs:conn:2", "gs:uplink:3", "gs:uplink:4"]}
    assert uplink(read(TOPIC, encoded(whole))).event_id == "gs:uplink:3"


def test_newer_versions_have_the_coding_rate_beside_the_spreading_factor() -> None:
    lora = {"bandwidth": 250000, "spreading_factor": 7, "coding_rate": "4/5"}
    settings = {"data_rate": {"lora": lora}, "frequency": "924500000"}
    got = uplink(read(TOPIC, encoded(event(settings=settings))))
    assert got.radio == Radio(924_500_000, "LORA", 7, 250_000, coding_rate="4/5")


def test_fsk_and_lr_fhss() -> None:
    fsk = {"data_rate": {"fsk": {"bit_rate": 50000}}, "frequency": 868800000}
    rx = {"gateway_ids": {"eui": "9C5C8E00001A05C4"}, "rssi": -80}
    got = uplink(read(TOPIC, encoded(event(settings=fsk, rx_metadata=[rx]))))
    assert got.radio == Radio(868_800_000, "FSK", bit_rate=50_000)
    assert got.receptions[0].snr_db is None
    lr_fhss = {
        "data_rate": {"lrfhss": {"operating_channel_width": 137000, "coding_rate": "1/3"}},
        "frequency": "868100000",
    }
    got = uplink(read(TOPIC, encoded(event(settings=lr_fhss))))
    assert got.radio == Radio(868_100_000, "LR_FHSS", None, 137_000, coding_rate="1/3")


def test_an_snr_left_out_beside_an_rssi_is_zero() -> None:
    rx = {"gateway_ids": {"eui": "9C5C8E00001A05C4"}, "rssi": -80, "antenna_index": 1}
    got = uplink(read(TOPIC, encoded(event(rx_metadata=[rx]))))
    assert got.receptions == (Reception("9c5c8e00001a05c4", 1, -80.0, 0.0, 0, ""),)


def test_a_gateway_of_another_network_may_give_neither_eui_nor_signal() -> None:
    broker = {"gateway_ids": {"gateway_id": "packetbroker"}, "packet_broker": {}}
    got = uplink(read(TOPIC, encoded(event(rx_metadata=[broker, {}]))))
    assert got.receptions == (
        Reception("packetbroker", 0, None, None, 0, ""),
        Reception("unknown", 0, None, None, 0, ""),
    )
    assert got.gateway_time_ns == 1_581_520_545_789_585_559  # the server's


@pytest.mark.parametrize("frequency", ["", "?", "86830000000", "-1", 0])
def test_a_frequency_that_cannot_be_is_not_known(frequency: object) -> None:
    got = uplink(read(TOPIC, encoded(event(settings={"frequency": frequency}))))
    assert got.radio == Radio()


def test_neither_port_nor_payload_is_an_uplink_of_mac_commands() -> None:
    got = uplink(read(TOPIC, encoded(event(frm_payload=None))))
    assert (got.f_port, got.payload) == (None, b"")


def test_base64_of_the_url_alphabet_and_nulls_are_read() -> None:
    whole = event(frm_payload="-_8", decoded_payload=None) | {"received_at": None}
    assert uplink(read(TOPIC, encoded(whole))).payload == b"\xfb\xff"


def test_a_payload_that_the_server_did_not_decrypt_is_not_decoded_as_noise() -> None:
    whole = event(app_s_key={"encrypted_key": "AA==", "kek_label": "x"})
    assert "still encrypted" in malformed(read(TOPIC, encoded(whole))).sentence


@pytest.mark.parametrize(
    "change",
    [
        {"f_cnt": -1},
        {"f_cnt": 2**32},
        {"f_port": 256},
        {"frm_payload": "???"},
        {"rx_metadata": {}},
        {"settings": []},
    ],
)
def test_what_is_no_uplink_is_malformed(change: dict[str, Any]) -> None:
    assert malformed(read(TOPIC, encoded(event(**change))))


def test_an_uplink_of_nobody_is_malformed() -> None:
    for ids in ({}, {"dev_eui": "dev1"}, None):
        assert malformed(read(TOPIC, encoded(event() | {"end_device_ids": ids})))
