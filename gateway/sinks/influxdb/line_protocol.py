r"""Readings as lines of InfluxDB line protocol.

    air_quality,device=aq-1,site=hall pm2_5_ugm3=12.5,door_open=true,faults="pm10" 1763000000000000000
    |---------- series_key ---------| |------------------ fields ----------------| |-- Unix ns, UTC --|

Floats are written as `repr` gives them, so that the same float is read back; 25.0 stays 25.0. Booleans
are `true` and `false`. Strings are in double quotes with \ and " escaped; a line feed inside is legal.

All that is common to a series is prepared once: a reading costs one formatting of its values.

Refused, not sent: NaN and infinity (line protocol has no word for them), and a reading without fields.
Source: line protocol reference of InfluxDB 1.8, 2.7 and 3.
"""

from collections.abc import Callable
from math import isfinite

from decoders.contract import FieldValue
from gateway.model import Reading, Series
from gateway.sinks.influxdb import names

TEMPLATES_MAX = 4096
"""Series whose templates are kept. A gateway serves some thousand series; a template is about 1 kB."""


class Unwritable(ValueError):
    """A reading that has no form in line protocol, and why."""


class Renderer:
    """Writes readings as lines; remembers a template per series."""

    def __init__(self) -> None:
        self._templates: dict[Series, _Template] = {}

    def line(self, reading: Reading) -> bytes:
        """The line of a reading in UTF-8, without a line end.

        Raises:
            Unwritable: a value is not finite or too large for a float, or there is no field.
        """
        template = self._templates.get(reading.series)
        if template is None:
            template = self._prepare(reading.series)
        return template.line(reading.values, reading.time_ns)

    def _prepare(self, series: Series) -> "_Template":
        # Emptied rather than aged: series that live are back after one reading each.
        if len(self._templates) >= TEMPLATES_MAX:
            self._templates.clear()
        template = self._templates[series] = _Template(series)
        return template


class _Template:
    """One series with room for values and a time."""

    __slots__ = ("_all_floats", "_any", "_floats")

    def __init__(self, series: Series) -> None:
        # A % in a name must not be read as a place for a value.
        key = names.series_key(series).replace("%", "%%")
        fields = [field.replace("%", "%%") for field in names.field_keys(series)]
        self._floats = f"{key} {','.join(f'{field}=%r' for field in fields)} %d"
        self._any = f"{key} {','.join(f'{field}=%s' for field in fields)} %d"
        self._all_floats = (float,) * len(fields)

    def line(self, values: tuple[FieldValue, ...], time_ns: int) -> bytes:
        kinds = tuple(map(type, values))
        # A sum is finite only if all of its parts are: one test instead of one per value.
        if kinds == self._all_floats and values and isfinite(sum(values)):  # type: ignore[arg-type]
            return (self._floats % (*values, time_ns)).encode("utf-8", "replace")
        if len(values) != len(self._all_floats) or not values:
            raise Unwritable(f"{len(values)} values for {len(self._all_floats)} fields")
        texts = [
            _TEXT_OF.get(kind, _number)(value) for kind, value in zip(kinds, values, strict=True)
        ]
        return (self._any % (*texts, time_ns)).encode("utf-8", "replace")


def _number(value: FieldValue) -> str:
    try:
        number = float(value)
    except (OverflowError, TypeError, ValueError) as exc:
        raise Unwritable(f"a value of type {type(value).__name__} fits no float field") from exc
    if not isfinite(number):
        raise Unwritable(f"{number} is not a value that InfluxDB can hold")
    return repr(number)


def _flag(value: FieldValue) -> str:
    return "true" if value else "false"


def _string(value: FieldValue) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


_TEXT_OF: dict[type, Callable[[FieldValue], str]] = {float: _number, bool: _flag, str: _string}
