"""Guards that Reyax records are cut by their length, whatever their data holds, and that a lost byte costs little.

Records are written out by hand; hypothesis chops and mixes them with garbage.
"""

from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.serial_line.framing.limits import LINE_BYTES_MAX
from gateway.sources.serial_line.framing.reyax_records import GIVE_UP_S, ReyaxRecords
from gateway.sources.serial_line.said import Dropped, Piece, Unreadable

GOOD = b"+RCV=50,5,HELLO,-99,40\r\n"
SHORT = b"+RCV=1,10,abc,-30,3\r\n"
LOST_BYTES = "its length does not fit its data: bytes were lost"


def cut(*chunks: bytes) -> list[Piece]:
    framer = ReyaxRecords()
    pieces = [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)]
    return pieces + framer.wake(GIVE_UP_S)


def test_records_and_lines_are_cut_apart() -> None:
    assert cut(b"+READY\r\n" + GOOD + b"+OK\r\n") == [b"+READY", GOOD.rstrip(), b"+OK"]


def test_data_may_hold_what_ends_a_line_and_what_begins_a_record() -> None:
    record = b"+RCV=1,13,a\r\n+RCV=9,1,X,-30,3\r\n"
    assert cut(record) == [record.rstrip()]


def test_every_truncation_costs_only_the_truncated_record() -> None:
    for length in range(1, len(GOOD) - 1):
        pieces = cut(GOOD[:length] + GOOD)
        assert pieces[-1] == GOOD.rstrip(), GOOD[:length]
        assert len(pieces) == 2


def test_a_record_that_lost_bytes_is_told_with_its_text() -> None:
    assert cut(SHORT + GOOD) == [Unreadable(SHORT.rstrip(), LOST_BYTES), GOOD.rstrip()]


def test_a_record_that_does_not_go_on_is_given_up_after_a_second() -> None:
    framer = ReyaxRecords()
    assert framer.feed(b"+RCV=1,200,abc,-30,3\r\n", 5.0) == []
    assert framer.deadline == 5.0 + GIVE_UP_S
    assert framer.wake(5.5) == []
    assert framer.wake(6.0) == [Unreadable(b"+RCV=1,200,abc,-30,3", LOST_BYTES)]
    assert framer.deadline is None


def test_a_good_record_swallowed_by_a_broken_one_is_freed_when_that_is_given_up() -> None:
    framer = ReyaxRecords()
    broken = b"+RCV=1,200,abc,-30,3\r\n"
    assert framer.feed(broken + GOOD + GOOD, 5.0) == []
    assert framer.wake(6.0) == [
        Unreadable(broken.rstrip(), LOST_BYTES),
        GOOD.rstrip(),
        GOOD.rstrip(),
    ]


def test_a_length_that_no_packet_has_is_not_waited_for() -> None:
    assert cut(b"+RCV=1,999,abc,-30,3\r\n" + GOOD)[1] == GOOD.rstrip()


def test_garbage_before_a_record_costs_nothing_else() -> None:
    assert cut(b"\xff\xfe\x00" + GOOD) == [Dropped("lines_broken"), GOOD.rstrip()]


def test_a_megabyte_without_a_line_end_is_counted_once_and_not_kept() -> None:
    framer = ReyaxRecords()
    pieces = [piece for _ in range(256) for piece in framer.feed(b"x" * 4096, 0.0)]
    assert pieces == [Dropped("lines_too_long")]
    assert len(framer._buffer) <= LINE_BYTES_MAX
    assert framer.feed(b"\n" + GOOD, 0.0) == [GOOD.rstrip()]


PARTS = [
    GOOD,
    SHORT,
    GOOD[:9],
    b"+RCV=",
    b"+RC",
    b"+OK\r\n",
    b"\n",
    b"\xff",
    b"+RCV=1,3,",
    b"x" * 1090,
    b",-1,2\n",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12), st.data())
def test_the_cuts_of_the_chunks_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[i:j] for i, j in zip([0, *at], [*at, len(stream)], strict=True)]
    whole = cut(stream)
    assert cut(*chunks) == whole
    assert cut(*(bytes([byte]) for byte in stream)) == whole
