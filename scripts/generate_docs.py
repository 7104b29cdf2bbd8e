#!/usr/bin/env python3
"""Write the tables of docs/sensor-payloads.md from the tables that decode the payloads.

    scripts/generate_docs.py            writes the page
    scripts/generate_docs.py --check    writes nothing, exits 1 when the page is out of step

What stands between `<!-- begin generated: NAME -->` and `<!-- end generated: NAME -->` is generated, the
rest of the page is written by hand.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from decoders.layout import Field, Flags, Layout, Number
from decoders.city.families import LAYOUTS

PAGE = Path(__file__).parents[1] / "docs" / "sensor-payloads.md"


def main() -> int:
    """Write or check the page; exit code 1 when `--check` finds a difference."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 if out of step"
    )
    arguments.add_argument(
        "--page", type=Path, default=PAGE, help="default: docs/sensor-payloads.md"
    )
    options = arguments.parse_args()
    found = options.page.read_text(encoding="utf-8")
    wanted = with_tables(found)
    if found == wanted:
        return 0
    if options.check:
        print(f"{options.page} is out of step with decoders/city: run scripts/generate_docs.py")
        return 1
    options.page.write_text(wanted, encoding="utf-8")
    return 0


def with_tables(page: str) -> str:
    """Return the page with its generated parts written anew.

    Raises:
        ValueError: a marker is missing.
    """
    page = _replace(page, "families", families_table(LAYOUTS))
    return _replace(page, "tables", "\n\n".join(family_section(layout) for layout in LAYOUTS))


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
        raise ValueError(f"the page lacks the marker {begin} or {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
