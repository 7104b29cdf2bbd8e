r"""Names that every InfluxDB reads alike: whatever a device or a codec is called becomes a safe key.

    air quality       ->  air\ quality       blank, comma and (but for measurements) = get a backslash
    a<LF>b  a<NUL>b   ->  a_b                control characters would end the line or the name
    back\             ->  back               a backslash at the end would escape what follows
    a\\b  a\,b        ->  a_\b  a_\,b        \\ is two characters in version 1 and one in version 3
    #m                ->  _m                 a line that starts with # is a comment: lost with a 204
    time              ->  time_              a field `time` is dropped in silence, a tag `time` is refused

A backslash before any other character stays: all versions read it as itself.

Source: line protocol reference of InfluxDB 1.8, 2.7 and 3; measured on 1.6.7; the parser of version 3
(influxdb_line_protocol, `split_lines`, `escape_or_fallback`).
"""

import re
from collections.abc import Iterable

from gateway.model import Series

# C0, DEL and C1 controls; lone surrogates have no UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_AMBIGUOUS_BACKSLASH = re.compile(r"\\(?=[\\,= ])")
_IN_MEASUREMENT = re.compile(r"([, ])")
_IN_KEY = re.compile(r"([,= ])")
_ESCAPED = r"\\\1"

RESERVED = frozenset({"time", "_field", "_measurement"})
"""Keys that some version drops, or discards the whole point for."""


def series_key(series: Series) -> str:
    """The escaped measurement and tags of a line, as `measurement,tag=value,...`. Empty tags are left out."""
    parts = [_measurement(series.measurement)]
    for key, value in zip(_tag_keys(series), (value for _, value in series.tags), strict=True):
        if text := _sane(value):
            parts.append(f"{_IN_KEY.sub(_ESCAPED, key)}={_IN_KEY.sub(_ESCAPED, text)}")
    return ",".join(parts)


def plain_key(series: Series) -> tuple[str, list[tuple[str, str]]]:
    """Measurement and tags as the database has them once a line was read: nothing is escaped."""
    values = (_sane(value) for _, value in series.tags)
    pairs = zip(_tag_keys(series), values, strict=True)
    return _measurement_name(series.measurement), [pair for pair in pairs if pair[1]]


def field_keys(series: Series) -> list[str]:
    """The escaped field keys, no two alike and none like a tag: a twin would be overwritten in silence."""
    keys = _unlike(series.fields, taken=set(_tag_keys(series)))
    return [_IN_KEY.sub(_ESCAPED, key) for key in keys]


def _measurement(name: str) -> str:
    return _IN_MEASUREMENT.sub(_ESCAPED, _measurement_name(name))


def _measurement_name(name: str) -> str:
    text = _sane(name) or "_"
    return "_" + text[1:] if text.startswith("#") else text


def _tag_keys(series: Series) -> list[str]:
    return _unlike((key for key, _ in series.tags), taken=set())


def _unlike(names: Iterable[str], taken: set[str]) -> list[str]:
    keys = []
    for name in names:
        key = _sane(name) or "_"
        while key in RESERVED or key in taken:
            key += "_"
        taken.add(key)
        keys.append(key)
    return keys


def _sane(text: str) -> str:
    return _AMBIGUOUS_BACKSLASH.sub("_", _UNSAFE.sub("_", text).rstrip("\\"))
