"""Guards the handwritten protobuf: the examples of its documentation, and the reference library for any number."""

import struct

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import FloatValue, Int32Value, UInt64Value
from hypothesis import given
from hypothesis import strategies as st

from hil.simulators.protobuf_bytes import blob, float32, integer, message, text, varint


@pytest.mark.parametrize(
    ("value", "wire"), [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (150, "9601")]
)
def test_the_documentations_varints_come_out(value: int, wire: str) -> None:
    assert varint(value).hex() == wire


def test_the_documentations_messages_come_out() -> None:
    assert integer(1, 150).hex() == "089601"
    assert text(2, "testing").hex() == "120774657374696e67"
    assert message(3, integer(1, 150)).hex() == "1a03089601"


@given(st.integers(-(2**31), 2**31 - 1))
def test_any_int32_is_written_as_the_reference_library_writes_it(value: int) -> None:
    assert integer(1, value) == Int32Value(value=value).SerializeToString()


@given(st.integers(0, 2**64 - 1))
def test_any_uint64_is_written_as_the_reference_library_writes_it(value: int) -> None:
    assert integer(1, value) == UInt64Value(value=value).SerializeToString()


@given(st.integers(0, 2**33), st.integers(0, 999_999_999))
def test_two_fields_stand_side_by_side(seconds: int, nanos: int) -> None:
    reference = Timestamp(seconds=seconds, nanos=nanos).SerializeToString()
    assert integer(1, seconds) + integer(2, nanos) == reference


@given(st.floats(width=32, allow_nan=False))
def test_any_float_is_written_as_the_reference_library_writes_it(value: float) -> None:
    if struct.pack("<f", value) != struct.pack("<f", -0.0):  # the library keeps minus zero
        assert float32(1, value) == FloatValue(value=value).SerializeToString()


def test_empty_values_are_left_out_but_an_empty_message_is_set() -> None:
    assert text(1, "") == blob(1, b"") == integer(1, 0) == float32(1, 0.0) == b""
    assert message(1).hex() == "0a00"


def test_field_numbers_above_15_take_two_bytes() -> None:
    assert integer(16, 2).hex() == "800102"
