"""The rows that replace held ones: right times by arithmetic on two clocks, or provisional ones with a flag."""

import msgspec

from gateway.model import Malformed, Reading, Record, Series, Stamp
from gateway.pipeline.held import corrected, flagged, shifted, stamped
from tests.pipeline_bench import NEAR, START_S, heard_by

SERIES = Series("air_quality", (("device", "a"),), ("co2_ppm",))
READINGS = (Reading(SERIES, 5_000_000, (400.0,)), Reading(SERIES, 6_000_000, (401.0,)))
RECORD = Record(
    heard_by(NEAR, START_S, b"\x01", received=Stamp(77_000, 10_000, trusted=False)),
    "uplink", "a", READINGS, None, 3, 9, None, True,
)  # fmt: skip


def test_reception_is_as_long_ago_as_the_boot_time_clock_says() -> None:
    now = Stamp(1_000_000_000, 250_000, trusted=True)
    assert corrected(RECORD, now) == Stamp(1_000_000_000 - 240_000, 10_000, trusted=True)


def test_a_replacement_points_at_its_row_and_does_not_keep_the_bytes_twice() -> None:
    made = stamped(RECORD, 42, READINGS[:1], "why")
    assert (made.outcome, made.about, made.held) == ("stamped", 42, False)
    assert (made.device, made.session, made.f_cnt) == ("a", 3, 9)
    assert (made.readings, made.sentence) == (READINGS[:1], "why")
    assert made.heard == Malformed("udp", b"", "", RECORD.heard.received)


def test_a_replacement_says_when_it_was_really_received() -> None:
    right = Stamp(5, 6, trusted=True)
    assert stamped(RECORD, 42, (), None, right).heard.received == right


def test_times_move_with_the_reception_and_times_of_the_device_stay() -> None:
    own = Reading(SERIES, 86_400_000_000_000, (402.0,))
    received = Stamp(77_000 + 3_600_000_000_000, 10_000, trusted=True)
    made = shifted(msgspec.structs.replace(RECORD, readings=(*READINGS, own)), 42, received)
    times = [reading.time_ns for reading in made.readings]
    assert times == [3_600_005_000_000, 3_600_006_000_000, 86_400_000_000_000]
    assert (made.about, made.heard.received) == (42, received)


def test_a_time_that_was_never_put_right_is_flagged() -> None:
    made = flagged(RECORD, 42)
    assert made.about == 42
    assert [reading.time_ns for reading in made.readings] == [5_000_000, 6_000_000]
    assert [reading.values for reading in made.readings] == [(400.0, True), (401.0, True)]
    series = {reading.series for reading in made.readings}
    assert series == {Series("air_quality", (("device", "a"),), ("co2_ppm", "time_untrusted"))}
