"""How the templates beside this file are filled in: `@NAME@` is a place, and every place is filled."""

import re
from collections.abc import Mapping
from importlib.resources import files

from decoders.layout import Layout, Number, Tag

_PLACE = re.compile(r"@([A-Za-z_]+)@")
_PLAIN = str.maketrans({"µ": "u", "³": "3", "°": "deg "})


def filled(template: str, places: Mapping[str, str]) -> str:
    """The template of this name with its places filled in.

    Raises:
        KeyError: the template has a place that is not given.
    """
    text = files(__package__).joinpath(template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: places[found[1]], text)


def plain(text: str) -> str:
    """In ASCII, for compilers that take nothing else: "ug/m3", "deg C"."""
    return text.translate(_PLAIN)


def field_table(layout: Layout, margin: str) -> str:
    """The fields by bit, as lines of a comment: type, step, unit, range and meaning."""
    lines = []
    for bit, field in enumerate(layout.fields):
        kind, span = field.width.name, "flags"
        if isinstance(field, Number):
            unit = f" {field.unit}" if field.unit else ""
            span = f"{field.scale}{unit}, {field.low:.15g} to {field.high:.15g}"
        elif isinstance(field, Tag):
            span = f"tag, {field.absent} when it is not sent"
        lines.append(
            plain(f"{margin}{bit:2}  {field.name:<24} {kind:<4} {span}: {field.description}")
        )
    return "\n".join(lines)
