"""Guards what becomes of a message: every recorded and published sample has the fate a person gave it, JSON
and protobuf of one event give the same values, and no bytes whatever make the reader raise.

Values are asserted in the tests of the dialects.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import ApplicationUplink, Frame, Malformed
from gateway.sources.mqtt import protocol
from gateway.sources.mqtt.protocol import NOTHING, Message, Reader
from tests.mqtt_records import (
    RECORDS,
    STAMP,
    frame,
    json_of,
    malformed,
    protobuf_of,
    read,
    report,
    topic_of,
)


def numbers(name: str, *found: int) -> set[str]:
    return {f"{name}-{number:02d}" for number in found}


FRAMES = numbers("mqtt_chirpstack_gateway", 2, 12, 20, 25, 30, 34, 41, 42, 43, 44, 45)
REPORTS = numbers("mqtt_chirpstack_gateway", 1, 11, 19, 24, 29, 40)
UPLINKS = (
    numbers("mqtt_chirpstack_application", 1, 27, 28, 29)
    | numbers("mqtt_tts", 3, 11, 17)
    | numbers("vendor", 1, 2, 3)
)
UNREADABLE = (
    numbers("mqtt_chirpstack_gateway", 46)  # breaks off
    | numbers("mqtt_chirpstack_application", 9)  # a downlink, without a topic
    | numbers("mqtt_chirpstack_application", 10, 15, 21)  # their data is "...", which is not base64
    | numbers("mqtt_tts", 15)  # its author wrote YOUR_DEVICE_EUI for the EUI
    | numbers("mqtt_tts", 16)  # a record of another interface
    | numbers("vendor", 4, 5, 6, 7, 8)  # a network server that is not read
)


def fate(message: Message) -> str:
    heard, told = message
    kinds = {Frame: "frame", ApplicationUplink: "uplink", Malformed: "malformed"}
    return "report" if told else kinds[type(heard[0])] if heard else "nothing"


def expected_fate(name: str) -> str:
    for kind, names in (
        ("frame", FRAMES),
        ("report", REPORTS),
        ("uplink", UPLINKS),
        ("malformed", UNREADABLE),
    ):
        if name in names:
            return kind
    return "nothing"


@pytest.mark.parametrize("name", [name for name in RECORDS if "json" in RECORDS[name]])
def test_every_json_sample_has_its_fate(name: str) -> None:
    assert fate(read(topic_of(name), json_of(name))) == expected_fate(name)


@pytest.mark.parametrize("name", [name for name in RECORDS if "protobuf_hex" in RECORDS[name]])
def test_every_protobuf_sample_has_its_fate(name: str) -> None:
    assert fate(read(topic_of(name), protobuf_of(name))) == expected_fate(name)


@pytest.mark.parametrize(
    "name", [name for name in RECORDS if {"protobuf_hex", "json"} <= RECORDS[name].keys()]
)
def test_json_and_protobuf_of_one_event_give_the_same_values(name: str) -> None:
    assert read(topic_of(name), protobuf_of(name)) == read(topic_of(name), json_of(name))


def test_json_and_protobuf_of_chirpstack_3_give_the_same_values() -> None:
    name = "mqtt_chirpstack_gateway-45"
    as_json = json.dumps(RECORDS[name]["json_v3_equivalent"]).encode()
    assert frame(read(topic_of(name), as_json)) == frame(read(topic_of(name), protobuf_of(name)))


def test_a_message_that_breaks_off_is_kept_with_its_reason() -> None:
    name = "mqtt_chirpstack_gateway-46"
    raw = RECORDS[name]["raw_text"].encode()
    kept = malformed(read(topic_of(name), raw))
    assert kept.raw == raw
    assert kept.source == "roof"
    assert kept.received == STAMP
    assert kept.sentence.startswith("gateway/0016c001f153a14c/event/up: ")


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("mqtt_chirpstack_gateway-43", "chirpstack_gateway"),
        ("mqtt_chirpstack_application-01", "chirpstack_application"),
        ("mqtt_tts-03", "the_things_stack"),
    ],
)
def test_a_renamed_topic_changes_nothing(name: str, format: str) -> None:  # noqa: A002
    usual = read(topic_of(name), json_of(name))
    for topic in (b"city/lora", b"", b"up", b"a/b/c/d/e/f"):
        assert read(topic, json_of(name), "auto") == usual
        assert read(topic, json_of(name), format) == usual


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("mqtt_chirpstack_gateway-43", "auto"),
        ("mqtt_chirpstack_gateway-43", "chirpstack_gateway"),
        ("mqtt_chirpstack_application-01", "chirpstack_application"),
    ],
)
def test_protobuf_on_a_renamed_topic_is_read_where_the_format_allows(
    name: str,
    format: str,  # noqa: A002
) -> None:
    assert read(b"city/lora", protobuf_of(name), format) == read(topic_of(name), json_of(name))


def test_events_on_renamed_topics_that_are_no_uplinks_are_nothing() -> None:
    for name in ("mqtt_chirpstack_application-03", "mqtt_tts-02", "mqtt_chirpstack_gateway-15"):
        assert read(b"city/lora", json_of(name)) == NOTHING
    assert report(read(b"city/lora", json_of("mqtt_chirpstack_gateway-01"))).receiver


def test_a_format_does_not_read_the_messages_of_others() -> None:
    name = "mqtt_tts-03"
    assert read(topic_of(name), json_of(name), "chirpstack_gateway") == NOTHING
    assert malformed(read(topic_of(name), protobuf_of("mqtt_chirpstack_gateway-43")))
    assert malformed(read(b"x", b"\x0a\x01\x02", "the_things_stack"))


def test_an_empty_message_is_nothing() -> None:
    assert read(b"gateway/0016c001f153a14c/event/up", b"") == NOTHING


def test_white_space_before_json_does_not_make_it_protobuf() -> None:
    name = "mqtt_chirpstack_gateway-43"
    for blank in (b"\n", b"\r\n  ", b"\t"):
        assert read(topic_of(name), blank + json_of(name)) == read(topic_of(name), json_of(name))


def test_protobuf_that_looks_like_blanks_and_a_brace_is_protobuf() -> None:
    """A phyPayload of 123 bytes: the message begins with 0A 7B, a line feed and a brace."""
    phy = bytes(123)
    rest = protobuf_of("mqtt_chirpstack_gateway-34").removeprefix(bytes.fromhex("0a03010203"))
    payload = b"\x0a\x7b" + phy + rest
    assert frame(read(topic_of("mqtt_chirpstack_gateway-34"), payload)).phy == phy


def test_what_may_have_waited_is_not_live() -> None:
    for name in ("mqtt_chirpstack_gateway-43", "mqtt_chirpstack_application-01", "mqtt_tts-03"):
        for live in (True, False):
            ((heard,), _) = read(topic_of(name), json_of(name), live=live)
            assert isinstance(heard, Frame | ApplicationUplink)
            assert heard.live is live


RXPK = b'{"rxpk":[{"tmst":1234,"freq":868.1,"stat":1,"modu":"LORA","datr":"SF7BW125","rssi":-35,"data":"AQID"}]}'


@pytest.mark.parametrize("topic", [b"forwarder/00-16-C0-01-FF-10-A2-35/rx", b"0016c001ff10a235"])
def test_the_receiver_of_an_rxpk_is_the_eui_in_its_topic(topic: bytes) -> None:
    heard = frame(read(topic, RXPK, "rxpk"))
    assert heard.receptions[0].receiver == "0016c001ff10a235"
    assert heard.phy == b"\1\2\3"


def test_the_receiver_of_an_rxpk_without_an_eui_is_the_source() -> None:
    assert frame(read(b"city/lora", RXPK)).receptions[0].receiver == "roof"


def test_a_report_beside_frames_is_both() -> None:
    heard, told = read(b"city/lora", RXPK[:-1] + b',"stat":{"rxnb":2}}', "rxpk")
    assert len(heard) == 1
    assert told is not None
    assert told.figures == {"rxnb": 2}


def test_a_reader_forgets_topics_before_they_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "_TOPICS_MAX", 3)
    reader = Reader("roof", "auto")
    name = "mqtt_chirpstack_gateway-43"
    for number in range(20):
        topic = f"gateway/{number:016x}/event/up".encode()
        assert frame(reader.read(topic, json_of(name), STAMP, True))
        assert len(reader._routes) <= 3


def test_protobuf_is_not_imported_before_it_is_needed() -> None:
    program = """
