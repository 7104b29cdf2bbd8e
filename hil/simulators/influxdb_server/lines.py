r"""Line protocol, read the way InfluxDB reads it: text in, points or complaints out.

    measurement[,tag=value ...] field=value[,field=value ...] [time]

    \, \= \<blank>   the character itself, in names and tag values; \\ is one \ in version 3, two before
    "..."            a string; \" and \\ inside are " and \; a line feed inside does not end the line
    1 1.5 -2e-7      float      1i integer     1u unsigned     t T true True TRUE f F ...  boolean
    #...             a comment: skipped without a word

Source: docs.influxdata.com line protocol reference; models/points.go `scanLine`; influxdb_line_protocol.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["float", "integer", "unsigned", "boolean", "string"]
Tags = tuple[tuple[str, str], ...]

_PAIR_END = r"[^\\,= ]|\\."
_MEASUREMENT = re.compile(r"(?:[^\\, ]|\\.)+", re.DOTALL)
_KEY = re.compile(rf"(?:{_PAIR_END})+", re.DOTALL)
_TAG_VALUE = re.compile(rf"(?:{_PAIR_END})+", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^, ]+")
_FLOAT = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TIME = re.compile(r" +(-?\d+) *")
_TRUE = ("t", "T", "true", "True", "TRUE")
_FALSE = ("f", "F", "false", "False", "FALSE")


class BadLine(ValueError):
    """A line that is not line protocol, and why."""


@dataclass(frozen=True)
class Value:
    """A field's value with its type."""

    kind: Kind
    value: float | bool | str


@dataclass(frozen=True)
class Point:
    """One line."""

    measurement: str
    tags: Tags
    """Sorted by key."""
    fields: dict[str, Value]
    time: int | None
    """In the request's precision; None where the line has none."""


def split_lines(text: str) -> list[str]:
    """Cut a body into lines; blank lines and comments are left out and not counted."""
    lines: list[str] = []
    held = ""
    for piece in text.split("\n"):
        line = f"{held}\n{piece}" if held else piece
        held = line if '"' in line and _ends_in_string(line) else ""
        if not held and line.strip(" \t") and not line.lstrip(" \t").startswith("#"):
            lines.append(line)
    return [*lines, held] if held else lines


def parse_line(line: str, *, double_backslash: bool = False) -> Point:
    r"""Read one line. `double_backslash`: whether \\ in names is one backslash, as in version 3.

    Raises:
        BadLine: it is not line protocol.
    """
    reader = _Reader(line.lstrip(" \t"), double_backslash)
    measurement = reader.name(_MEASUREMENT, "missing measurement")
    tags: dict[str, str] = {}
    while reader.skip(","):
        key = reader.name(_KEY, "missing tag key")
        if not reader.skip("="):
            raise BadLine("missing tag value")
        if key in tags:
            raise BadLine("duplicate tags")
        tags[key] = reader.name(_TAG_VALUE, "missing tag value")
    if not reader.skip(" "):
        raise BadLine("missing fields")
    fields = reader.fields()
    return Point(measurement, tuple(sorted(tags.items())), fields, reader.time())


class _Reader:
    def __init__(self, line: str, double_backslash: bool) -> None:
        self._line = line
        self._at = 0
        self._escapes = re.compile(r"\\([,= \\])" if double_backslash else r"\\([,= ])")

    def skip(self, text: str) -> bool:
        if not self._line.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def name(self, pattern: re.Pattern[str], complaint: str) -> str:
        found = pattern.match(self._line, self._at)
        if not found:
            raise BadLine(complaint)
        self._at = found.end()
        return self._escapes.sub(r"\1", found[0])

    def fields(self) -> dict[str, Value]:
        while self.skip(" "):
            pass
        fields: dict[str, Value] = {}
        while True:
            key = self.name(_KEY, "missing field key")
            if not self.skip("="):
                raise BadLine("missing field value")
            fields[key] = self._value()
            if not self.skip(","):
                return fields

    def time(self) -> int | None:
        rest = self._line[self._at :]
        if not rest.strip(" "):
            return None
        found = _TIME.fullmatch(rest)
        if not found:
            raise BadLine("bad timestamp")
        time = int(found[1])
        if not -(2**63) <= time < 2**63:
            raise BadLine("time outside range")
        return time

    def _value(self) -> Value:
        if string := _STRING.match(self._line, self._at):
            self._at = string.end()
            return Value("string", re.sub(r'\\(["\\])', r"\1", string[1]))
        bare = _BARE.match(self._line, self._at)
        if not bare:
            raise BadLine("missing field value")
        self._at = bare.end()
        return _bare_value(bare[0])


def _bare_value(text: str) -> Value:
    if text in _TRUE or text in _FALSE:
        return Value("boolean", text in _TRUE)
    if text[-1] in "iu" and re.fullmatch(r"-?\d+", text[:-1]):
        number = int(text[:-1])
        low, high = (-(2**63), 2**63) if text[-1] == "i" else (0, 2**64)
        if not low <= number < high:
            raise BadLine(f"unable to parse integer {text}: value out of range")
        return Value("integer" if text[-1] == "i" else "unsigned", number)
    if not _FLOAT.fullmatch(text):
        raise BadLine("invalid boolean" if text[:1].isalpha() else "invalid number")
    if not math.isfinite(float(text)):
        raise BadLine("invalid float")
    return Value("float", float(text))


def _ends_in_string(line: str) -> bool:
    """Whether the end of the text lies within a quoted field value."""
    in_fields = quoted = False
    equals = commas = 0
    characters = iter(line)
    for character in characters:
        if character == "\\":
            next(characters, None)
        elif quoted:
            quoted = character != '"'
        elif character == " ":
            in_fields = True
        elif in_fields and character == '"':
            quoted = equals > commas
        elif in_fields:
            equals += character == "="
            commas += character == ","
    return quoted
