"""The scripts around a codec, as text: what it finds, how its function is found, and how it is called."""

import re
from importlib.resources import files

_FOLDER = files(__package__)


def _text(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


PRELUDE = _text("prelude.js")
"""Run first. Its value takes what `FIND` gives and returns the function to call."""

_ON_DEMAND = (
    (re.compile(r"\bBuffer\b"), _text("buffer.js")),
    (re.compile(r"\btoLocale"), _text("locale.js")),
    (re.compile(r"\bDate\b|\brecvTime\b"), _text("dates.js")),
    (re.compile(r"\bRegExp\s*(?:\.\s*(?:\$|last|left|right|input)|\[)"), _text("matches.js")),
)
"""What a codec's text has, and what is run before it then: each costs more than most codecs do."""

FIND = _text("find.js")
"""Run after the codec. Its value is null when the codec has no function that decodes uplinks."""


def before(codec: str) -> list[str]:
    """The scripts that this codec needs run between `PRELUDE` and itself."""
    return [script for words, script in _ON_DEMAND if words.search(codec)]
