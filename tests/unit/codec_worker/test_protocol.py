"""The messages of the two pipes: cut at every place, of every kind, and with lengths that no child writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codec_worker.protocol import (
    ANSWER,
    HEAD_BYTES,
    LEARNT,
    OUTPUT_BYTES_MAX,
    Messages,
    Order,
    decode_order,
    encode_order,
    framed,
    length_of,
)  # fmt: skip

TWO = framed(bytes([LEARNT]) + b"decodeUplink") + framed(bytes([ANSWER]) + '{"°":1}'.encode())
SAID = [(LEARNT, "decodeUplink"), (ANSWER, '{"°":1}')]


@pytest.mark.parametrize("cut", range(len(TWO) + 1))
def test_messages_are_found_wherever_the_pipe_cuts_them(cut: int) -> None:
    messages = Messages()
    assert messages.feed(TWO[:cut]) + messages.feed(TWO[cut:]) == SAID


def test_a_byte_at_a_time_is_enough() -> None:
    messages = Messages()
    assert [one for byte in TWO for one in messages.feed(bytes([byte]))] == SAID


@pytest.mark.parametrize("length", [0, OUTPUT_BYTES_MAX + 2, 2**32 - 1])
def test_a_length_that_cannot_be_is_refused_before_its_bytes_come(length: int) -> None:
    with pytest.raises(ValueError, match="message of"):
        Messages().feed(length.to_bytes(HEAD_BYTES, "little"))


def test_the_longest_answer_is_taken() -> None:
    body = bytes([ANSWER]) + b"x" * OUTPUT_BYTES_MAX
    assert Messages().feed(framed(body)) == [(ANSWER, "x" * OUTPUT_BYTES_MAX)]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_random_bytes_give_messages_or_a_value_error(chunks: list[bytes]) -> None:
    messages = Messages()
    try:
        for chunk in chunks:
            assert all(isinstance(text, str) for _, text in messages.feed(chunk))
    except ValueError:  # UnicodeDecodeError is one
        return


def test_an_order_comes_out_as_it_went_in() -> None:
    order = Order(
        [3], [(1, "function decodeUplink() {}")], [(1, 85, b"\x00\xff", 1.7e12), (1, 2, b"", None)]
    )
    whole = framed(encode_order(order))
    assert length_of(whole[:HEAD_BYTES]) == len(whole) - HEAD_BYTES
    assert decode_order(whole[HEAD_BYTES:]) == order
