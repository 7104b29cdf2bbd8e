"""A city family as a JavaScript codec after LoRa Alliance TS013, for network servers.

The script is plain ES5 and runs sloppy, strict or as a module: ChirpStack, The Things Stack, Actility and this
gateway take it unchanged. It gives the same numbers as the decoder here, and refuses the same payloads with the
same words: `errors` holds "reason: sentence".
"""

import json
from typing import Any

from decoders.city.payload import (
    AHEAD_MAX,
    CLOCK_SET_FROM,
    REPORT_HEADER,
    STORED_BYTES_MAX,
    STORED_HEADER,
    VERSION,
)
from decoders.export.texts import field_table, filled
from decoders.layout import Field, Flags, Layout, Number


def codec(layout: Layout, program: str) -> str:
    """The text of the codec; `program` names what wrote it, such as "lora-gateway 0.1.0"."""
    fields = ",\n".join(f"  {json.dumps(_row(field))}" for field in layout.fields)
    return filled(
        "ts013.js",
        {
            "title": layout.title,
            "name": layout.name,
            "program": program,
            "port": str(layout.f_port),
            "stored_port": str(layout.stored_f_port),
            "table": field_table(layout, " *   "),
            "fields": f"[\n{fields}\n]",
            "version": str(VERSION),
            "report_header": str(REPORT_HEADER.size),
            "stored_header": str(STORED_HEADER.size),
            "stored_most": str(STORED_BYTES_MAX),
            "clock_set_from_ms": str(int(CLOCK_SET_FROM.timestamp()) * 1000),
            "ahead_ms": str(int(AHEAD_MAX.total_seconds()) * 1000),
        },
    )


def _row(field: Field) -> dict[str, Any]:
    """A field as the script has it."""
    row: dict[str, Any] = {"name": field.name, "bytes": field.width.size_bytes}
    if isinstance(field, Flags):
        return row | {"flags": [flag.name for flag in field.flags]}
    row["fault"] = field.width.sentinel
    if isinstance(field, Number):
        limits = {"low": field.raw_low, "high": field.raw_high, "divisor": _short(field.divisor)}
        return row | {"signed": field.width.signed} | limits
    return row | {"absent": field.absent}


def _short(number: float) -> float:
    """A whole number without a point."""
    return int(number) if number == int(number) else number
