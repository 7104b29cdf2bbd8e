"""Guards ChirpStack 4's uplink events as protobuf, beyond what `test_protocol` compares with JSON."""

import json

import pytest
from chirpstack_api import integration

from gateway.model import Reception
from tests.mqtt_records import malformed, protobuf_of, read, topic_of, uplink

NAME = "mqtt_chirpstack_application-01"
TOPIC = topic_of(NAME)


def event() -> integration.UplinkEvent:
    """The sample, to be changed; its bytes were written by chirpstack-api as well."""
    return integration.UplinkEvent.FromString(protobuf_of(NAME))


def test_the_sample() -> None:
    got = uplink(read(TOPIC, protobuf_of(NAME)))
    assert got.event_id == "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"
    assert (got.dev_eui, got.dev_addr) == ("0101010101010101", "00189440")
    assert (got.f_cnt, got.f_port, got.payload) == (0, 1, b"\xaa")
    assert got.receptions == (Reception("0016c001f153a14c", 0, -36.0, 10.5, 0, "13739639"),)
    assert got.gateway_time_ns == 1_658_136_855_775_023_242
    assert got.object_json is None


def test_the_codecs_object_becomes_json() -> None:
    message = event()
    message.object.update({"t": 21.5, "ok": True, "none": None, "list": [1, "é", {"n": -0.25}]})
    got = uplink(read(TOPIC, message.SerializeToString()))
    assert got.object_json is not None
    assert json.loads(got.object_json) == {
        "t": 21.5,
        "ok": True,
        "none": None,
        "list": [1, "é", {"n": -0.25}],
    }


def test_an_object_that_json_cannot_say_does_not_cost_the_uplink() -> None:
    message = event()
    message.object.update({"t": float("nan")})
    got = uplink(read(TOPIC, message.SerializeToString()))
    assert got.object_json is None
    assert got.payload == b"\xaa"


def test_the_times_of_gateways_come_before_the_servers() -> None:
    message = event()
    first = message.rx_info[0]
    first.ns_time.seconds = 1_700_000_001
    assert uplink(read(TOPIC, message.SerializeToString())).gateway_time_ns == 1_700_000_001 * 10**9
    second = message.rx_info.add(gateway_id="0016c001f153a14d")
    second.gw_time.seconds = 1_700_000_002
    second.time_since_gps_epoch.seconds = 1_398_567_863
    got = uplink(read(TOPIC, message.SerializeToString()))
    assert got.gateway_time_ns == 1_700_000_002 * 10**9
    assert got.gps_time_ns == 1_714_532_645 * 10**9
    assert [heard.receiver for heard in got.receptions] == ["0016c001f153a14c", "0016c001f153a14d"]


def test_a_gateway_without_a_name_does_not_cost_the_uplink() -> None:
    message = event()
    message.rx_info.add(gateway_id="?")
    assert len(uplink(read(TOPIC, message.SerializeToString())).receptions) == 1


def test_a_payload_that_the_server_could_not_decrypt_is_not_decoded_as_noise() -> None:
    message = event()
    message.join_server_context.session_key_id = "x"
    assert "still encrypted" in malformed(read(TOPIC, message.SerializeToString())).sentence


@pytest.mark.parametrize(
    ("field", "value"), [("dev_eui", "?"), ("dev_eui", ""), ("dev_addr", "0018")]
)
def test_what_is_no_uplink_is_malformed(field: str, value: str) -> None:
    message = event()
    setattr(message.device_info if field == "dev_eui" else message, field, value)
    assert malformed(read(TOPIC, message.SerializeToString()))


def test_a_port_that_cannot_be_is_malformed() -> None:
    message = event()
    message.f_port = 256
    assert malformed(read(TOPIC, message.SerializeToString()))
