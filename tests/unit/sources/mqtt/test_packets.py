"""Guards the cutting of MQTT packets: any division into chunks gives the same packets, what is too long is skipped
without being kept, and nothing but PacketFault comes out of random bytes. The packets are written here by hand.
"""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.mqtt.packets import (
    Control,
    PacketFault,
    PacketStream,
    Publish,
    acknowledgement,
    completion,
)

LIMIT = 4096


def length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + length(len(body)) + body


def publish(
    payload: bytes,
    *,
    topic: bytes = b"a/b",
    mid: int = 0,
    flags: int = 0,
    properties: bytes | None = None,
) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic
    if flags & 6:
        body += mid.to_bytes(2, "big")
    if properties is not None:
        body += length(len(properties)) + properties
    return packet(0x30 | flags, body + payload)


def stream(*, properties: bool = False, limit: int = LIMIT) -> PacketStream:
    return PacketStream(properties=properties, packet_bytes_max=limit)


def test_a_message_of_qos_0() -> None:
    assert stream().feed(publish(b"hello")) == [Publish(b"a/b", b"hello", 0, 0, False, False)]


def test_a_message_of_qos_1_with_its_flags() -> None:
    raw = publish(b"hello", mid=0x1234, flags=0x0B)
    assert stream().feed(raw) == [Publish(b"a/b", b"hello", 0x1234, 1, True, True)]
    raw = publish(b"hello", mid=7, flags=0x04)
    assert stream().feed(raw) == [Publish(b"a/b", b"hello", 7, 2, False, False)]


@pytest.mark.parametrize("size", [0, 2, 127, 128, 300])
def test_properties_of_mqtt_5_are_skipped(size: int) -> None:
    raw = publish(b"hello", mid=7, flags=2, properties=b"\x26" * size)
    assert stream(properties=True).feed(raw) == [Publish(b"a/b", b"hello", 7, 1, False, False)]


def test_empty_topics_and_payloads_are_read() -> None:
    assert stream().feed(publish(b"", topic=b"")) == [Publish(b"", b"", 0, 0, False, False)]


@pytest.mark.parametrize("size", [120, 121, 122, 123, 124, 16_370, 16_380, 16_390, 2_097_200])
def test_lengths_of_one_to_four_bytes(size: int) -> None:
    (message,) = stream(limit=2**22).feed(publish(bytes(size)))
    assert isinstance(message, Publish)
    assert message.payload == bytes(size)


def test_other_packets_are_whole() -> None:
    connack = b"\x20\x03\x00\x00\x00"
    assert stream().feed(connack + b"\xd0\x00") == [Control(connack), Control(b"\xd0\x00")]


MIXED = [
    b"\x20\x03\x00\x00\x00",
    publish(b"first", mid=1, flags=2),
    publish(bytes(500), mid=2, flags=2),
    b"\xd0\x00",
    publish(b""),
    publish(bytes(LIMIT + 100), mid=3, flags=2),
    publish(b"last", mid=4, flags=2),
]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 500, 100_000])
def test_any_division_into_chunks_gives_the_same_packets(step: int) -> None:
    raw = b"".join(MIXED)
    whole = stream().feed(raw)
    assert len(whole) == len(MIXED)
    cut = stream()
    pieces = [cut.feed(raw[at : at + step]) for at in range(0, len(raw), step)]
    assert list(chain.from_iterable(pieces)) == whole


@given(st.lists(st.sampled_from(MIXED), max_size=6), st.lists(st.integers(1, 5000), max_size=40))
def test_division_at_random_places_gives_the_same_packets(
    packets: list[bytes], steps: list[int]
) -> None:
    raw = b"".join(packets)
    whole = stream().feed(raw)
    cut, got, at = stream(), [], 0
    for step in [*steps, len(raw)]:
        got += cut.feed(raw[at : at + step])
        at += step
    assert got == whole


def test_a_message_that_is_too_long_is_given_by_its_start_and_skipped() -> None:
    cut = stream()
    size = 10_000_000
    raw = publish(bytes(size), mid=9, flags=2)
    got = []
    for at in range(0, len(raw), 65_536):
        got += cut.feed(raw[at : at + 65_536])
        assert len(cut._rest) < 200_000
    (message,) = got
    assert isinstance(message, Publish)
    assert (message.topic, message.mid, message.cut_from) == (b"a/b", 9, size)
    assert 1024 < len(message.payload) < 70_000
    assert cut.feed(publish(b"next")) == [Publish(b"a/b", b"next", 0, 0, False, False)]


def test_a_message_a_little_too_long_is_all_there_but_marked() -> None:
    (message,) = stream().feed(publish(bytes(LIMIT), topic=b"t" * 60_000, mid=9, flags=2))
    assert isinstance(message, Publish)
    assert (message.cut_from, len(message.payload)) == (LIMIT, LIMIT)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x30\xff\xff\xff\xff\x01",
        publish(b"x", mid=1, flags=6),
        publish(b"x", mid=0, flags=2),
        b"\x30\x00",
        b"\x30\x01\x00",
        b"\x30\x02\x00\x01",
        b"\x30\x02\xff\xff",
        b"\x32\x03\x00\x00\x01",
        packet(0x90, bytes(LIMIT + 1)),
    ],
)
@pytest.mark.parametrize("rest", [b"", bytes(100_000)])
def test_what_is_no_mqtt_is_a_fault(raw: bytes, rest: bytes) -> None:
    with pytest.raises(PacketFault):
        stream().feed(raw + rest)


@pytest.mark.parametrize("properties", [b"\x05", b"\x80", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"])
def test_properties_that_overrun_their_packet_are_a_fault(properties: bytes) -> None:
    raw = packet(0x32, b"\x00\x01t\x00\x01" + properties)
    for rest in (b"", bytes(1000)):
        with pytest.raises(PacketFault):
            stream(properties=True).feed(raw + rest)


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_give_packets_or_a_fault(raw: bytes, properties: bool) -> None:
    cut = stream(properties=properties)
    try:
        for at in range(0, len(raw), 7):
            cut.feed(raw[at : at + 7])
    except PacketFault:
        pass


def test_acknowledgements_are_four_bytes() -> None:
    one, two = stream().feed(publish(b"", mid=0x1234, flags=2) + publish(b"", mid=0x1234, flags=4))
    assert isinstance(one, Publish)
    assert isinstance(two, Publish)
    assert acknowledgement(one) == b"\x40\x02\x12\x34"
    assert acknowledgement(two) == b"\x50\x02\x12\x34"


def test_a_release_is_completed() -> None:
    assert completion(Control(b"\x62\x02\x12\x34")) == b"\x70\x02\x12\x34"
    assert completion(Control(b"\x62\x04\x12\x34\x92\x00")) == b"\x70\x02\x12\x34"
    assert completion(Control(b"\x90\x03\x00\x01\x00")) is None
    assert completion(Control(b"\x62\x01\x12")) is None
