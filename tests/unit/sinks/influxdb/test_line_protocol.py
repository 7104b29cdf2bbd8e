"""Guards that a reading reaches the database as it is, whatever it and its device are called.

Lines are read back by the simulator's parser, which shares no code with the writer, once by the rules of
version 1 and 2 and once by those of version 3. The same on a real server: tests/integration.
"""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Reading, Series
from gateway.sinks.influxdb.line_protocol import TEMPLATES_MAX, Renderer, Unwritable
from hil.simulators.influxdb_server.lines import Point, parse_line, split_lines

TIME_NS = 1_763_000_000_123_000_000

FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = FINITE | st.booleans() | st.text(max_size=40)
HOSTILE = st.text(
    alphabet=st.sampled_from("ab\\,= \"'#\n\r\t\x00\x7f\x85%{}\u202e\u200b\ud800ก😀"), max_size=12
) | st.text(max_size=12)


def reading(
    *, measurement: str = "m", tags: dict[str, str] | None = None, **fields: float | bool | str
) -> Reading:
    series = Series(measurement, tuple((tags or {}).items()), tuple(fields))
    return Reading(series, TIME_NS, tuple(fields.values()))


def line(of: Reading) -> str:
    return Renderer().line(of).decode()


def read_back(text: str) -> Point:
    """The point of the one line that a text must be, read alike by all versions."""
    assert split_lines(text) == [text]
    point = parse_line(text)
    assert parse_line(text, double_backslash=True) == point
    return point


def test_a_line_has_measurement_tags_fields_and_nanoseconds() -> None:
    written = line(
        reading(
            measurement="air_quality",
            tags={"device": "aq-1", "site": "hall"},
            pm2_5_ugm3=12.5,
            door_open=True,
            lid_open=False,
            faults="pm10,pm4",
        )
    )
    assert written == (
        "air_quality,device=aq-1,site=hall "
        'pm2_5_ugm3=12.5,door_open=true,lid_open=false,faults="pm10,pm4" 1763000000123000000'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (25.0, "25.0"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e16, "1e+16"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (True, "true"),
        (False, "false"),
        (7, "7.0"),
        ("", '""'),
        ('say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'),
        ("two\nlines", '"two\nlines"'),
    ],
)
def test_a_value_is_written_exactly(value: float | bool | str, text: str) -> None:
    assert line(reading(v=value)) == f"m v={text} {TIME_NS}"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, None, b"x"])
def test_a_value_that_no_field_can_hold_is_refused(value: float) -> None:
    renderer = Renderer()
    with pytest.raises(Unwritable):
        renderer.line(reading(a=1.0, v=value))
    with pytest.raises(Unwritable):
        renderer.line(reading(a="text", v=value))
    assert renderer.line(reading(a=1.0, v=2.0)).startswith(b"m a=1.0,v=2.0 ")


def test_finite_values_whose_sum_overflows_are_written() -> None:
    assert line(reading(a=1.7e308, b=1.7e308)) == f"m a=1.7e+308,b=1.7e+308 {TIME_NS}"


def test_a_reading_without_fields_is_refused() -> None:
    with pytest.raises(Unwritable):
        line(reading())


def test_a_reading_whose_values_do_not_fit_its_fields_is_refused() -> None:
    series = Series("m", (), ("a", "b"))
    for values in ((1.0,), (1.0, 2.0, 3.0)):
        with pytest.raises(Unwritable):
            Renderer().line(Reading(series, TIME_NS, values))


def test_a_field_that_changes_its_type_from_reading_to_reading_is_written_each_time() -> None:
    renderer = Renderer()
    for value, text in ((1.0, b"1.0"), (True, b"true"), ("x", b'"x"'), (2.0, b"2.0")):
        assert renderer.line(reading(v=value)) == b"m v=" + text + b" %d" % TIME_NS


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("plain", "plain"),
        ("two words", "two\\ words"),
        ("a,b=c", "a\\,b\\=c"),
        ("a\nb\rc\td\x00e\x7ff\x85g", "a_b_c_d_e_f_g"),
        ("back\\", "back"),
        ("\\\\\\", "_"),
        ("", "_"),
        ("in\\side", "in\\side"),
        ("a\\,b", "a_\\,b"),
        ("a\\\\b", "a_\\b"),
        ("a\\ b", "a_\\ b"),
        ("time", "time_"),
        ("_field", "_field_"),
        ("_measurement", "_measurement_"),
        ("100%d", "100%d"),
        ("\u202eevil", "\u202eevil"),
        ("lone\ud800surrogate", "lone_surrogate"),
    ],
)
def test_a_key_is_made_safe(name: str, key: str) -> None:
    assert line(reading(**{name: 1.0})) == f"m {key}=1.0 {TIME_NS}"
    assert line(reading(tags={name: "x"}, v=1.0)) == f"m,{key}=x v=1.0 {TIME_NS}"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("#comment", "_comment"),
        ("a=b", "a=b"),
        ("a,b c", "a\\,b\\ c"),
        ("", "_"),
        ("time", "time"),
        (" lead", "\\ lead"),
        ("m\\", "m"),
    ],
)
def test_a_measurement_is_made_safe(name: str, written: str) -> None:
    assert line(reading(measurement=name, v=1.0)) == f"{written} v=1.0 {TIME_NS}"


