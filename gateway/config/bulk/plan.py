"""What a list would change: each of its devices against those that there are, and against each other. Pure.

A device of the list is one of the file when it has its DevEUI, or, without one, its name. What the list does not
say stays as it is. What the devices file would refuse is refused here, with the line and the column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.config.bulk.proposal import Parsed, Proposal
from gateway.config.devices import Reader
from gateway.config.faults import Faults
from gateway.config.key_file import KeyRing
from gateway.device import KEY_NAMES

_DIGITS = {*KEY_NAMES, "dev_eui", "join_eui", "dev_addr", "payload_prefix"}
_BETWEEN_DIGITS = str.maketrans("", "", "-: ")


class Outcome(StrEnum):
    """What becomes of a line."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list."""

    line: int
    outcome: Outcome
    name: str
    sentences: tuple[str, ...] = ()
    """Why it is refused, or which keys change."""
    index: int | None = None
    """The place in the file of the device that it is."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is to be written: all of a new device, of a known one what changes."""


@dataclass(slots=True)
class Existing:
    """The devices that there are."""

    path: Path
    """Of the devices file."""
    tables: list[dict[str, Any]]
    """As they are written."""
    keys: Sequence[Mapping[str, str]]
    """By device: its keys in the keys file, in hex."""
    sources: Iterable[str] | None
    """Names that plain LoRa devices may refer to; None when they are not known."""


def plan(existing: Existing, parsed: Parsed, decoder: str = "") -> list[Step]:
    """A step for each line, in their order; `decoder` is for new devices whose line names none."""
    return _Planner(existing, decoder).plan(parsed)


class _Planner:
    def __init__(self, existing: Existing, decoder: str) -> None:
        self._existing = existing
        self._decoder = decoder
        self._faults = Faults()
        self._reader = Reader(existing.path, KeyRing(), existing.sources, self._faults)
        self._by_dev_eui = {
            _plain("dev_eui", table["dev_eui"]): index
            for index, table in enumerate(existing.tables)
            if table.get("dev_eui")
        }
        self._by_name = {
            str(table.get("name")): index for index, table in enumerate(existing.tables)
        }
        self._lines: dict[int, int] = {}
        """The line that has spoken of a device of the file."""

    def plan(self, parsed: Parsed) -> list[Step]:
        places = [self._place(proposal) for proposal in parsed.proposals]
        known = set(places)
        for index, table in enumerate(self._existing.tables):
            if index not in known:
                self._reader.read(f"device[{index}]", table | dict(self._existing.keys[index]))
        steps = [
            Step(line, Outcome.REFUSED, "", (sentence,)) for line, sentence in parsed.unreadable
        ]
        for proposal, place in zip(parsed.proposals, places, strict=True):
            steps.append(self._new(proposal) if place is None else self._known(proposal, place))
        return sorted(steps, key=lambda step: step.line)

    def _place(self, proposal: Proposal) -> int | None:
        dev_eui = proposal.values.get("dev_eui")
        if dev_eui:
            return self._by_dev_eui.get(_plain("dev_eui", dev_eui))
        return self._by_name.get(str(proposal.values.get("name") or proposal.called))

    def _new(self, proposal: Proposal) -> Step:
        values = {key: _plain(key, value) for key, value in proposal.values.items()}
        called = proposal.called or values.get("dev_eui") or values.get("dev_addr") or ""
        values.setdefault("name", called)
        if self._decoder:
            values.setdefault("decoder", self._decoder)
        name = str(values["name"])
        if sentences := self._refused(proposal, values):
            return Step(proposal.line, Outcome.REFUSED, name, sentences)
        return Step(proposal.line, Outcome.ADDED, name, values=values)

    def _known(self, proposal: Proposal, index: int) -> Step:
        table, keys = self._existing.tables[index], self._existing.keys[index]
        name = str(table.get("name"))
        before = table | dict(keys)
        if index in self._lines:
            why = f"is the device of line {self._lines[index]} again"
            return Step(proposal.line, Outcome.REFUSED, name, (why,))
        self._lines[index] = proposal.line
        changes = _changes(before, proposal.values)
        after = before | changes
        if sentences := self._refused(proposal, after):
            return Step(proposal.line, Outcome.REFUSED, name, sentences)
        if not changes:
            return Step(proposal.line, Outcome.SAME, name, index=index)
        return Step(
            proposal.line, Outcome.CHANGED, name, _told(before, changes), index, changes
        )  # fmt: skip

    def _refused(self, proposal: Proposal, values: dict[str, Any]) -> tuple[str, ...]:
        """What the devices file would say against it."""
        before = len(self._faults.found)
        place = f"line {proposal.line}"
        self._reader.read(place, values)
        sentences = []
        for fault in self._faults.found[before:]:
            key = fault.key.removeprefix(f"{place}.").removeprefix(place)
            shown = "" if fault.value is None else f" {fault.value!r}"
            remedy = fault.remedy.partition(" (device ")[0]
            sentences.append(f"{proposal.columns.get(key, key)}{shown}: {remedy}".lstrip(": "))
        return tuple(sentences)


def _plain(key: str, value: Any) -> Any:
    """Digits as the file has them: small, with nothing between."""
    if key in _DIGITS and isinstance(value, str):
        return value.translate(_BETWEEN_DIGITS).lower()
    return value


def _changes(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What a list says that the file does not."""
    changes: dict[str, Any] = {}
    for key, value in values.items():
        old = before.get(key)
        new = {**old, **value} if key == "tags" and isinstance(old, dict) else _plain(key, value)
        if new != _plain(key, old):
            changes[key] = new
    return changes


def _told(before: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[str, ...]:
    """The changes for people; keys without their digits."""
    told = []
    for key, new in changes.items():
        old = before.get(key)
        if key in KEY_NAMES:
            told.append(f"{key}: {'another key' if old else 'new'}")
        else:
            told.append(f"{key}: {new!r}" if old is None else f"{key}: {old!r} becomes {new!r}")
    return tuple(told)
