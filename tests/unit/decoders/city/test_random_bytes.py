"""Guards the promise of the contract with random bytes: readings of declared quantities, or `DecodeRefused`."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.contract import Decoded, DecodeRefused, Quantity
from decoders.registry import DECODERS

REASONS = {"wrong_port", "wrong_length", "unknown_layout", "malformed", "clock_not_set"}
ANY_BYTES = st.binary(max_size=260)
AFTER_A_BITMAP = st.builds(
    lambda bitmap, record: b"\x01" + bitmap.to_bytes(2, "big") + record,
    st.integers(0, 0xFFFF),
    ANY_BYTES,
)
AFTER_A_STORED_BITMAP = st.builds(
    lambda t0, step, bitmap, record, count: (
        b"\x01" + t0.to_bytes(4, "big") + step.to_bytes(2, "big") + bitmap.to_bytes(2, "big")
        + record * count
    ),
    st.integers(1_577_830_000, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF),
    st.integers(0, 0x7FFF),
    ANY_BYTES,
    st.integers(0, 9),
)  # fmt: skip
PAYLOADS = ANY_BYTES | AFTER_A_BITMAP | AFTER_A_STORED_BITMAP
RECEIVED_AT = st.none() | st.datetimes(timezones=st.just(UTC))


def check(decoder_name: str, f_port: int, payload: bytes, received_at: datetime | None) -> None:
    decoder = DECODERS[decoder_name]
    quantities = {quantity.name: quantity for quantity in decoder.quantities}
    refusal = None
    readings: tuple[Decoded, ...] = ()
    try:
        readings = decoder.decode(f_port, payload, received_at)
    except DecodeRefused as refused:
        refusal = refused
    assert bool(readings) != bool(refusal)
    if refusal:
        assert refusal.reason in REASONS
        assert refusal.sentence
    for reading in readings:
        assert reading.measurement == decoder_name
        assert reading.fields or reading.faults or reading.out_of_range
        assert set(reading.out_of_range) <= set(quantities)
        assert set(reading.faults) <= set(quantities) | {"camera"}
        assert not set(reading.fields) & {*reading.faults, *reading.out_of_range}
        for name, value in reading.fields.items():
            assert is_possible(quantities[name], value)


def is_possible(quantity: Quantity, value: Any) -> bool:
    if quantity.type == "bool":
        return type(value) is bool
    assert quantity.low is not None
    assert quantity.high is not None
    return type(value) is float and quantity.low <= value <= quantity.high


@settings(deadline=None)  # the machine may be busy with other things
@given(f_port=st.integers(0, 255), payload=PAYLOADS, received_at=RECEIVED_AT)
def test_random_bytes_on_any_port_are_read_or_refused(
    family: Any, f_port: int, payload: bytes, received_at: datetime | None
) -> None:
    check(family.name, f_port, payload, received_at)


@settings(deadline=None)  # the machine may be busy with other things
@given(port=st.sampled_from([0, 1]), payload=PAYLOADS, received_at=RECEIVED_AT)
def test_random_bytes_on_the_ports_of_a_family_are_read_or_refused(
    family: Any, port: int, payload: bytes, received_at: datetime | None
) -> None:
    check(family.name, family.f_port + port, payload, received_at)


@settings(deadline=None)  # the machine may be busy with other things
@given(data=st.data(), received_at=RECEIVED_AT)
def test_random_integers_in_a_good_payload_are_read(
    family: Any, data: st.DataObject, received_at: datetime | None
) -> None:
    present = data.draw(st.lists(st.sampled_from(family.numbers), min_size=1, unique=True))
    integers = {
        field.name: data.draw(st.integers(field.carried[0], field.carried[-1])) for field in present
    }
    payload = family.report(integers)
    (reading,) = DECODERS[family.name].decode(family.f_port, payload, received_at)
    assert reading.fields == {
        f.name: f.value(integers[f.name]) for f in present if f.possible(integers[f.name])
    }
    assert {*reading.fields, *reading.out_of_range} == set(integers)
