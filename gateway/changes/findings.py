"""What a run of `redecode` found, as counts and examples: it fits a screen, however many rows there were."""

from collections import Counter
from typing import Any

from decoders.contract import FieldValue
from gateway.changes.recovered import Recovered
from gateway.pipeline.readings import LINK
from gateway.pipeline.redecode import Difference, Key, other_values
from gateway.store.kept_rows import Kept

EXAMPLES_MAX = 5
"""Of each kind."""
VANISHED_SHOWN_MAX = 100
"""Vanished points listed; all of them are counted."""


class Findings:
    """Gathers while rows are looked at."""

    def __init__(self, *, apply: bool) -> None:
        self._apply = apply
        self.looked = 0
        self.written = 0
        self._rows = 0
        self._outcomes: Counter[str] = Counter()
        self._points: Counter[str] = Counter(
            new=0, changed=0, vanished=0, with_vanished_fields=0, left_behind=0
        )
        self._fields: Counter[str] = Counter()
        self._changed: list[dict[str, Any]] = []
        self._new: list[dict[str, Any]] = []
        self._vanished: list[dict[str, Any]] = []

    def recovered(self, one: Recovered) -> None:
        """A refused frame is something now."""
        record = one.record
        self._rows += 1
        self._outcomes[f"{one.before}>{record.outcome}"] += 1
        new = [reading for reading in record.readings if reading.series.measurement != LINK]
        self._points["new"] += len(new)
        for reading in new[:1]:
            fields = dict(zip(reading.series.fields, reading.values, strict=True))
            key = reading.series.measurement, reading.series.tags, reading.time_ns
            self._example(one.seq, record.device, key, None, fields)

    def amended(self, row: Kept, found: Difference) -> None:
        """An uplink gives something else now."""
        self._rows += 1
        if row.outcome != found.outcome:
            self._outcomes[f"{row.outcome}>{found.outcome}"] += 1
        device = row.record.device
        now = {
            (one.series.measurement, one.series.tags, one.time_ns): dict(
                zip(one.series.fields, one.values, strict=True)
            )
            for one in found.readings
        }
        for key, before, fields in found.changed:
            self._points["changed"] += 1
            names = other_values(before, fields)
            self._fields.update(f"{key[0]}.{name}" for name in names)
            self._example(row.seq, device, key, _of(before, names), _of(fields, names))
        for key in found.new:
            self._points["new"] += 1
            self._example(row.seq, device, key, None, now[key])
        self._points["with_vanished_fields"] += len(found.lost_fields)
        self._points["left_behind"] += len(found.left_behind)
        for key in found.vanished:
            self._points["vanished"] += 1
            if len(self._vanished) < VANISHED_SHOWN_MAX:
                self._vanished.append({"seq": row.seq} | _point(key))

    def counts(self) -> dict[str, int]:
        """For one log line."""
        return {"rows": self._rows, **self._points}

    def document(self) -> dict[str, Any]:
        """All of it as JSON-able values."""
        return {
            "applied": self._apply,
            "looked_at": self.looked,
            "rows": self._rows,
            "written": self.written,
            "outcomes": dict(self._outcomes.most_common()),
            "points": dict(self._points),
            "fields": dict(self._fields.most_common()),
            "examples": self._changed + self._new,
            "vanished": self._vanished,
        }

    def _example(
        self,
        seq: int,
        device: str | None,
        key: Key,
        before: dict[str, FieldValue] | None,
        now: dict[str, FieldValue],
    ) -> None:
        examples = self._new if before is None else self._changed
        if len(examples) < EXAMPLES_MAX:
            examples.append(
                {"seq": seq, "device": device} | _point(key) | {"before": before, "now": now}
            )


def _of(fields: dict[str, FieldValue], names: list[str]) -> dict[str, FieldValue]:
    return {name: fields[name] for name in names if name in fields}


def _point(key: Key) -> dict[str, Any]:
    measurement, tags, time_ns = key
    return {"measurement": measurement, "tags": dict(tags), "time_ns": time_ns}
