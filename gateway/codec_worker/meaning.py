"""What the child's words about a payload mean. Pure."""

import json
import re

import msgspec

from decoders.javascript.answer import CodecAnswer, failed, timed_out, understood, unusable
from gateway.codec_worker.protocol import (
    ANSWER,
    BROKEN,
    OUTPUT_BYTES_MAX,
    THREW,
    TOO_LONG,
    TOO_SLOW,
)

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def meaning(kind: int, text: str) -> CodecAnswer:
    """The answer to a payload, of what the child said."""
    if kind == ANSWER:
        result, _, normalized = text.partition("\n")
        try:
            if normalized[:1] == "!":
                return understood(_value(result), None, str(_value(normalized[1:])))
            return understood(_value(result), _value(normalized))
        except RecursionError:
            return failed("the codec's data is nested too deep")
    if kind == TOO_SLOW:
        return timed_out("the codec did not end within its CPU time")
    if kind == TOO_LONG:
        return failed(f"the codec returned {text} characters; {OUTPUT_BYTES_MAX:,} bytes are taken")
    if kind == THREW:
        return failed(text or "the codec threw nothing")
    if kind == BROKEN:
        return unusable(f"the codec cannot be run any more: {text}")
    return failed("the codec's process said what it must not say")


def _value(text: str) -> object:
    """A JSON value; None for no text."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # half a surrogate pair, which JavaScript allows
        whole = json.dumps(json.loads(text), ensure_ascii=False)
        return msgspec.json.decode(_HALF_PAIR.sub("\ufffd", whole))
