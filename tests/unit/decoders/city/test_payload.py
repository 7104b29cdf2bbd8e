"""Guards what is refused, in which order, and the times of stored samples. Payloads are the test's own bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from decoders.city.payload import STORED_BYTES_MAX
from decoders.contract import Decoded, DecodeRefused
from decoders.registry import DECODERS

T0_2020 = 1_577_836_800
T0 = 1_795_000_000
NOW = datetime.fromtimestamp(T0, UTC)


def refusal(
    name: str, f_port: int, payload: str | bytes, at: datetime | None = NOW
) -> DecodeRefused:
    payload = bytes.fromhex(payload) if isinstance(payload, str) else payload
    with pytest.raises(DecodeRefused) as caught:
        DECODERS[name].decode(f_port, payload, at)
    return caught.value


def stored(family: Any, t0: int, step: int, count: int) -> bytes:
    """Good samples of the family's last number."""
    return family.stored(t0, step, *[{family.numbers[-1].name: 7}] * count)


def decode_stored(family: Any, payload: bytes, at: datetime | None = NOW) -> tuple[Decoded, ...]:
    return DECODERS[family.name].decode(family.f_port + 1, payload, at)


def test_only_the_two_ports_of_a_family_are_taken(family: Any) -> None:
    payload = family.report({family.numbers[0].name: 7})
    for f_port in set(range(256)) - {family.f_port, family.f_port + 1}:
        assert refusal(family.name, f_port, payload).reason == "wrong_port"


def test_every_version_but_one_is_an_unknown_layout(family: Any) -> None:
    report = family.report({family.numbers[0].name: 7})
    for version in set(range(256)) - {1}:
        for f_port, good in (
            (family.f_port, report),
            (family.f_port + 1, stored(family, T0, 1, 2)),
        ):
            payload = bytes([version]) + good[1:]
            assert refusal(family.name, f_port, payload).reason == "unknown_layout"


def test_an_undefined_bit_of_the_bitmap_is_an_unknown_layout(family: Any) -> None:
    for first_byte in range(0x80, 0x100):
        payload = bytes([1, first_byte, 0x04]) + bytes(60)
        assert refusal(family.name, family.f_port, payload).reason == "unknown_layout"


def test_an_empty_bitmap_is_an_unknown_layout(family: Any) -> None:
    assert refusal(family.name, family.f_port, "010000").reason == "unknown_layout"
    samples = f"01{T0:08x}00010000"
    assert refusal(family.name, family.f_port + 1, samples).reason == "unknown_layout"


@pytest.mark.parametrize(
    ("name", "undefined", "width"), [("cctv_health", range(10, 16), 2), ("energy", range(4, 8), 1)]
)
def test_an_undefined_flag_is_an_unknown_layout(
    families: Any, name: str, undefined: range, width: int
) -> None:
    family = families[name]
    for bit in undefined:
        assert (
            refusal(name, family.f_port, family.report({"status": 1 << bit})).reason
            == "unknown_layout"
        )
        samples = family.stored(T0, 1, {"status": 1}, {"status": 1 << bit})
        assert refusal(name, family.f_port + 1, samples).reason == "unknown_layout"


@pytest.mark.parametrize(
    ("what", "name", "f_port", "payload", "reason"),
    [
        ("port before version", "energy", 10, "ff", "wrong_port"),
        ("port before length", "energy", 10, "", "wrong_port"),
        ("version before bitmap", "cctv_health", 10, "020000", "unknown_layout"),
        ("version before length", "cctv_health", 10, "02", "unknown_layout"),
        ("version before length, stored", "cctv_health", 11, "02", "unknown_layout"),
        ("bitmap before length", "cctv_health", 10, "018000", "unknown_layout"),
        ("empty bitmap before length", "cctv_health", 10, "0100000000", "unknown_layout"),
        ("bitmap before length, stored", "energy", 31, "01000000000000ffff", "unknown_layout"),
        ("length before flags", "cctv_health", 10, "010002800000", "wrong_length"),
        ("length before flags, too short", "cctv_health", 10, "01000680", "wrong_length"),
        ("length before flags, stored", "energy", 31, "0100000000000040018080", "wrong_length"),
        ("length before times", "energy", 31, "010000000000004000", "wrong_length"),
        ("flags before step", "energy", 31, "0100000000000040008080", "unknown_layout"),
        ("flags before t0", "energy", 31, "01000000000001400080", "unknown_layout"),
        ("step before t0", "energy", 31, "0100000000000040000101", "malformed"),
        ("no payload at all", "air_quality", 20, "", "wrong_length"),
        ("no payload at all, stored", "air_quality", 21, "", "wrong_length"),
        ("a header cut short", "air_quality", 20, "0100", "wrong_length"),
        ("a header cut short, stored", "air_quality", 21, "0169000000003c00", "wrong_length"),
    ],
)  # fmt: skip
def test_the_first_failing_check_gives_the_reason(
    what: str, name: str, f_port: int, payload: str, reason: str
) -> None:
    assert refusal(name, f_port, payload).reason == reason, what


