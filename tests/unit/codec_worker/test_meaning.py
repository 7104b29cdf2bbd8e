"""What the child's words about a payload become, also those that no child of ours says."""

import pytest

from gateway.codec_worker.meaning import meaning
from gateway.codec_worker.protocol import (
    ANSWER,
    BROKEN,
    LEARNT,
    READY,
    THREW,
    TOO_LONG,
    TOO_SLOW,
)  # fmt: skip


def test_data_and_what_normalize_uplink_made_of_it() -> None:
    answer = meaning(ANSWER, '{"data":{"t":1}}\n{"data":{"air":{"temperature":1}}}')
    assert (answer.data, answer.normalized) == ({"t": 1}, {"air": {"temperature": 1}})


def test_a_normalizer_that_threw_is_a_warning() -> None:
    answer = meaning(ANSWER, '{"data":{"t":1}}\n!"Error: x (line 3)"')
    assert answer.warnings == ("normalizeUplink: Error: x (line 3)",)


def test_undefined_is_nothing_found() -> None:
    assert "found nothing" in meaning(ANSWER, "").sentence


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert meaning(ANSWER, r'{"data":{"s":"a\ud800b","°":"\ud83d\ude00"}}').data == {
        "s": "a\ufffdb",
        "°": "\U0001f600",
    }


def test_numbers_of_any_size_are_read() -> None:
    data = meaning(ANSWER, '{"a":12345678901234567000000,"b":1e300,"c":-0}').data
    assert data == {"a": 12345678901234567000000, "b": 1e300, "c": 0}


def test_lists_without_end_are_no_recursion_error() -> None:
    answer = meaning(ANSWER, "[" * 30_000 + "]" * 30_000)
    assert answer.reason == "codec_error"
    assert "nested" in answer.sentence


@pytest.mark.parametrize(
    ("kind", "text", "reason", "said"),
    [
        (THREW, "Error: x", "codec_error", "Error: x"),
        (THREW, "", "codec_error", "nothing"),
        (BROKEN, "no function", "codec_error", "no function"),
        (TOO_SLOW, "", "codec_timeout", "CPU time"),
        (TOO_LONG, "70000", "codec_error", "70000 characters"),
        (READY, "", "codec_error", "must not"),
        (LEARNT, "decodeUplink", "codec_error", "must not"),
        (99, "", "codec_error", "must not"),
    ],
)
def test_each_kind_has_its_reason(kind: int, text: str, reason: str, said: str) -> None:
    answer = meaning(kind, text)
    assert answer.reason == reason
    assert said in answer.sentence
