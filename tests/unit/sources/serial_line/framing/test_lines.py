"""Guards that lines are cut alike however the stream was chopped, and that garbage costs one line of memory.

Expected lines are written out by hand; hypothesis chops and mixes.
"""

from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.serial_line.framing.limits import LINE_BYTES_MAX
from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.said import Dropped, Piece

TOO_LONG = Dropped("lines_too_long")


def cut(*chunks: bytes, marker: bytes = b"") -> list[Piece]:
    framer = Lines(marker=marker)
    return [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)]


def test_lines_end_with_crlf_or_lf() -> None:
    assert cut(b"one\r\ntwo\nthree") == [b"one", b"two"]


def test_empty_lines_blanks_and_zero_bytes_are_left_out() -> None:
    assert cut(b"\r\n\n\0\0OK \r\n") == [b"OK"]


def test_a_line_may_come_byte_by_byte() -> None:
    assert cut(*(bytes([byte]) for byte in b"\xff+EVT:1\r\nOK\r\n")) == [b"\xff+EVT:1", b"OK"]


def test_the_longest_line_is_read_and_one_byte_more_is_not() -> None:
    longest = b"x" * LINE_BYTES_MAX
    assert cut(longest + b"\nOK\n") == [longest, b"OK"]
    assert cut(longest + b"x\nOK\n") == [TOO_LONG, b"OK"]


def test_a_megabyte_without_a_line_end_is_counted_once_and_not_kept() -> None:
    framer = Lines()
    pieces = [piece for _ in range(256) for piece in framer.feed(bytes(range(11, 255)) * 17, 0.0)]
    assert pieces == [TOO_LONG]
    assert len(framer._rest) <= LINE_BYTES_MAX
    assert framer.feed(b"\nOK\n", 0.0) == [b"OK"]


def test_a_line_cut_short_does_not_spoil_the_report_that_follows_on_it() -> None:
    assert cut(b"\xff\x00+EVT:RXP2P:-2+EVT:1:2:3\r\n", marker=b"+EVT:") == [
        Dropped("lines_broken"),
        b"+EVT:1:2:3",
    ]


@given(
    st.lists(
        st.sampled_from([b"OK\r\n", b"\n", b"+EVT:1", b"x" * 700, b"\0", b"\r", b"+EV"]),
        max_size=30,
    ),
    st.data(),
)
def test_the_cuts_of_the_chunks_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[i:j] for i, j in zip([0, *at], [*at, len(stream)], strict=True)]
    whole = cut(stream, marker=b"+EVT:")
    assert cut(*chunks, marker=b"+EVT:") == whole
    assert cut(*(bytes([byte]) for byte in stream), marker=b"+EVT:") == whole
