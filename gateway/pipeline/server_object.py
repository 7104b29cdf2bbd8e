"""Readings taken over from what a network server's own codec made of an uplink. Pure.

Nested objects are flattened with `_`, list places numbered from 0. Every number is a float. A field keeps the
type it first had in its measurement: what comes with another one is refused, not sent to be rejected.
"""

import math
import re
from collections.abc import Iterator, Mapping

import msgspec

from decoders.contract import Decoded, DecodeRefused, FieldValue
from gateway.device import Device
from gateway.model import ApplicationUplink, Frame

FIELDS_MAX = 64
DEPTH_MAX = 4
NAME_MAX = 64
TEXT_MAX = 1024
_UNFIT = re.compile(r"[^A-Za-z0-9_]+")


class ServerObjects:
    """Turns decoded objects into readings, under the store's lock of field types."""

    def __init__(self, field_types: Mapping[tuple[str, str], str]) -> None:
        self._types = field_types
        """(measurement, field) -> "float", "bool" or "str", as the store knows them."""

    def decoded(self, device: Device, heard: Frame | ApplicationUplink) -> tuple[Decoded, ...]:
        """One reading of all its values.

        Raises:
            DecodeRefused: there is no object, it holds no value, or a field has changed its type.
        """
        if isinstance(heard, Frame) or heard.object_json is None:
            raise DecodeRefused(
                "no_decoder",
                f"{device.name} takes over the network server's values, and this came without any:"
                " give the device a codec there, or a decoder here",
            )
        try:
            found = msgspec.json.decode(heard.object_json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DecodeRefused("malformed", f"the network server's object: {error}") from error
        fields: dict[str, FieldValue] = {}
        for name, value in _flat(found, "", 0):
            known = self._types.get((device.measurement, name))
            if known is not None and known != type(value).__name__:
                raise DecodeRefused(
                    "type_conflict",
                    f"{device.measurement}.{name} is a {known} in the database and came as"
                    f" {type(value).__name__}; give this device another `measurement`",
                )
            fields[name] = value
            if len(fields) > FIELDS_MAX:
                raise DecodeRefused("codec_error", f"more than {FIELDS_MAX} values in the object")
        if not fields:
            raise DecodeRefused("codec_error", "the network server's object holds no values")
        return (Decoded(measurement=device.measurement, fields=fields),)


def _flat(value: object, name: str, depth: int) -> Iterator[tuple[str, FieldValue]]:
    if depth > DEPTH_MAX:
        raise DecodeRefused("codec_error", f"the object is nested deeper than {DEPTH_MAX}")
    if isinstance(value, dict):
        for key, inner in value.items():
            part = _UNFIT.sub("_", str(key)).strip("_")
            yield from _flat(inner, f"{name}_{part}" if name else part, depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{name}_{place}" if name else str(place), depth + 1)
    elif isinstance(value, bool):
        yield _named(name), value
    elif isinstance(value, int | float):
        number = _as_float(value)
        if math.isfinite(number):
            yield _named(name), number
    elif isinstance(value, str):
        yield _named(name), value[:TEXT_MAX]


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON bounds no number
        return math.inf


def _named(name: str) -> str:
    """InfluxDB keeps the name `time` for itself."""
    return "value" if not name else "time_" if name == "time" else name[:NAME_MAX]
