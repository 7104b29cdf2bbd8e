"""Guards the cutting of a file into lines: the same lines and places for every way of chunking it."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.replay.lines import KEPT_BYTES, LINE_BYTES_MAX, Line, LineCutter


def cut(chunks: Iterable[bytes], offset: int = 0) -> list[Line]:
    cutter = LineCutter(offset)
    found = [line for chunk in chunks for line in cutter.feed(chunk)]
    return [*found, *cutter.end()]


def test_each_line_has_its_place() -> None:
    assert cut([b"one\ntw", b"o\r\n\nfour"], 100) == [
        Line(100, 104, b"one"),
        Line(104, 109, b"two"),
        Line(109, 110, b""),
        Line(110, 114, b"four"),
    ]


def test_nothing_is_no_line() -> None:
    assert cut([]) == []
    assert cut([b""]) == []


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\n\n", b""]), max_size=30))
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    assert cut(chunks) == cut([b"".join(chunks)])


@given(st.binary(max_size=200))
def test_lines_lie_end_to_end_and_lose_nothing_but_line_ends(text: bytes) -> None:
    lines = cut([text])
    ends = [line.end for line in lines]
    assert [line.start for line in lines] == [0, *ends[:-1]][: len(lines)]
    assert (ends or [0])[-1] == len(text)
    assert [line.text for line in lines] == [part.rstrip(b"\r") for part in text.split(b"\n")][
        : len(lines)
    ]


@pytest.mark.parametrize("chunk_bytes", [10_000, 262_144, 4_000_000])
def test_of_a_line_that_is_too_long_the_beginning_is_kept_and_the_next_is_whole(
    chunk_bytes: int,
) -> None:
    long = bytes(range(32, 127)) * 30_000
    text = b"one\n" + long + b"\ntwo\n"
    chunks = [text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes)]
    assert cut(chunks) == [
        Line(0, 4, b"one"),
        Line(4, 4 + len(long) + 1, long[:KEPT_BYTES], is_whole=False),
        Line(4 + len(long) + 1, len(text), b"two"),
    ]


def test_the_longest_line_is_whole() -> None:
    assert cut([b"x" * LINE_BYTES_MAX + b"\n"]) == [
        Line(0, LINE_BYTES_MAX + 1, b"x" * LINE_BYTES_MAX)
    ]
    assert not cut([b"x" * (LINE_BYTES_MAX + 1)])[0].is_whole


def test_a_line_that_is_too_long_is_not_held_in_memory() -> None:
    cutter = LineCutter(0)
    for _ in range(100):
        assert list(cutter.feed(b"x" * 100_000)) == []
        assert len(cutter._rest) <= LINE_BYTES_MAX
    (line,) = cutter.end()
    assert (line.end, line.is_whole) == (10_000_000, False)
