"""Where an answer of a codec is not what a vector expects: path, expected, got. Pure.

Numbers are equal when they are to nine digits, for `0.1 + 0.2` is no fault; true is not 1. In a text, the `X` of
`XXXX-XX-XXTXX:XX:XX.XXXZ` stands for any digit: a time that is not known before the codec runs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any, NamedTuple

from decoders.javascript.answer import WORD_CHARACTERS_MAX, CodecAnswer

NEARLY = 1e-9
"""Relative."""
SHOWN_CHARACTERS = 200
"""Of a value that is shown."""
NOTHING = "nothing"
_OPEN_TIME = re.compile(r"(?=.*X)[0-9X]{4}-[0-9X]{2}-[0-9X]{2}[0-9XTZ:.+ -]*")


class Difference(NamedTuple):
    """One place where they differ; both sides as JSON text, or the word nothing."""

    path: str
    expected: str
    got: str


def differences(expected: Mapping[str, Any], answer: CodecAnswer) -> list[Difference]:
    """What of an answer is otherwise than expected; only what is expected is looked at, and errors."""
    found: list[Difference] = []
    wanted = _words(expected.get("errors"))
    if wanted:
        found += _unlike("errors", wanted, list(answer.errors))
    elif answer.errors or answer.reason == "codec_timeout":
        return [Difference("errors", NOTHING, shown([*answer.errors] or answer.sentence))]
    if "data" in expected and not (wanted and not expected["data"]):
        try:
            found += _unlike("data", expected["data"], answer.data)
        except RecursionError:
            found.append(Difference("data", "what can be compared", "nested too deep"))
    if "warnings" in expected:
        found += _unlike("warnings", _words(expected["warnings"]), list(answer.warnings))
    return found


def shown(value: object) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."


def _words(value: object) -> list[str]:
    words = value if isinstance(value, list) else [value] if value else []
    return [str(word)[:WORD_CHARACTERS_MAX] for word in words]


def _unlike(path: str, expected: object, got: object) -> Iterator[Difference]:
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in [*expected, *(key for key in got if key not in expected)]:
            below = f"{path}.{key}"
            if key not in got:
                yield Difference(below, shown(expected[key]), NOTHING)
            elif key not in expected:
                yield Difference(below, NOTHING, shown(got[key]))
            else:
                yield from _unlike(below, expected[key], got[key])
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for place, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from _unlike(f"{path}[{place}]", one, other)
    elif not _alike(expected, got):
        yield Difference(path, shown(expected), shown(got))


def _alike(expected: object, got: object) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return expected == got or isclose(expected, got, rel_tol=NEARLY)
    if isinstance(expected, str) and isinstance(got, str) and _OPEN_TIME.fullmatch(expected):
        return re.fullmatch(re.escape(expected).replace("X", "[0-9]"), got) is not None
    return type(expected) is type(got) and expected == got
