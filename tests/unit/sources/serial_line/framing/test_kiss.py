"""Guards KISS: escapes in every place, shared and doubled FEND, lost bytes, and frames that never end.

Frames are written out by hand as bytes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.serial_line.framing.kiss import Kiss, kiss_frame
from gateway.sources.serial_line.framing.limits import KISS_BYTES_MAX
from gateway.sources.serial_line.said import Dropped, Piece


def cut(*chunks: bytes) -> list[Piece]:
    framer = Kiss()
    return [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)]


def test_neighbours_may_share_a_fend_or_double_it() -> None:
    assert cut(bytes.fromhex("C0 23 57 C0 24 18 C0 C0 00 41 C0")) == [
        b"\x23\x57",
        b"\x24\x18",
        b"\x00A",
    ]


def test_every_byte_of_a_frame_may_be_escaped() -> None:
    assert cut(bytes.fromhex("C0 23 DB DC C0")) == [b"\x23\xc0"]
    assert cut(bytes.fromhex("C0 DB DD DB DC DB DD C0")) == [b"\xdb\xc0\xdb"]


@pytest.mark.parametrize("broken", ["C0 00 DB 41 C0", "C0 00 DB C0", "C0 00 DB DB DC C0"])
def test_an_escape_of_something_else_drops_the_frame_and_not_the_next(broken: str) -> None:
    assert cut(bytes.fromhex(broken) + b"\x00B\xc0") == [Dropped("frames_broken"), b"\x00B"]


def test_an_escape_may_be_cut_between_chunks() -> None:
    assert cut(b"\xc0\x00\xdb", b"\xdc\xc0") == [b"\x00\xc0"]


def test_the_longest_frame_is_read_and_one_byte_more_is_not() -> None:
    longest = b"\x00" * KISS_BYTES_MAX
    assert cut(b"\xc0" + longest + b"\xc0") == [longest]
    assert cut(b"\xc0" + longest + b"\x00\xc0\x24\x18\xc0") == [
        Dropped("frames_too_long"),
        b"\x24\x18",
    ]


def test_a_megabyte_without_an_end_is_counted_once_and_not_kept() -> None:
    framer = Kiss()
    pieces = [piece for _ in range(256) for piece in framer.feed(b"\x00" * 4096, 0.0)]
    assert pieces == [Dropped("frames_too_long")]
    assert len(framer._rest) <= KISS_BYTES_MAX


def test_a_frame_is_written_with_its_specials_escaped() -> None:
    assert kiss_frame(0x01, b"\x33\xc0\xdb\x00").hex() == "c00133dbdcdbdd00c0"


@given(st.integers(0, 255), st.binary(max_size=300))
def test_what_is_written_is_read_again(command: int, data: bytes) -> None:
    assert cut(kiss_frame(command, data)) == [bytes([command]) + data]


@given(
    st.lists(
        st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd", b"\x00A", b"x" * 600]), max_size=30
    ),
    st.data(),
)
def test_the_cuts_of_the_chunks_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[i:j] for i, j in zip([0, *at], [*at, len(stream)], strict=True)]
    assert cut(*chunks) == cut(stream) == cut(*(bytes([byte]) for byte in stream))
