"""`[[sources.KIND]]` and `[[sinks.KIND]]`: finds the kind in the registry and checks each table with its section.

Only the kinds that the file names are imported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.config.faults import Faults, did_you_mean, dotted
from gateway.config.sections import plain_name
from gateway.registry import SINKS, SOURCES, Entry
from gateway.settings import SinkSection, SourceSection

INSTANCES_MAX = 64
"""Of one kind: far more than one machine serves, small enough that a generated file fails early."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One configured way in."""

    kind: str
    """As in `gateway.registry.SOURCES`."""
    name: str
    section: SourceSection
    key: str = ""
    """Its table in the file, as sources.mqtt[0]."""


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """One configured way out."""

    kind: str
    """As in `gateway.registry.SINKS`."""
    name: str
    section: SinkSection
    key: str = ""
    """Its table in the file, as sinks.influxdb[0]."""


def sources(document: Mapping[str, Any], path: Path, faults: Faults) -> tuple[SourceConfig, ...]:
    """Every `[[sources.*]]` that is right, in the order of the file; what is wrong is noted."""
    found = []
    for table in _tables(document, "sources", SOURCES, path, faults):
        name = table.given_name or table.derived_name
        section = table.checked(name, path, faults)
        if section is not None:
            found.append(SourceConfig(table.kind, name, section, table.key))
    return tuple(found)


def sinks(document: Mapping[str, Any], path: Path, faults: Faults) -> tuple[SinkConfig, ...]:
    """Every `[[sinks.*]]` that is right, in the order of the file; what is wrong is noted."""
    found = []
    for place, table in enumerate(_tables(document, "sinks", SINKS, path, faults)):
        if place and not table.given_name:
            why = "is missing; from the second sink on a name is needed, it is the sink's place in the store"
            faults.add(path, f"{table.key}.name", None, why)
            continue
        name = table.given_name or table.derived_name
        section = table.checked(name, path, faults)
        if section is not None:
            found.append(SinkConfig(table.kind, name, section, table.key))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a list, before it is checked."""

    key: str
    kind: str
    entry: Entry
    content: dict[str, Any]
    given_name: str
    derived_name: str

    def checked(self, name: str, path: Path, faults: Faults) -> Any:
        """The section, None when something in it is wrong."""
        model = self.entry.load_section()
        try:
            return model.model_validate(
                {**self.content, "name": name}, context={"base": path.parent}
            )
        except ValidationError as invalid:
            faults.add_all(path, self.key, invalid, model)
        return None


def _tables(
    document: Mapping[str, Any], group: str, known: Mapping[str, Entry], path: Path, faults: Faults
) -> Iterator[_Table]:
    """The tables of a group with names that are good and unlike each other."""
    kinds = document.get(group, {})
    if not isinstance(kinds, dict):
        faults.add(
            path, group, None, f"write [[{group}.{next(iter(known))}]] with the kind in the name"
        )
        return
    taken: dict[str, str] = {}
    for kind, tables in kinds.items():
        if kind not in known:
            faults.add(
                path, dotted(group, [kind]), None, "unknown kind; " + did_you_mean(kind, known)
            )
        elif not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            faults.add(
                path, f"{group}.{kind}", None, f"write [[{group}.{kind}]] in double brackets"
            )
        elif len(tables) > INSTANCES_MAX:
            faults.add(path, f"{group}.{kind}", None, f"at most {INSTANCES_MAX} of a kind")
        else:
            for index, content in enumerate(tables):
                table = _named(f"{group}.{kind}[{index}]", kind, index, known[kind], content)
                if _name_is_free(table, taken, path, faults):
                    yield table


def _named(key: str, kind: str, index: int, entry: Entry, content: dict[str, Any]) -> _Table:
    given = content.get("name") or ""
    derived = kind if index == 0 else f"{kind}-{index + 1}"
    return _Table(key, kind, entry, content, given, derived)


def _name_is_free(table: _Table, taken: dict[str, str], path: Path, faults: Faults) -> bool:
    name = table.given_name or table.derived_name
    key = f"{table.key}.name"
    try:
        plain_name(name)
    except (ValueError, TypeError) as error:
        words = str(error) if isinstance(error, ValueError) else "write it as text in quotes"
        faults.add(path, key, name, words)
        return False
    if name in taken:
        faults.add(
            path, key, name, f"is also the name of {taken[name]}; give each a name of its own"
        )
        return False
    taken[name] = table.key
    return True