import sys
from gateway.model import Stamp
from gateway.sources.mqtt.protocol import Reader
reader = Reader("roof", "auto")
reader.read(b"gateway/x/event/up", b'{"phyPayload":"AQ=="}', Stamp(0, 0, True), True)
assert "google.protobuf" not in sys.modules
reader.read(b"gateway/x/event/up", bytes([1]), Stamp(0, 0, True), True)
assert "google.protobuf" in sys.modules
"""
    root = Path(__file__).parents[4]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)


GOOD = [
    (topic_of(name), payload)
    for name in (
        "mqtt_chirpstack_gateway-43",
        "mqtt_chirpstack_gateway-20",
        "mqtt_chirpstack_gateway-40",
        "mqtt_chirpstack_gateway-45",
        "mqtt_chirpstack_application-01",
        "mqtt_chirpstack_application-27",
        "mqtt_tts-03",
    )
    for key, of in (("json", json_of), ("protobuf_hex", protobuf_of))
    if key in RECORDS[name]
    for payload in (of(name),)
]


@pytest.mark.parametrize(("topic", "payload"), GOOD)
def test_no_truncated_message_is_taken_for_whole_json(topic: bytes, payload: bytes) -> None:
    reader = Reader("roof", "auto")
    whole = reader.read(topic, payload, STAMP, True)
    for length in range(1, len(payload)):
        got = reader.read(topic, payload[:length], STAMP, True)
        if payload[:1] == b"{":
            assert isinstance(got[0][0], Malformed)
        else:
            assert got != whole


@pytest.mark.parametrize(("topic", "payload"), GOOD)
def test_flipped_bits_and_trailing_bytes_never_make_it_raise(topic: bytes, payload: bytes) -> None:
    reader = Reader("roof", "auto")
    for at in range(len(payload)):
        bad = bytearray(payload)
        bad[at] ^= 1 << at % 8
        assert reader.read(topic, bytes(bad), STAMP, True)
    assert reader.read(topic, payload + b"\0\1\2", STAMP, True)
    assert reader.read(topic, payload * 2, STAMP, True)


@given(
    topic=st.sampled_from([topic for topic, _ in GOOD] + [b"", b"\xff\xfe", b"a/b"]) | st.binary(),
    payload=st.binary(max_size=200)
    | st.sampled_from([payload for _, payload in GOOD])
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from([
                    "phyPayload", "rxInfo", "txInfo", "gatewayId", "devEUI", "data", "object", "rxpk",
                    "uplink_message", "end_device_ids", "settings", "data_rate", "modulation", "lora",
                ]),
                inner,
            )
        ),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode()),
    format=st.sampled_from(
        ["auto", "chirpstack_gateway", "chirpstack_application", "the_things_stack", "rxpk"]
    ),
)  # fmt: skip
def test_nothing_makes_it_raise(topic: bytes, payload: bytes, format: str) -> None:  # noqa: A002
    heard, told = read(topic, payload, format)
    assert told is None or not heard or format in ("rxpk", "auto")


def test_deep_nesting_is_malformed() -> None:
    for payload in (b'{"a":' * 100_000, b'{"phyPayload":' + b"[" * 100_000):
        for topic in (b"gateway/x/event/up", b"x"):
            assert malformed(read(topic, payload))


def test_a_long_fault_is_cut_short() -> None:
    kept = malformed(read(b"t" * 60_000, b"{" + b"x" * 10_000))
    assert len(kept.sentence) <= 400
