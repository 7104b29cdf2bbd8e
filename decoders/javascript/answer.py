"""What an answer of a codec means: data to make readings of, or a refusal with the codec's own words. Pure.

    {data, warnings, errors}     as TS013 has it; with errors there is no reading, whatever data says
    {data: {...}, port, ...}     the same, the others are let go; so is {errors: ["..."], ...} without data
    anything else                is the data itself (Decode, Decoder, and codecs that forget the wrapping),
                                 also where one of its values is called data, warnings or errors
    nothing, {}, [], a number    no reading: the codec has found nothing in the payload

A codec that throws, returns nothing or names errors is all the same: `codec_error`, with a sentence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from decoders.contract import DecodeRefused, RefusalReason

DEPTH_MAX = 6
"""Levels of objects and lists in the data. Published codecs go to five."""
WORDS_MAX = 20
"""Warnings or errors that are kept of one answer."""
WORD_CHARACTERS_MAX = 300
WRAPPING = frozenset({"data", "warnings", "errors"})


@dataclass(frozen=True, slots=True)
class CodecAnswer:
    """What came of one payload. Plain values, as JSON has them."""

    data: object = None
    """What the codec returned as its data, unchanged."""
    normalized: object = None
    """The data of `normalizeUplink`, where the codec has one and it worked: an object or a list of them."""
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    reason: RefusalReason | None = None
    """Why there is no reading: `codec_error` or `codec_timeout`; None when there is."""
    sentence: str = ""
    ran: bool = True
    """False when there was no codec to ask, so that all of the above says nothing of one."""

    def raise_refused(self) -> None:
        """Raise what stands against readings, if anything does.

        Raises:
            DecodeRefused: codec_error or codec_timeout.
        """
        if self.reason is not None:
            raise DecodeRefused(self.reason, self.sentence)


def understood(result: object, normalized: object = None, not_normalized: str = "") -> CodecAnswer:
    """The meaning of what a codec returned, and of what its `normalizeUplink` made of that.

    `not_normalized` says why the latter threw, "" when it did not.
    """
    data = result
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    if isinstance(result, dict) and _is_wrapping(result):
        data = result.get("data")
        warnings, errors = _words(result.get("warnings")), _words(result.get("errors"))
    better, more = _normalized(normalized)
    if not_normalized:
        more = (f"normalizeUplink: {not_normalized}",)
    against = _against(data, warnings, errors)
    if against is not None:
        return CodecAnswer(data, None, warnings, errors, "codec_error", against)
    return CodecAnswer(data, better, warnings + more, errors)


def failed(message: str) -> CodecAnswer:
    """The codec threw, or what it returned cannot be taken; `message` is for a person."""
    return CodecAnswer(errors=(message,), reason="codec_error", sentence=message)


def unusable(sentence: str) -> CodecAnswer:
    """There is no codec that could be asked: its file is missing, or is no codec."""
    return CodecAnswer(reason="codec_error", sentence=sentence, ran=False)


def timed_out(sentence: str) -> CodecAnswer:
    """The codec did not end in time, or is not run any more because of that."""
    return CodecAnswer(reason="codec_timeout", sentence=sentence)


def _is_wrapping(result: dict[str, Any]) -> bool:
    """Whether this is an answer with data in it, not the data."""
    if result.keys() <= WRAPPING:
        return bool(result)
    if isinstance(result.get("data"), dict | list):
        return True
    told = result.get("errors")
    return result.get("data") is None and isinstance(told, list) and bool(told)


def _against(data: object, warnings: tuple[str, ...], errors: tuple[str, ...]) -> str | None:
    """Why there is no reading, None when there is one."""
    if errors:
        return "the codec says: " + "; ".join(errors)
    if not data and (data is None or isinstance(data, dict | list)):
        said = f", and says: {'; '.join(warnings)}" if warnings else ""
        return "the codec found nothing in this payload" + said
    if not isinstance(data, dict | list):
        kind = {bool: "true or false", str: "a text"}.get(type(data), "a number")
        return f"the codec answered with {kind} where an object should be: {str(data)[:80]!r}"
    if _too_deep(data, DEPTH_MAX):
        return f"the codec's data is nested deeper than {DEPTH_MAX}"
    return None


def _normalized(answer: object) -> tuple[object, tuple[str, ...]]:
    """(its data, what it warns of) of an answer of `normalizeUplink`; None where that cannot be used."""
    if not isinstance(answer, dict):
        return None, ()
    errors = _words(answer.get("errors"))
    if errors:
        return None, ("normalizeUplink says: " + "; ".join(errors),)
    data = answer.get("data")
    usable = isinstance(data, dict | list) and data and not _too_deep(data, DEPTH_MAX)
    return (data if usable else None), _words(answer.get("warnings"))


def _words(value: object) -> tuple[str, ...]:
    """Warnings or errors as texts; codecs give a list, one text, or an object."""
    if not value:
        return ()
    if isinstance(value, Mapping):
        value = [f"{name}: {word}" for name, word in value.items()]
    words = value if isinstance(value, list) else [value]
    texts = (
        word if isinstance(word, str) else json.dumps(word, ensure_ascii=False)
        for word in words[:WORDS_MAX]
    )
    return tuple(text[:WORD_CHARACTERS_MAX] for text in texts)


def _too_deep(value: dict[str, Any] | list[Any], levels: int) -> bool:
    """Whether objects and lists are nested deeper than so many levels."""
    return any(
        isinstance(member, dict | list) and (levels <= 1 or _too_deep(member, levels - 1))
        for member in (value.values() if isinstance(value, dict) else value)
    )
