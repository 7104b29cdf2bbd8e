"""Guards the ChirpStack events: a conversion that is published with its UDP input must come out byte for
byte, and the official messages must read both forms of version 4 alike."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from chirpstack_api import gw
from google.protobuf import json_format

from hil.simulators.air import Channel, Hearing
from hil.simulators.chirpstack_gateway import topic, v3_json, v4_json, v4_protobuf

# chirpstack/chirpstack-mqtt-forwarder tests/semtech_udp_test.rs: an rxpk of 2022-09-10T12:30:15Z with tmst
# 1234 on channel 2 becomes this frame. The uplink id is random there, and 0 here.
PUBLISHED = Hearing(
    at=1_662_813_015.0,
    phy=b"\x01\x02\x03",
    channel=Channel(2, 868_100_000),
    receiver="0102030405060708",
    tmst=1234,
    rssi_dbm=-35,
    snr_db=5.1,
)
PUBLISHED_PROTOBUF = (
    "0a03010203221208a0cff89d03120a1a0808c8d007100728012a350a10303130323033303430353036303730381a06"
    "08d786f2980630ddffffffffffffffff013d3333a34040026a04000004d2800102"
)
HEARD = Hearing(
    at=1_790_000_000.25,
    phy=bytes(range(33)),
    channel=Channel(5, 924_200_000, 9),
    receiver="02c17aff00000001",
    tmst=0xFEDCBA98,
    rssi_dbm=-113,
    snr_db=-7.75,
)


def test_the_published_frame_comes_out_as_protobuf() -> None:
    assert v4_protobuf(PUBLISHED).hex() == PUBLISHED_PROTOBUF


def test_the_published_frame_comes_out_as_json() -> None:
    body = json.loads(v4_json(PUBLISHED))
    # The forwarder prints whole seconds; microseconds of zero are the same time.
    assert body["rxInfo"].pop("gwTime") == "2022-09-10T12:30:15.000000Z"
    assert body == {
        "phyPayload": "AQID",
        "txInfo": {
            "frequency": 868100000,
            "modulation": {
                "lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}
            },
        },
        "rxInfo": {
            "gatewayId": "0102030405060708",
            "rssi": -35,
            "snr": 5.1,
            "channel": 2,
            "context": "AAAE0g==",
            "crcStatus": "CRC_OK",
        },
    }


@pytest.mark.parametrize("gps", [False, True])
@pytest.mark.parametrize("crc", ["ok", "bad"])
@pytest.mark.parametrize("channel", [0, 5])
def test_the_official_messages_read_both_forms_alike(channel: int, crc: Any, gps: bool) -> None:
    hearing = replace(HEARD, crc=crc, channel=Channel(channel, 924_200_000, 9))
    from_json: Any = gw.UplinkFrame()
    json_format.Parse(v4_json(hearing, uplink_id=77, gps=gps), from_json)
    from_protobuf: Any = gw.UplinkFrame.FromString(v4_protobuf(hearing, uplink_id=77, gps=gps))
    assert from_json == from_protobuf
    assert from_protobuf.rx_info.uplink_id == 77
    assert from_protobuf.rx_info.snr == -7.75
    assert from_protobuf.rx_info.HasField("time_since_gps_epoch") is gps


def test_further_keys_are_carried_as_a_real_gateway_would() -> None:
    location = {"latitude": 13.7563, "longitude": 100.5018, "altitude": 12.5}
    read: Any = gw.UplinkFrame()
    json_format.Parse(v4_json(HEARD, extras={"location": location}), read)
    assert read.rx_info.location.altitude == 12.5


def test_version_3_says_gateway_and_uplink_in_base64_and_kilohertz() -> None:
    body = json.loads(v3_json(HEARD, uplink_id=9))
    assert base64.b64decode(body["phyPayload"]) == HEARD.phy
    assert body["txInfo"]["loRaModulationInfo"] == {
        "bandwidth": 125,
        "spreadingFactor": 9,
        "codeRate": "4/5",
        "polarizationInversion": False,
    }
    assert base64.b64decode(body["rxInfo"]["gatewayID"]).hex() == HEARD.receiver
    assert base64.b64decode(body["rxInfo"]["uplinkID"]) == bytes(15) + b"\x09"
    assert base64.b64decode(body["rxInfo"]["context"]).hex() == "fedcba98"
    assert body["rxInfo"]["loRaSNR"] == -7.75
    assert body["rxInfo"]["timeSinceGPSEpoch"] is None
    assert json.loads(v3_json(HEARD, gps=True))["rxInfo"]["timeSinceGPSEpoch"].endswith("8.250000s")


def test_topics_carry_the_region_where_one_is_configured() -> None:
    assert topic("02c17aff00000001") == "as923/gateway/02c17aff00000001/event/up"
    assert topic("02c17aff00000001", "") == "gateway/02c17aff00000001/event/up"
