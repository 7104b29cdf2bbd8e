"""One record of a payload: its integers to numbers, its flags, its tag, and what could not be measured.

    integer within the limits of its field      a number of the reading, the float nearest to integer x scale
    the fault sentinel                          no number; the name is in `faults`
    any other                                   no number; the name is in `out_of_range`

Nothing is refused here. A record whose sensors all failed is still a reading. A zero is a measurement.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from decoders.city.plan import Plan
from decoders.contract import Decoded, FieldValue
from decoders.layout import U8


def read_record(
    plan: Plan,
    payload: bytes,
    start: int,
    flags: dict[str, FieldValue],
    time: datetime | None,
) -> Decoded:
    """Read the record that begins at `start`; the payload is long enough, its flags are read already."""
    integers: Sequence[int] = plan.numbers.unpack_from(payload, start)
    if plan.wide:
        integers = _join_wide(integers, plan.wide)
    tags = _read_tag(plan, payload, start)
    fields = flags.copy()
    faults = [] if tags or plan.tag is None else [plan.tag.name]
    out_of_range = []
    for raw, (name, low, high, divisor) in zip(integers, plan.steps, strict=True):
        if low <= raw <= high:
            fields[name] = raw / divisor
        elif raw == plan.sentinels[name]:
            faults.append(name)
        else:
            out_of_range.append(name)
    return Decoded(
        measurement=plan.measurement,
        fields=fields,
        tags=tags,
        time=time,
        faults=tuple(faults),
        out_of_range=tuple(out_of_range),
    )


def _join_wide(integers: Sequence[Any], wide: tuple[tuple[int, bool], ...]) -> list[int]:
    """Make integers of the byte strings at the places of `wide`."""
    joined = list(integers)
    for at, signed in wide:
        joined[at] = int.from_bytes(joined[at], "big", signed=signed)
    return joined


def _read_tag(plan: Plan, payload: bytes, start: int) -> dict[str, str]:
    """Name the thing that the record is about; nothing when the node could not tell which it is."""
    if plan.tag is None:
        return {}
    if plan.tag_at is None:
        return {plan.tag.name: plan.tag.absent}
    number = payload[start + plan.tag_at]
    return {} if number == U8.sentinel else {plan.tag.name: str(number)}
