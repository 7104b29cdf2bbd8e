"""One line of a profile's `[fields]`: what becomes of a key of the codec."""

import re
from collections.abc import Mapping
from fractions import Fraction

from decoders.contract import FieldValue, Quantity
from decoders.normalise.conversions import SAME, Line, known_units, line_from
from decoders.normalise.names import NAME_MAX, RESERVED
from decoders.normalise.profile import FieldRule, FieldType
from decoders.normalise.profile_faults import ProfileFault, check_keys, quoted
from decoders.normalise.values import as_text
from decoders.quantities import quantity_named

TYPES: Mapping[str, FieldType] = {"number": "float", "flag": "bool", "text": "str"}
"""What a profile calls the types of fields."""

_WORDS = {kind: word for word, kind in TYPES.items()}
_KEYS = ("to", "unit", "scale", "offset", "type", "map", "faults")
_NAME = re.compile(rf"(?:[a-z0-9]|(?<!^)_|\{{\}}){{1,{NAME_MAX}}}")


def field_rule(key: str, value: object, faults: list[ProfileFault]) -> FieldRule | None:
    """The rule; what is wrong with it is put into `faults`."""
    where = f"fields.{quoted(key)}"
    if isinstance(value, str):
        value = {"to": value}
        to_key = where
    else:
        to_key = f"{where}.to"
    if not isinstance(value, dict):
        faults.append(
            ProfileFault(where, value, 'write a name, or a table: { to = "temperature_c" }')
        )
        return None
    check_keys(where, value, _KEYS, faults)
    to = _name(to_key, key, value.get("to"), faults)
    channels = (to.replace("{}", channel) for channel in ("1", "l1", "t1", "l1_l2"))
    quantity = next(filter(None, map(quantity_named, channels)), None)
    kind = _type(where, value, quantity, to, faults)
    line = _line(where, value, quantity, faults)
    if kind not in (None, "float") and line != SAME:
        faults.append(
            ProfileFault(where, None, "scale, offset and unit are for numbers; take them out")
        )
    return FieldRule(
        to=to,
        type=kind,
        line=line,
        map=_map(f"{where}.map", value, kind, faults),
        faults=_faults_of(f"{where}.faults", value.get("faults", []), faults),
    )


def _name(where: str, key: str, to: object, faults: list[ProfileFault]) -> str:
    if not isinstance(to, str) or not _NAME.fullmatch(to):
        remedy = f"write a field's name: a-z, 0-9 and _, at most {NAME_MAX} characters"
        faults.append(
            ProfileFault(where, to, remedy if to is not None else "is missing; " + remedy)
        )
        return "value"
    if to in RESERVED:
        faults.append(ProfileFault(where, to, "this program writes that itself; take another name"))
    if to.count("{}") > key.count("*"):
        faults.append(ProfileFault(where, to, "has a {} for which the key has no *"))
    return to


def _type(
    where: str,
    value: Mapping[str, object],
    quantity: Quantity | None,
    to: str,
    faults: list[ProfileFault],
) -> FieldType | None:
    said = value.get("type")
    known = None if quantity is None else quantity.type
    if said is None:
        return known
    kind = TYPES.get(said) if isinstance(said, str) else None
    if kind is None:
        faults.append(ProfileFault(f"{where}.type", said, 'write "number", "flag" or "text"'))
    elif known is not None and kind != known:
        of = _WORDS[known]
        faults.append(
            ProfileFault(
                f"{where}.type", said, f"{to} is a {of} wherever it occurs; take another name"
            )
        )
    return kind


def _line(
    where: str, value: Mapping[str, object], quantity: Quantity | None, faults: list[ProfileFault]
) -> Line:
    unit = value.get("unit")
    if unit is None:
        scale = _fraction(f"{where}.scale", value.get("scale", 1), faults)
        line = (scale, _fraction(f"{where}.offset", value.get("offset", 0), faults))
        return SAME if line == SAME else line
    if "scale" in value or "offset" in value:
        faults.append(
            ProfileFault(f"{where}.unit", unit, "stands beside scale or offset; take one out")
        )
    found = line_from(unit, quantity) if isinstance(unit, str) and quantity is not None else None
    if found is None:
        faults.append(ProfileFault(f"{where}.unit", unit, _unit_remedy(quantity)))
        return SAME
    return found


def _unit_remedy(quantity: Quantity | None) -> str:
    if quantity is None:
        return "is converted for names of docs/quantities.md only; use scale and offset"
    units = known_units(quantity)
    if not units:
        return f"{quantity.name} has no unit; take it out"
    return f"{quantity.name} is converted from " + ", ".join(units) + "; else use scale and offset"


def _fraction(where: str, value: object, faults: list[ProfileFault]) -> Fraction:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return Fraction(repr(value) if isinstance(value, float) else value)
        except (ValueError, ZeroDivisionError):
            pass
    faults.append(ProfileFault(where, value, 'write a number, or an exact one in quotes: "1/60"'))
    return Fraction(1)


def _map(
    where: str, value: Mapping[str, object], kind: FieldType | None, faults: list[ProfileFault]
) -> Mapping[str, FieldValue] | None:
    said = value.get("map")
    if said is None:
        return None
    if not isinstance(said, dict) or not said:
        faults.append(ProfileFault(where, None, "write a table: { open = true, closed = false }"))
        return None
    found: dict[str, FieldValue] = {}
    for word, meant in said.items():
        plain = float(meant) if type(meant) is int else meant
        if not isinstance(plain, float | bool | str):
            faults.append(
                ProfileFault(f"{where}.{quoted(word)}", None, "write a number, text, true or false")
            )
        else:
            found[word] = plain
    kinds = {type(meant).__name__ for meant in found.values()}
    if len(kinds) > 1 or (kind is not None and kinds - {kind}):
        wanted = "one type" if kind is None else f"{_WORDS[kind]}s"
        faults.append(
            ProfileFault(where, None, f"a field has one type; map everything to {wanted}")
        )
    return found


def _faults_of(where: str, value: object, faults: list[ProfileFault]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return tuple(as_text(float(v) if type(v) is int else v) for v in value)
    faults.append(ProfileFault(where, None, 'write a list of values: [65535, "NULL"]'))
    return ()
