"""Guards the comparison of a codec's answer with its vector: what is equal, and how a difference is told."""

import pytest

from decoders.javascript.answer import CodecAnswer, failed, timed_out, understood
from decoders.javascript.difference import SHOWN_CHARACTERS, Difference, differences


def of(expected: object, got: object) -> list[Difference]:
    """The differences of data."""
    return differences({"data": expected}, CodecAnswer(got))


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"t": 21}, {"t": 21.0}),
        ({"t": 0.3}, {"t": 0.1 + 0.2}),
        ({"a": {"b": [1, "x", None, True]}}, {"a": {"b": [1, "x", None, True]}}),
        ({"at": "XXXX-XX-XXTXX:XX:XX.XXXZ"}, {"at": "2026-11-22T01:02:03.456Z"}),
        ({"at": "2026-XX-22T01:02:03Z"}, {"at": "2026-11-22T01:02:03Z"}),
    ],
)
def test_what_is_equal(expected: object, got: object) -> None:
    assert of(expected, got) == []


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        ({"t": 21}, {"t": 22}, ("data.t", "21", "22")),
        ({"t": 21.5}, {"t": "21.5"}, ("data.t", "21.5", '"21.5"')),
        ({"t": 1}, {"t": True}, ("data.t", "1", "true")),
        ({"t": 0}, {"t": False}, ("data.t", "0", "false")),
        ({"t": 1}, {}, ("data.t", "1", "nothing")),
        ({}, {"t": 1}, ("data.t", "nothing", "1")),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ("data.a.b[1]", "2", "3")),
        ({"a": [1, 2]}, {"a": [1]}, ("data.a", "[1, 2]", "[1]")),
        ({"a": None}, {"a": 0}, ("data.a", "null", "0")),
        ({"a": {}}, {"a": []}, ("data.a", "{}", "[]")),
        ({"n": 1.0}, {"n": 1.00001}, ("data.n", "1.0", "1.00001")),
        ({"at": "XXXX-XX-XX"}, {"at": "2026-1-22"}, ("data.at", '"XXXX-XX-XX"', '"2026-1-22"')),
        ({"x": "XXXX"}, {"x": "1234"}, ("data.x", '"XXXX"', '"1234"')),
    ],
)
def test_what_is_not_equal_is_told_with_its_place(
    expected: object, got: object, told: tuple[str, str, str]
) -> None:
    assert of(expected, got) == [Difference(*told)]


def test_every_place_is_told_not_only_the_first() -> None:
    assert [one.path for one in of({"a": 1, "b": 2, "c": 3}, {"a": 0, "b": 2, "d": 3})] == [
        "data.a", "data.c", "data.d",
    ]  # fmt: skip


def test_errors_are_compared_when_they_are_expected() -> None:
    refused = understood({"errors": ["too short"]})
    assert differences({"errors": ["too short"]}, refused) == []
    assert differences({"errors": ["too short"], "data": {}}, refused) == []
    assert differences({"errors": ["too long"]}, refused) == [
        Difference("errors[0]", '"too long"', '"too short"')
    ]
    assert differences({"errors": ["too short"]}, CodecAnswer({"t": 1}))[0].path == "errors"


def test_errors_that_nobody_expects_are_the_only_difference_that_is_told() -> None:
    wanted = [Difference("errors", "nothing", '["Error: oh (line 3)"]')]
    assert differences({"data": {"t": 1}}, failed("Error: oh (line 3)")) == wanted
    slow = differences({"data": {"t": 1}}, timed_out("the codec was killed"))
    assert slow == [Difference("errors", "nothing", '"the codec was killed"')]


def test_warnings_are_compared_only_when_they_are_expected() -> None:
    warned = CodecAnswer({"t": 1}, warnings=("low",))
    assert differences({"data": {"t": 1}}, warned) == []
    assert differences({"data": {"t": 1}, "warnings": ["low"]}, warned) == []
    assert differences({"data": {"t": 1}, "warnings": []}, warned)[0].got == '["low"]'


def test_a_long_value_is_cut() -> None:
    (told,) = of({"t": "x" * 5000}, {"t": "y"})
    assert len(told.expected) < SHOWN_CHARACTERS + 10


def test_what_is_nested_too_deep_is_a_difference() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = {"a": deep}
    assert [one.got for one in of(deep, deep)] == ["nested too deep"]


def test_half_a_surrogate_pair_can_be_shown() -> None:
    (told,) = of({"t": "\ud800"}, {"t": "x"})
    assert told.expected.encode() == b'"?"'
