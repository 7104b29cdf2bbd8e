"""Guards what a line of a recording holds: each form, each way to tell its time, and every damage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import ApplicationUplink, Frame, Heard, Malformed, Stamp
from gateway.sources.replay.protocol import LineReader

NOW = Stamp(1_700_000_000_000_000_000, 5_000_000_000, False)
EUI = "647fdafffe007417"
AT = "2020-08-11T22:17:31.291Z"
AT_NS = 1_597_184_251_291_000_000
"""By `date -u -d 2020-08-11T22:17:31.291Z +%s%N`."""
RXPK = {
    "tmst": 251908868,
    "freq": 868.1,
    "stat": 1,
    "modu": "LORA",
    "datr": "SF8BW125",
    "data": "QAEBAQE=",
}
PHY = bytes.fromhex("4001010101")
GATEWAY_EVENT = {
    "phyPayload": "QAEBAQE=",
    "txInfo": {"frequency": 868100000},
    "rxInfo": {"gatewayId": EUI, "uplinkId": 7, "rssi": -50, "snr": 9.5},
}
UPLINK_EVENT = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2020-08-11T22:17:31.291Z",
    "deviceInfo": {"devEui": "0101010101010101"},
    "devAddr": "00189440",
    "fCnt": 3,
    "fPort": 1,
    "data": "qg==",
}


def read(line: object, offset: int = 77) -> list[Heard]:
    text = line if isinstance(line, bytes) else json.dumps(line).encode()
    return LineReader("old", "5e").read(text, offset, NOW)


def read_frame(line: object, offset: int = 77) -> Frame:
    (frame,) = read(line, offset)
    assert isinstance(frame, Frame), frame
    return frame


def push(json_text: bytes) -> str:
    return (bytes.fromhex("02abcd00" + EUI) + json_text).hex()


# The forms


@pytest.mark.parametrize(
    "line",
    [
        {"received_at": AT, "datagram_hex": push(json.dumps({"rxpk": [RXPK]}).encode())},
        {"received_at": AT, "gateway": EUI, "rxpk": [RXPK]},
        {"received_at": AT, "gateway": EUI.upper(), **RXPK},
    ],
    ids=["datagram", "rxpk list", "bare rxpk"],
)
def test_every_form_of_an_rxpk_is_the_same_frame(line: object) -> None:
    frame = read_frame(line)
    assert (frame.source, frame.phy, frame.crc) == ("old", PHY, "ok")
    assert frame.receptions[0].receiver == EUI
    assert frame.receptions[0].stamp == "251908868"
    assert frame.received == Stamp(AT_NS, NOW.boot_ns, True)
    assert (frame.live, frame.recorded) == (False, True)


@pytest.mark.parametrize(
    "line",
    [
        {"received_at": AT, **GATEWAY_EVENT},
        {"tst": AT, "topic": f"eu868/gateway/{EUI}/event/up", "payload": GATEWAY_EVENT},
        {"tst": AT, "topic": f"eu868/gateway/{EUI}/event/up", "payload": json.dumps(GATEWAY_EVENT)},
        {"tst": AT, "topic": "x", "payload_hex": json.dumps(GATEWAY_EVENT).encode().hex()},
    ],
    ids=["bare event", "payload object", "payload text", "payload hex"],
)
def test_every_form_of_a_gateway_event_is_the_same_frame(line: object) -> None:
    frame = read_frame(line)
    assert (frame.phy, frame.receptions[0].receiver) == (PHY, EUI)
    assert frame.received.wall_ns == AT_NS
    assert (frame.live, frame.recorded) == (False, True)


@pytest.mark.parametrize(
    "line",
    [
        UPLINK_EVENT,
        {"topic": "application/1/device/0101010101010101/event/up", "payload": UPLINK_EVENT},
    ],
)
def test_an_event_of_a_network_server_takes_its_own_time(line: object) -> None:
    (uplink,) = read(line)
    assert isinstance(uplink, ApplicationUplink)
    assert (uplink.dev_eui, uplink.f_cnt, uplink.payload) == ("0101010101010101", 3, b"\xaa")
    assert uplink.received == Stamp(AT_NS, NOW.boot_ns, True)
    assert (uplink.live, uplink.recorded) == (False, True)


def test_an_rxpk_over_mqtt_is_read() -> None:
    frame = read_frame({"tst": AT, "topic": "roof/north", "payload": {"rxpk": [RXPK]}})
    assert (frame.phy, frame.received.wall_ns, frame.recorded) == (PHY, AT_NS, True)


def test_several_frames_of_a_line_are_all_there() -> None:
    found = read({"received_at": AT, "rxpk": [RXPK, {"tmst": 1}, RXPK]})
    assert [type(heard) for heard in found] == [Frame, Malformed, Frame]
    assert isinstance(found[1], Malformed)
    assert found[1].sentence == "line at byte 77: old: rxpk 2 of 3: it has no data"


@pytest.mark.parametrize(
    "line",
    [
        {"datagram_hex": "02abcd02" + EUI},
        {"datagram_hex": "02abcd05" + EUI},
        {"datagram_hex": "02abcd01"},
        {"datagram_hex": push(b'{"stat":{"rxnb":1}}')},
        {"rxpk": []},
        {"stat": {"rxnb": 1}},
        {"topic": f"eu868/gateway/{EUI}/event/stats", "payload": {"gatewayId": EUI}},
        {"topic": "application/1/device/0101010101010101/event/join", "payload": {}},
        {"topic": "x", "payload": ""},
    ],
    ids=str,
)
def test_a_line_without_a_frame_holds_nothing(line: object) -> None:
    assert read(line) == []


def test_a_line_that_c_or_an_editor_made_is_read() -> None:
    text = json.dumps(RXPK).replace('"stat": 1', '"stat": ?').encode()
    assert read_frame(b"\xef\xbb\xbf" + text).crc == "none"


# Times


def test_without_a_time_of_the_line_the_frame_tells_it() -> None:
    frame = read_frame({**RXPK, "time": AT})
    assert frame.received == Stamp(AT_NS, NOW.boot_ns, True)
    assert frame.recorded


def test_gps_time_counts_before_the_gateways_own() -> None:
    frame = read_frame(
        {**RXPK, "time": AT, "tmms": 1_281_219_469_291}
    )  # the same instant on the GPS scale
    assert frame.received.wall_ns == AT_NS
    assert (
        read_frame({**RXPK, "time": AT, "tmms": 1_281_219_468_291}).received.wall_ns
        == AT_NS - 10**9
    )


def test_the_time_of_the_line_counts_before_the_frames_as_that_of_reception() -> None:
    frame = read_frame({"received_at": AT, **RXPK, "time": "2020-08-11T22:17:30Z"})
    assert frame.received.wall_ns == AT_NS
    assert frame.gateway_time_ns == AT_NS - 1_291_000_000


def test_without_any_time_it_is_heard_now_and_not_recorded() -> None:
    frame = read_frame(RXPK)
    assert frame.received == NOW
    assert (frame.live, frame.recorded) == (False, False)


# Stamps


def test_a_hearing_without_a_stamp_gets_its_place_for_one() -> None:
    line = {"received_at": AT, "data": "AQID"}
    assert read_frame(line, 77).receptions[0].stamp == "5e@77"
    assert read_frame(line, 77) == read_frame(line, 77)
    assert read_frame(line, 78).receptions[0].stamp == "5e@78"
    other, *_ = LineReader("old", "6f").read(json.dumps(line).encode(), 77, NOW)
    assert isinstance(other, Frame)
    assert other.receptions[0].stamp == "6f@77"


def test_each_antenna_without_a_stamp_gets_one() -> None:
    frame = read_frame({"data": "AQID", "rsig": [{"ant": 0}, {"ant": 1}]})
    assert [reception.stamp for reception in frame.receptions] == ["5e@77", "5e@77"]


def test_a_hearing_with_a_stamp_or_a_time_of_its_own_keeps_it() -> None:
    assert read_frame(RXPK).receptions[0].stamp == "251908868"
    assert read_frame({"data": "AQID", "time": AT}).receptions[0].stamp == ""


def test_without_a_gateway_the_receiver_is_the_source() -> None:
    assert read_frame(RXPK).receptions[0].receiver == "old"


# Damage


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello", "JSON is malformed"),
        (b"{", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "it has none of datagram_hex"),
        (b'{"received_at":"2020-08-11T22:17:31Z","tmst":5}', "it has none of datagram_hex"),
        ({"received_at": "yesterday", **RXPK}, "received_at is no time"),
        ({"received_at": 1597184251, **RXPK}, "received_at is missing or is not text"),
        ({"tst": "", **RXPK}, "tst is no time"),
        ({"datagram_hex": "0x"}, "non-hexadecimal"),
        ({"datagram_hex": 5}, "datagram_hex is missing or is not text"),
        ({"datagram_hex": "03abcd00"}, "protocol version 3"),
        ({"datagram_hex": ""}, "0 bytes"),
        ({"gateway": "roof", **RXPK}, "gateway is not an EUI"),
        ({"gateway": {}, **RXPK}, "gateway is missing or is not text"),
        ({"topic": 5, "payload": ""}, "topic is missing or is not text"),
        ({"topic": "x", "payload_hex": "zz"}, "non-hexadecimal"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_line_is_kept_with_its_place_and_a_reason(line: object, words: str) -> None:
    (found,) = read(line)
    assert isinstance(found, Malformed)
    assert found.source == "old"
    assert found.raw == (line if isinstance(line, bytes) else json.dumps(line).encode())
    assert found.sentence.startswith("line at byte 77: ")
    assert words in found.sentence
    assert found.received == NOW


def test_a_message_that_no_dialect_knows_is_kept() -> None:
    (found,) = read({"topic": "x", "payload": {"hello": "world"}})
    assert isinstance(found, Malformed)
    assert found.sentence.startswith("line at byte 77: x: ")


def test_every_truncation_of_a_line_is_kept() -> None:
    line = json.dumps({"received_at": AT, "rxpk": [RXPK]}).encode()
    for length in range(1, len(line)):
        (found,) = read(line[:length])
        assert isinstance(found, Malformed)
        assert found.raw == line[:length]


_keys = st.sampled_from(
    ["received_at", "tst", "datagram_hex", "topic", "payload", "payload_hex", "gateway", "rxpk", "data", "stat",
     "phyPayload", "rxInfo", "deviceInfo", "devEUI", "end_device_ids", "uplink_message", "rxPacketsReceived"]
)  # fmt: skip
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.just(AT)
    | st.just("AQID"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_keys, _values, max_size=5))
def test_any_json_object_is_read_or_kept(line: dict[str, Any]) -> None:
    for found in read(line):
        assert isinstance(found, Frame | ApplicationUplink | Malformed)


@given(st.binary(min_size=1, max_size=200))
def test_random_bytes_are_kept(line: bytes) -> None:
    for found in read(line):
        assert isinstance(found, Malformed)
