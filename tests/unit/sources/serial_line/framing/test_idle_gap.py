"""Guards framing by pauses: what belongs together, a timer that comes late, and a stream without pauses.

Time is a number that the test moves.
"""

from gateway.sources.serial_line.framing.idle_gap import RECORD_BYTES_MAX, IdleGap
from gateway.sources.serial_line.said import Dropped


def test_a_pause_ends_a_packet() -> None:
    framer = IdleGap(0.05)
    assert framer.feed(b"Hel", 1.0) == []
    assert framer.feed(b"lo", 1.04) == []
    assert framer.deadline == 1.04 + 0.05
    assert framer.wake(1.08) == []
    assert framer.wake(1.09) == [b"Hello"]
    assert framer.deadline is None


def test_a_late_timer_does_not_join_two_packets() -> None:
    framer = IdleGap(0.05)
    framer.feed(b"one", 1.0)
    assert framer.feed(b"two", 1.06) == [b"one"]
    assert framer.wake(2.0) == [b"two"]


def test_nothing_is_told_twice() -> None:
    framer = IdleGap(0.05)
    framer.feed(b"one", 1.0)
    assert framer.wake(2.0) == [b"one"]
    assert framer.wake(3.0) == []


def test_a_stream_without_pauses_is_counted_once_and_not_kept() -> None:
    framer = IdleGap(0.05)
    pieces = [piece for step in range(256) for piece in framer.feed(b"x" * 4096, step / 1000)]
    assert pieces == [Dropped("records_too_long")]
    assert len(framer._rest) <= RECORD_BYTES_MAX
    assert framer.wake(9.0) == []
    framer.feed(b"good", 10.0)
    assert framer.wake(11.0) == [b"good"]


def test_the_longest_packet_is_read() -> None:
    framer = IdleGap(0.05)
    framer.feed(b"x" * RECORD_BYTES_MAX, 0.0)
    assert framer.wake(1.0) == [b"x" * RECORD_BYTES_MAX]
