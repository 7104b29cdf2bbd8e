"""The scripts around a codec, as text: what it finds, how its function is found, and how it is called."""

from importlib.resources import files

_FOLDER = files(__package__)


def _text(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


PRELUDE = _text("prelude.js")
"""Run first. Its value takes what `FIND` gives and returns the function to call."""

BUFFER = _text("buffer.js")
"""Run second, for codecs that name it: it costs more than most codecs do."""

LOCALE = _text("locale.js")
"""Run then, for codecs that write numbers or dates as people of a country do."""

FIND = _text("find.js")
"""Run after the codec. Its value is null when the codec has no function that decodes uplinks."""


def needs_buffer(codec: str) -> bool:
    """Whether a codec may use `Buffer`. One in nine does."""
    return "Buffer" in codec


def needs_locale(codec: str) -> bool:
    """Whether a codec may use `toLocaleString` or its like. One in 26 does."""
    return "toLocale" in codec
