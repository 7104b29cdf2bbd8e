"""What the items of one record said: values by name, and what could not be read. One of these per reading.

A name that comes twice has what was said last, as in every published codec of such formats.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from decoders.contract import Decoded, FieldValue

Unread = Literal["fault", "out_of_range"]
"""Why a quantity that was sent has no value: its sensor failed, or the value is physically impossible."""

NO_TAGS: Mapping[str, str] = {}


class Findings:
    """Filled by the items of a record, then made into a reading."""

    __slots__ = ("fields", "unread")

    def __init__(self) -> None:
        self.fields: dict[str, FieldValue] = {}
        self.unread: dict[str, Unread] = {}

    def found(self, name: str, value: FieldValue) -> None:
        """The quantity has this value."""
        self.fields[name] = value
        if self.unread:
            self.unread.pop(name, None)

    def missing(self, name: str, why: Unread) -> None:
        """The quantity was sent without a value that could be true."""
        self.unread[name] = why
        self.fields.pop(name, None)

    def reading(
        self, measurement: str, tags: Mapping[str, str] = NO_TAGS, time: datetime | None = None
    ) -> Decoded:
        """Everything that was found, as one reading."""
        faults: tuple[str, ...] = ()
        out_of_range: tuple[str, ...] = ()
        if self.unread:
            faults = tuple(name for name, why in self.unread.items() if why == "fault")
            out_of_range = tuple(name for name in self.unread if name not in faults)
        return Decoded(
            measurement=measurement,
            fields=self.fields,
            tags=tags,
            time=time,
            faults=faults,
            out_of_range=out_of_range,
        )
