"""Points before and now, compared: what is new, other than before, gone, and left behind by an earlier run."""

from gateway.model import Reading, Series
from gateway.pipeline.redecode import Notes, compared

TAGS = (("device", "a"),)


def at(time_ms: int, measurement: str = "m", **fields: float | bool | str) -> Reading:
    series = Series(measurement, TAGS, tuple(fields))
    return Reading(series, time_ms * 1_000_000, tuple(fields.values()))


def key(time_ms: int, measurement: str = "m") -> tuple[str, tuple[tuple[str, str], ...], int]:
    return measurement, TAGS, time_ms * 1_000_000


def test_what_is_equal_is_no_difference() -> None:
    found = compared((at(1, a=1.0, b=2.0),), (at(1, b=2.0, a=1.0),), "uplink")
    assert not found.differs("uplink")
    assert found.to_delete() == []


def test_another_outcome_is_a_difference_of_its_own() -> None:
    assert compared((), (), "uplink").differs("no_decoder")
    assert not compared((), (), "wrong_length", "too long").differs("wrong_length")


def test_values_are_compared_field_by_field() -> None:
    found = compared((at(1, a=1.0, b=2.0, c=3.0),), (at(1, a=1.0, b=2.5, d=True),), "uplink")
    ((where, before, now),) = found.changed
    assert where == key(1)
    assert (before, now) == ({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 1.0, "b": 2.5, "d": True})
    assert found.lost_fields == [(key(1), ("c",))]
    assert (found.new, found.vanished) == ([], [])
    assert found.to_delete() == [key(1)]


def test_a_float_that_becomes_a_flag_is_another_value_even_when_python_calls_them_equal() -> None:
    found = compared((at(1, a=1.0),), (at(1, a=True),), "uplink")
    assert found.changed


def test_what_is_not_a_number_is_no_difference_each_time() -> None:
    nan = float("nan")
    assert not compared((at(1, a=nan),), (at(1, a=float("nan")),), "uplink").differs("uplink")
    assert compared((at(1, a=nan),), (at(1, a=1.0),), "uplink").differs("uplink")


def test_another_time_or_measurement_is_another_point() -> None:
    found = compared((at(1, a=1.0), at(2, a=1.0)), (at(2, a=1.0), at(1, "n", a=1.0)), "uplink")
    assert (found.new, found.vanished) == ([key(1, "n")], [key(1)])


def test_readings_of_one_point_are_merged_as_a_database_does() -> None:
    found = compared((at(1, a=1.0, b=2.0),), (at(1, a=0.0), at(1, a=1.0), at(1, b=2.0)), "uplink")
    assert not found.differs("uplink")


def test_what_an_earlier_run_left_behind_counts_only_for_a_delete() -> None:
    old = now = (at(1, a=1.0),)
    found = compared(
        old, now, "uplink", remains=(at(1, a=5.0, wrong=1.0), at(2, a=1.0), at(1, a=9.0))
    )
    assert found.left_behind == [key(1), key(2)]
    assert not found.differs("uplink")
    assert found.differs("uplink", delete=True)
    assert compared(old, now, "uplink", remains=(at(1, a=5.0),)).left_behind == []


def test_nothing_is_deleted_twice() -> None:
    found = compared((at(1, a=1.0),), (), "wrong_length", remains=(at(1, a=2.0, b=1.0),))
    assert found.to_delete() == [key(1)]


def test_sessions_of_a_run_have_places_of_their_own() -> None:
    notes = Notes()
    first = notes.session_id("01", "f", 0, "a")
    assert (first, notes.session_id("02", "f", 0, "b")) == (1, 2)
    assert notes.session_id("01", "f", 0, "a") == first
    assert notes.sessions[first - 1] == ("01", "f", 0, "a")
