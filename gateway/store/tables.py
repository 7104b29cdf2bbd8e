"""The small tables that rows point at: names, series, boots, field types. Kept in memory, written with the
commit that first uses an entry, so that a frame row holds numbers instead of texts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import apsw

from decoders.contract import FieldValue
from gateway.model import Series

RECEIVERS_MAX = 20_000
"""Bound of the name table for receivers, which come from unauthenticated datagrams: later ones are only in
the row's radio metadata. Names of devices, sources and measurements come from the configuration."""
IDENTITIES_MAX = 100_000
"""Bound of the short cut by address, which keeps its objects alive."""


@dataclass(slots=True)
class NewEntries:
    """What was interned since the last commit, as rows to insert."""

    names: list[tuple[int, str]] = field(default_factory=list)
    series: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    types: list[tuple[str, str, str]] = field(default_factory=list)

    def extend(self, later: "NewEntries") -> None:
        """Add what was interned after these."""
        self.names += later.names
        self.series += later.series
        self.types += later.types


class Tables:
    """Interned texts and series with their row ids. Event loop only, but for reading by id."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.names: dict[str, int] = {}
        self.texts: dict[int, str] = {}
        self.series_ids: dict[Series, int] = {}
        self.series: dict[int, Series] = {}
        self.series_device: dict[int, int] = {}
        self.types: dict[tuple[str, str], str] = {}
        self._by_identity: dict[int, tuple[Series, int]] = {}
        """Hashing a series costs more than packing its reading: the same object is found by its address."""
        self.new = NewEntries()
        self.refresh(connection)

    def refresh(self, connection: apsw.Connection) -> None:
        """Read what the file has beyond what is known (readers do it before they resolve ids)."""
        known = max(self.texts, default=0)
        for row_id, text in connection.execute("SELECT id, text FROM name WHERE id > ?", (known,)):
            self.names[text] = row_id
            self.texts[row_id] = text
        known = max(self.series, default=0)
        query = "SELECT id, device, measurement, tags, fields FROM series WHERE id > ?"
        for row_id, device, measurement, tags, fields in connection.execute(query, (known,)):
            series = Series(
                measurement, tuple((k, v) for k, v in json.loads(tags)), tuple(json.loads(fields))
            )
            self.series_ids[series] = row_id
            self.series[row_id] = series
            self.series_device[row_id] = device
        for measurement, name, kind in connection.execute("SELECT * FROM field_type"):
            self.types[measurement, name] = kind

    def name_id(self, text: str) -> int:
        """The id of a name that the configuration bounds: of a device, a source, a measurement."""
        found = self.names.get(text)
        if found is None:
            found = len(self.names) + 1
            self.names[text] = found
            self.texts[found] = text
            self.new.names.append((found, text))
        return found

    def receiver_id(self, text: str) -> int | None:
        """The id of a receiver; None for a new one when the table is full."""
        found = self.names.get(text)
        if found is None and len(self.names) < RECEIVERS_MAX:
            return self.name_id(text)
        return found

    def series_id(self, series: Series, device: str, values: Sequence[FieldValue]) -> int:
        """The id of a series of this device; `values` tell its field types when it is new."""
        known = self._by_identity.get(id(series))
        if known is not None and known[0] is series:
            return known[1]
        found = self.series_ids.get(series)
        if found is None:
            found = len(self.series) + 1
            device_id = self.name_id(device)
            self.name_id(series.measurement)  # blocks will name it by its id
            self.series_ids[series] = found
            self.series[found] = series
            self.series_device[found] = device_id
            self.new.series.append((
                found, device_id, series.measurement,
                json.dumps(series.tags, ensure_ascii=False), json.dumps(series.fields, ensure_ascii=False),
            ))  # fmt: skip
            for name, value in zip(series.fields, values, strict=True):
                if (series.measurement, name) not in self.types:
                    kind = type(value).__name__
                    self.types[series.measurement, name] = kind
                    self.new.types.append((series.measurement, name, kind))
        if len(self._by_identity) >= IDENTITIES_MAX:
            self._by_identity.clear()
        self._by_identity[id(series)] = (series, found)
        return found

    def take_new(self) -> NewEntries:
        """What the next commit must insert."""
        taken, self.new = self.new, NewEntries()
        return taken
