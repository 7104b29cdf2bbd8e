"""What was sent: each uplink with the readings and time that the database must have; and when nobody could hear.

A frame over MQTT counts from the moment its broker acknowledged it to the publisher. A frame over UDP or from a
modem is at most once: it may be missing when it was sent while its way in was closed, and only then.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from hil.simulators.fleet import Uplink

Way = Literal["gateways", "roof", "modem"]
"""The sources by their names in the configuration."""
AT_MOST_ONCE: tuple[Way, ...] = ("roof", "modem")

UNCOMMITTED_S = 1.5
"""What came so shortly before a kill may not have been on disk: commits wait 0.2 s, and a busy disk longer."""
Value = float | bool | str
Fields = tuple[tuple[str, Value], ...]
Tags = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Sent:
    """One uplink of one device."""

    way: Way
    at: float
    """Unix time at which it was given to its way in."""
    measurement: str
    tags: Tags
    fields: Fields
    time_ns: int | None
    """The time that its readings must have; None where that of its reception here counts."""
    receivers: frozenset[str]
    """Who heard it: each gives one link reading."""
    owed: set[str] = field(default_factory=set)
    """Receivers whose message the broker has acknowledged; over UDP and serial all."""


class Book:
    """Everything that was sent in a run, and when which way was closed."""

    def __init__(self, site: str, tags_of: dict[str, dict[str, str]]) -> None:
        self.sent: dict[str, dict[int, Sent]] = {device: {} for device in tags_of}
        """By device and counter."""
        self.began = time.time()
        self._site = site
        self._tags_of = tags_of
        self._closed: dict[Way, list[list[float]]] = {way: [] for way in AT_MOST_ONCE}

    def note(self, uplink: Uplink, way: Way, receivers: Iterable[str], *, timed: bool) -> Sent:
        """An uplink is about to be sent; `timed` when its gateway says when it heard it."""
        (reading,) = uplink.readings
        fields: dict[str, Value] = dict(reading.fields)
        if reading.faults:
            fields["faults"] = ",".join(reading.faults)
        if reading.out_of_range:
            fields["out_of_range"] = ",".join(reading.out_of_range)
        tags = {
            **self._tags_of[uplink.device],
            **reading.tags,
            "site": self._site,
            "device": uplink.device,
            "dev_eui": uplink.dev_eui,
        }
        sent = Sent(
            way=way,
            at=time.time(),
            measurement=reading.measurement,
            tags=tuple(sorted(tags.items())),
            fields=tuple(sorted(fields.items())),
            time_ns=round(uplink.at * 1000) * 10**6 if timed else None,
            receivers=frozenset(receivers),
        )
        self.sent[uplink.device][uplink.f_cnt] = sent
        return sent

    def count(self, way: Way) -> int:
        """Uplinks sent by this way."""
        return sum(sent.way == way for of in self.sent.values() for sent in of.values())

    # -- when nobody could hear ---------------------------------------------------------------------------

    def close(self, way: Way, since: float | None = None) -> None:
        """From now on (or from a Unix time on) what is sent by this way may be missing."""
        since = time.time() if since is None else since
        windows = self._closed[way]
        if not windows or windows[-1][1] != _OPEN:
            windows.append([since, _OPEN])

    def open(self, way: Way) -> None:
        """From now on it has to arrive."""
        windows = self._closed[way]
        if windows and windows[-1][1] == _OPEN:
            windows[-1][1] = time.time()

    def is_closed(self, way: Way) -> bool:
        """Whether it is closed at this moment."""
        return bool(self._closed[way]) and self._closed[way][-1][1] == _OPEN

    def may_be_missing(self, sent: Sent) -> bool:
        """Whether it was sent while its way was closed."""
        if sent.way == "gateways":
            return False
        return any(since <= sent.at <= until for since, until in self._closed[sent.way])

    def closed_s(self, way: Way) -> float:
        """Seconds for which it was closed."""
        now = time.time()
        return sum(min(until, now) - since for since, until in self._closed[way])


_OPEN = float("inf")
