"""What an answer of a codec means, as a table: data, warnings, errors, nothing, and what is no object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.contract import DecodeRefused
from decoders.javascript.answer import (
    DEPTH_MAX,
    WORD_CHARACTERS_MAX,
    WORDS_MAX,
    CodecAnswer,
    failed,
    timed_out,
    understood,
    unusable,
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(levels: int) -> object:
    """So many objects, one in the other."""
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def test_the_wrapping_of_ts013_is_taken_off() -> None:
    answer = understood({"data": {"t": 1}, "warnings": ["low battery"], "errors": []})
    assert answer == CodecAnswer({"t": 1}, None, ("low battery",))


@pytest.mark.parametrize(
    "bare",
    [
        {"t": 1},
        [{"t": 1}],
        {"Data": 1},
        {"t": 1, "data": "0102"},
        {"t": 1, "warnings": []},
        {"t": 1, "errors": 0},
        {"t": 1, "errors": "none", "data": 4},
    ],
)
def test_what_has_no_wrapping_is_the_data_itself(bare: object) -> None:
    assert understood(bare) == CodecAnswer(bare)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ({"data": {"t": 1}, "fPort": 3}, CodecAnswer({"t": 1})),
        ({"data": [{"t": 1}], "time": 3, "warnings": ["old"]}, CodecAnswer([{"t": 1}], None, ("old",))),
        (
            {"errors": ["bad"], "fPort": 3},
            CodecAnswer(errors=("bad",), reason="codec_error", sentence="the codec says: bad"),
        ),
    ],
)  # fmt: skip
def test_what_is_written_beside_the_data_is_let_go(result: object, answer: CodecAnswer) -> None:
    assert understood(result) == answer


def test_words_that_are_no_texts_are_told_as_json() -> None:
    words = [{"code": 4, "set": True}, None, 0.5, "plain"]
    told = ('{"code": 4, "set": true}', "null", "0.5", "plain")
    assert understood({"data": {"t": 1}, "warnings": words}).warnings == told


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (None, "found nothing"),
        ({}, "found nothing"),
        ([], "found nothing"),
        ({"data": None}, "found nothing"),
        ({"data": {}, "warnings": ["unknown port"]}, "found nothing in this payload, and says: unknown"),
        ({"warnings": []}, "found nothing"),
        ({"data": {"t": 1}, "errors": ["bad length"]}, "the codec says: bad length"),
        ({"errors": "bad length"}, "the codec says: bad length"),
        ({"errors": {"code": 4}}, "the codec says: code: 4"),
        ({"errors": [1, None]}, "the codec says: 1; null"),
        (5, "a number"),
        (0, "a number"),
        ("unknown", "a text"),
        ({"data": False}, "true or false"),
        ({"data": nested(DEPTH_MAX + 1)}, "nested deeper"),
        ([nested(DEPTH_MAX)], "nested deeper"),
    ],
)  # fmt: skip
def test_what_gives_no_reading_is_a_codec_error_with_a_sentence(
    result: object, sentence: str
) -> None:
    answer = understood(result)
    assert answer.reason == "codec_error"
    assert sentence in answer.sentence
    with pytest.raises(DecodeRefused, match="codec_error"):
        answer.raise_refused()


def test_the_data_of_a_refused_answer_is_still_told() -> None:
    assert understood({"data": {"t": 1}, "errors": ["no"]}).data == {"t": 1}


def test_as_many_levels_as_are_allowed_are_taken() -> None:
    answer = understood({"data": nested(DEPTH_MAX)})
    assert answer.reason is None
    answer.raise_refused()


def test_what_normalize_uplink_gives_goes_beside_the_data() -> None:
    answer = understood(
        {"data": {"t": 1}}, {"data": {"air": {"temperature": 1}}, "warnings": ["w"]}
    )
    assert answer == CodecAnswer({"t": 1}, {"air": {"temperature": 1}}, ("w",))


@pytest.mark.parametrize(
    ("normalized", "why", "warning"),
    [
        ({"errors": ["no"]}, "", "normalizeUplink says: no"),
        (None, "Error: x", "normalizeUplink: Error: x"),
        ({"data": {}}, "", None),
        ({"data": 5}, "", None),
        (5, "", None),
        ({"data": nested(DEPTH_MAX + 1)}, "", None),
    ],
)
def test_a_normalizer_that_fails_spoils_nothing(
    normalized: object, why: str, warning: str | None
) -> None:
    answer = understood({"data": {"t": 1}}, normalized, why)
    assert (answer.data, answer.normalized, answer.reason) == ({"t": 1}, None, None)
    assert answer.warnings == (() if warning is None else (warning,))


def test_words_are_bounded() -> None:
    answer = understood({"data": {"t": 1}, "warnings": ["x" * 9999] * 999})
    assert len(answer.warnings) == WORDS_MAX
    assert {len(word) for word in answer.warnings} == {WORD_CHARACTERS_MAX}


def test_other_ends_have_their_reasons() -> None:
    assert failed("Error: x").reason == "codec_error"
    assert failed("Error: x").errors == ("Error: x",)
    assert timed_out("slow").reason == "codec_timeout"
    assert not unusable("gone").ran


@given(JSON, JSON)
def test_any_json_has_a_meaning(result: object, normalized: object) -> None:
    answer = understood(result, normalized)
    assert answer.reason in (None, "codec_error")
    assert bool(answer.sentence) == (answer.reason is not None)
    if answer.reason is None:
        assert isinstance(answer.data, dict | list)
        assert answer.data