def test_a_refusal_tells_what_was_found_and_what_was_expected() -> None:
    assert refusal("energy", 10, "").sentence == (
        "FPort 10 does not carry energy: reports come on 30, stored samples on 31"
    )
    assert "asks for 5 bytes, the payload has 4" in refusal("cctv_health", 10, "01000401").sentence
    assert "0x8000, which cctv_health" in refusal("cctv_health", 10, "018004").sentence
    assert "is of 1970-01-01T00:00:00Z" in refusal("energy", 31, "01000000000001400000").sentence


def test_a_report_has_no_time_of_its_own(family: Any) -> None:
    payload = family.report({family.numbers[0].name: 7})
    (reading,) = DECODERS[family.name].decode(family.f_port, payload, NOW)
    assert reading.time is None


def test_stored_samples_carry_their_own_times_in_order(family: Any) -> None:
    readings = decode_stored(family, stored(family, T0 - 3600, 900, 4))
    assert [r.time for r in readings] == [
        NOW - timedelta(seconds=s) for s in (3600, 2700, 1800, 900)
    ]
    assert {r.time.tzinfo for r in readings if r.time} == {UTC}


def test_stored_samples_share_no_values(family: Any) -> None:
    name = family.numbers[-1].name
    sentinel = family.numbers[-1].sentinel
    payload = family.stored(T0 - 90, 30, {name: 7}, {name: sentinel}, {name: 8})
    readings = decode_stored(family, payload)
    assert [name in r.fields for r in readings] == [True, False, True]
    assert [r.faults for r in readings] == [(), (name,), ()]
    assert readings[0].fields != readings[2].fields


def test_one_sample_needs_no_step(family: Any) -> None:
    (reading,) = decode_stored(family, stored(family, T0, 0, 1))
    assert reading.time == NOW


def test_several_samples_with_a_step_of_zero_are_malformed(family: Any) -> None:
    for at in (NOW, None):
        payload = stored(family, T0, 0, 2)
        assert refusal(family.name, family.f_port + 1, payload, at).reason == "malformed"


def test_a_clock_before_2020_was_never_set_whatever_is_known_of_the_reception(family: Any) -> None:
    for at in (NOW, None):
        payload = stored(family, T0_2020 - 1, 60, 2)
        assert refusal(family.name, family.f_port + 1, payload, at).reason == "clock_not_set"
        assert len(decode_stored(family, stored(family, T0_2020, 60, 2), at)) == 2


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_last_sample_may_be_five_minutes_ahead_and_no_more(family: Any, count: int) -> None:
    first = T0 + 300 - 60 * (count - 1)
    assert len(decode_stored(family, stored(family, first, 60, count))) == count
    late = stored(family, first + 1, 60, count)
    assert refusal(family.name, family.f_port + 1, late).reason == "clock_not_set"
    assert len(decode_stored(family, late, NOW + timedelta(seconds=1))) == count
    just_late = NOW - timedelta(microseconds=1)
    payload = stored(family, first, 60, count)
    assert refusal(family.name, family.f_port + 1, payload, just_late).reason == "clock_not_set"


def test_the_judgement_of_samples_ahead_waits_for_the_time_of_reception(family: Any) -> None:
    readings = decode_stored(family, stored(family, 0xFFFF_FFFF, 0xFFFF, 3), None)
    assert readings[0].time == datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)
    assert readings[2].time == datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC) + timedelta(
        seconds=131_070
    )


def test_what_is_far_longer_than_a_frame_is_of_wrong_length(families: Any) -> None:
    family = families["energy"]
    header = family.stored(0xFFFF_FFFF, 0xFFFF, {"status": 0})[:-1]
    most = header + bytes(STORED_BYTES_MAX - len(header))
    assert len(decode_stored(family, most, None)) == STORED_BYTES_MAX - len(header)
    for payload in (most + b"\x00", header + bytes(10_000_000)):
        assert refusal("energy", 31, payload, None).reason == "wrong_length"
    report = family.report({"status": 0})
    assert refusal("energy", 30, report + bytes(10_000_000)).reason == "wrong_length"


def test_a_port_with_times_of_its_own_is_declared(family: Any) -> None:
    decoder = DECODERS[family.name]
    assert decoder.f_ports == {family.f_port, family.f_port + 1}
    assert decoder.clock_ports == {family.f_port + 1}