def test_an_empty_tag_is_left_out() -> None:
    assert line(reading(tags={"a": "", "b": "\\", "c": "x"}, v=1.0)) == f"m,c=x v=1.0 {TIME_NS}"


def test_keys_that_become_alike_stay_apart() -> None:
    written = line(
        reading(tags={"a\n": "1", "a\r": "2", "a_": "3"}, **{"a_": 4.0, "b\t": 5.0, "b\n": 6.0})
    )
    point = read_back(written)
    assert sorted(value for _, value in point.tags) == ["1", "2", "3"]
    assert sorted(v.value for v in point.fields.values()) == [4.0, 5.0, 6.0]
    assert not {key for key, _ in point.tags} & set(point.fields)


def test_a_name_of_ten_thousand_characters_is_kept_whole() -> None:
    name = "x, " * 3334
    point = read_back(line(reading(measurement=name, tags={name: name}, **{name + "f": 1.0})))
    assert point.measurement == name
    assert point.tags == ((name, name),)
    assert list(point.fields) == [name + "f"]


def test_more_series_than_templates_are_kept_are_written_right() -> None:
    renderer = Renderer()
    for round_ in (1.0, 2.0):
        for number in range(TEMPLATES_MAX + 10):
            tags = {"n": str(number)}
            written = renderer.line(reading(tags=tags, v=round_))
            assert written == f"m,n={number} v={round_} {TIME_NS}".encode()


@given(values=st.lists(FINITE, min_size=1, max_size=12))
def test_any_float_is_read_back_to_the_bit(values: list[float]) -> None:
    fields = {f"f{i}": value for i, value in enumerate(values)}
    point = read_back(line(reading(**fields)))
    back = [struct.pack("<d", value.value) for value in point.fields.values()]
    assert back == [struct.pack("<d", value) for value in values]


@given(
    measurement=HOSTILE,
    tags=st.dictionaries(HOSTILE, HOSTILE, max_size=3),
    fields=st.dictionaries(HOSTILE, VALUES, min_size=1, max_size=4),
)
def test_hostile_names_stay_in_their_place(
    measurement: str, tags: dict[str, str], fields: dict[str, float | bool | str]
) -> None:
    """One line stays one point: as many fields and tags, the same values, no word that a server drops."""
    series = Series(measurement, tuple(tags.items()), tuple(fields))
    point = read_back(line(Reading(series, TIME_NS, tuple(fields.values()))))
    sent = {name: value for name, value in tags.items() if expected(value)}
    safe = expected(measurement) or "_"
    assert point.measurement == ("_" + safe[1:] if safe.startswith("#") else safe)
    assert sorted(value for _, value in point.tags) == sorted(map(expected, sent.values()))
    assert sorted(trimmed(key) for key, _ in point.tags) == sorted(
        trimmed(expected(name)) for name in sent
    )
    assert [trimmed(key) for key in point.fields] == [trimmed(expected(name)) for name in fields]
    assert [value.value for value in point.fields.values()] == [
        value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for value in fields.values()
    ]
    keys = [key for key, _ in point.tags] + list(point.fields)
    assert len(set(keys)) == len(keys)
    assert not {"time", "_field", "_measurement"} & set(keys)
    assert point.time == TIME_NS


def expected(text: str) -> str:
    """What a name may become at most, said in another way than the writer does it."""
    safe = "".join(
        "_" if ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 else c for c in text
    )
    while safe.endswith("\\"):
        safe = safe[:-1]
    return "".join("_" if c == "\\" and safe[i + 1] in "\\,= " else c for i, c in enumerate(safe))


def trimmed(key: str) -> str:
    """Without the underscores that keep keys apart."""
    return key.rstrip("_")
