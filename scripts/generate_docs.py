#!/usr/bin/env python3
"""Write the tables of pages in docs/ from the tables of decoders/.

    scripts/generate_docs.py            writes the pages
    scripts/generate_docs.py --check    writes nothing, exits 1 when a page is out of step

What stands between `<!-- begin generated: NAME -->` and `<!-- end generated: NAME -->` is generated, the
rest of a page is written by hand. `PARTS` has what there is by name.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from decoders.city.families import LAYOUTS
from decoders.contract import Decoder, Quantity
from decoders.layout import Field, Flags, Layout, Number
from decoders.quantities import DOMAINS
from decoders.quantities.units import UNITS
from decoders.refusals import ports_text
from decoders.registry import DECODERS

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "sensor-payloads.md", DOCS / "quantities.md", DOCS / "supported-devices.md")
VECTORS = Path(__file__).parents[1] / "tests" / "data" / "vendors"
NAMES_SHOWN = 12
"""Of the quantities of a device; the others are counted."""


def main() -> int:
    """Write or check the pages; exit code 1 when `--check` finds a difference."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 if out of step"
    )
    arguments.add_argument(
        "--page", type=Path, action="append", help="only this page; default: all of docs/"
    )
    options = arguments.parse_args()
    out_of_step = [page for page in options.page or PAGES if not _is_written(page, options.check)]
    for page in out_of_step:
        print(f"{page} is out of step with decoders/: run scripts/generate_docs.py")
    return 1 if out_of_step else 0


def _is_written(page: Path, only_check: bool) -> bool:
    """Whether the page is in step, after writing it unless it is only checked."""
    found = page.read_text(encoding="utf-8")
    wanted = with_parts(found)
    if found != wanted and not only_check:
        page.write_text(wanted, encoding="utf-8")
    return found == wanted or not only_check


def with_parts(page: str) -> str:
    """Return the page with its generated parts written anew.

    Raises:
        ValueError: it has no such part, or lacks the end of one.
        KeyError: a part that nothing generates.
    """
    names = re.findall(r"<!-- begin generated: (\S+) -->", page)
    if not names:
        raise ValueError("the page has no marker <!-- begin generated: NAME -->")
    for name in names:
        page = _replace(page, name, PARTS[name]())
    return page


def quantity_tables() -> str:
    """The vocabulary, a table per domain."""
    return "\n\n".join(f"## {title}\n\n{_quantity_table(rows)}" for title, rows in DOMAINS.items())


def _quantity_table(rows: Iterable[Quantity]) -> str:
    head = (
        "name",
        "unit",
        "type",
        "range",
        "channels",
        "The Things Stack",
        "device class",
        "meaning",
    )
    return _table(head, map(_quantity_row, rows))


def _quantity_row(row: Quantity) -> Sequence[str]:
    limits = (
        "" if row.low is None or row.high is None else f"{_limit(row.low)} to {_limit(row.high)}"
    )
    return (
        f"`{row.name}`", row.unit, row.type, limits, ", ".join(row.channels), row.ttn,
        row.device_class, row.description,
    )  # fmt: skip


def _limit(value: float) -> str:
    return "2^53" if value == 2.0**53 else f"{value:,.15g}"


def unit_table() -> str:
    """The units, with how a name ends."""
    return _table(
        ("unit", "ends in", "UCUM"),
        ((unit.sign, f"`_{unit.suffix}`", unit.ucum) for unit in UNITS.values()),
    )


def device_tables() -> str:
    """The devices of other makers, a table per maker."""
    vectors = _vector_counts()
    makers: dict[str, list[Decoder]] = {}
    for decoder in DECODERS.values():
        if decoder.about is not None:
            makers.setdefault(decoder.about.vendor, []).append(decoder)
    return "\n\n".join(
        f"## {maker}\n\n{_device_table(makers[maker], vectors)}"
        for maker in sorted(makers, key=str.lower)
    )


def _device_table(decoders: Iterable[Decoder], vectors: Mapping[str, Mapping[str, int]]) -> str:
    head = ("model", "decoder", "FPort", "measurements", "measures", "vectors", "source")
    return _table(
        head, (_device_row(decoder, vectors.get(decoder.name, {})) for decoder in decoders)
    )


def _device_row(decoder: Decoder, vectors: Mapping[str, int]) -> Sequence[str]:
    about = decoder.about
    if about is None:
        raise ValueError(decoder.name)
    names = [f"`{quantity.name}`" for quantity in decoder.quantities]
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    counts = ", ".join(f"{count} {origin}" for origin, count in sorted(vectors.items()))
    return (
        ", ".join(about.models), f"`{decoder.name}`", ports_text(decoder.f_ports),
        ", ".join(f"`{name}`" for name in about.measurements), shown, counts, about.source,
    )  # fmt: skip


def _vector_counts() -> dict[str, dict[str, int]]:
    """How many vectors there are of each origin, by decoder."""
    counts: dict[str, dict[str, int]] = {}
    for file in sorted(VECTORS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            vector = json.loads(line)
            for name in (vector["decoder"], *vector.get("also", ())):
                of_decoder = counts.setdefault(name, {})
                of_decoder[vector["origin"]] = of_decoder.get(vector["origin"], 0) + 1
    return counts


def family_sections() -> str:
    """All of the city's families."""
    return "\n\n".join(family_section(layout) for layout in LAYOUTS)


def families_table(layouts: Iterable[Layout]) -> str:
    """Name the decoder and the ports of each family."""
    return _table(
        ("family", "decoder and measurement", "FPort of reports", "FPort of stored samples"),
        ((x.title, f"`{x.name}`", str(x.f_port), str(x.stored_f_port)) for x in layouts),
    )


def family_section(layout: Layout) -> str:
    """Describe one family: its fields by bit, then the bits of its flags."""
    parts = [
        f"### {layout.title}, FPort {layout.f_port}",
        _table(
            ("bit", "field", "type", "scale", "unit", "range", "meaning"),
            (_field_row(bit, field) for bit, field in enumerate(layout.fields)),
        ),
    ]
    for field in layout.fields:
        if isinstance(field, Flags):
            parts += [f"The bits of `{field.name}`, each a boolean field:", _flags_table(field)]
    return "\n\n".join(parts)


def _field_row(bit: int, field: Field) -> Sequence[str]:
    name, width = f"`{field.name}`", field.width.name
    if isinstance(field, Number):
        limits = f"{field.low:,.15g} to {field.high:,.15g}"
        return (str(bit), name, width, field.scale, field.unit, limits, field.description)
    kind = f"{width} flags" if isinstance(field, Flags) else f"{width} tag"
    return (str(bit), name, kind, "", "", "", field.description)


def _flags_table(field: Flags) -> str:
    return _table(
        ("bit", "field", "meaning"),
        ((str(bit), f"`{flag.name}`", flag.description) for bit, flag in enumerate(field.flags)),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _replace(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- begin generated: {name} -->", f"<!-- end generated: {name} -->"
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the page lacks the marker {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


PARTS: Mapping[str, Callable[[], str]] = {
    "families": lambda: families_table(LAYOUTS),
    "tables": family_sections,
    "quantities": quantity_tables,
    "units": unit_table,
    "devices": device_tables,
}
"""What can stand between markers, by name."""

if __name__ == "__main__":
    sys.exit(main())
