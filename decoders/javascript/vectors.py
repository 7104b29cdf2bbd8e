"""Vectors of codecs as people publish them: a payload, and what the codec has to say of it. Pure.

    examples.json of TS013     [{"type": "uplink", "description": ..., "input": {"bytes": "0a1b", "fPort": 2,
                                 "recvTime": ...}, "output": {"data": {...}}}]
    The Things Network         {"uplinkDecoder": {"examples": [...]}}: its device repository's YAML, made JSON
    as short as it can be      {"fPort": 2, "bytes": "0a1b", "data": {...}}, one object, a list, or one a line

Bytes are hex or a list of numbers. `expected` is as good as `output`, `f_port` as `fPort`, `payload` as `bytes`.
What is no uplink is counted and left out: this program encodes no downlinks.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

_LISTS = ("examples", "vectors", "uplinks")
_NAMES = ("description", "name", "case")
_PORTS = ("fPort", "f_port", "port")
_BYTES = ("bytes", "payload", "hex")
_TIMES = ("recvTime", "received_at")
_ANSWERS = ("output", "expected")
_WORDS = ("data", "errors", "warnings")
SHORT = '{"fPort": 2, "bytes": "0a1b", "data": {"temperature": 21.5}}'
"""A vector, for who has none."""


class BadVectors(ValueError):
    """What is there are no vectors; the text says where and what to write."""


class Vector(NamedTuple):
    """One payload and what is expected of it."""

    name: str
    f_port: int
    payload: bytes
    received_at: datetime | None
    expected: Mapping[str, Any]
    """Any of data, errors and warnings; what is not there is not compared."""


class Vectors(NamedTuple):
    """Of one file."""

    uplinks: tuple[Vector, ...]
    others: int = 0
    """Examples of downlinks."""


def read_vectors(text: str) -> Vectors:
    """The vectors of a file's text.

    Raises:
        BadVectors: it holds something else.
    """
    uplinks = []
    others = 0
    for number, entry in enumerate(_entries(text), 1):
        if not isinstance(entry, dict):
            raise BadVectors(f"vector {number} is no object; write {SHORT}")
        if entry.get("type", "uplink") != "uplink":
            others += 1
            continue
        try:
            uplinks.append(_vector(entry, number))
        except ValueError as error:
            raise BadVectors(f"vector {number}: {error}") from None
    return Vectors(tuple(uplinks), others)


def _entries(text: str) -> list[Any]:
    if not text.strip():
        raise BadVectors(f"it is empty; write {SHORT}")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as whole:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError:
            raise BadVectors(f"it is neither JSON nor JSON line by line: {whole}") from None
    except RecursionError:
        raise BadVectors("it is nested too deep") from None
    if isinstance(document, dict):
        if isinstance(document.get("uplinkDecoder"), dict):
            document = document["uplinkDecoder"]
        named = next((document[key] for key in _LISTS if isinstance(document.get(key), list)), None)
        return [document] if named is None else named
    return document if isinstance(document, list) else [document]


def _vector(entry: dict[str, Any], number: int) -> Vector:
    given = entry.get("input", entry)
    if not isinstance(given, dict):
        raise ValueError("input is no object")
    name, _ = _first(entry, _NAMES)
    f_port, key = _first(given, _PORTS)
    if not isinstance(f_port, int) or isinstance(f_port, bool) or not 0 <= f_port <= 255:
        raise ValueError(f"{key} is {_short(f_port)}; write the payload's port as a number")
    payload = _payload(*_first(given, _BYTES))
    return Vector(
        name=str(name).encode(errors="replace").decode() if name else f"vector {number}",
        f_port=f_port,
        payload=payload,
        received_at=_time(_first(given, _TIMES)[0]),
        expected=_expected(entry),
    )


def _first(table: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Any, str]:
    """(value, key) of the first of the keys that is there; None and the first key when none is."""
    return next(((table[key], key) for key in keys if key in table), (None, keys[0]))


def _payload(value: object, key: str) -> bytes:
    try:
        if isinstance(value, str):
            return bytes.fromhex(value)
        if isinstance(value, list) and not any(isinstance(one, bool) for one in value):
            return bytes(value)
    except (ValueError, TypeError):
        pass
    raise ValueError(f"{key} is {_short(value)}; write hex, or a list of numbers of 0 to 255")


def _time(value: object) -> datetime | None:
    """The time of a vector; None where it is left open, as in `XXXX-XX-XX`."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _expected(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    answer, key = _first(entry, _ANSWERS)
    if answer is None:
        answer, key = {word: entry[word] for word in _WORDS if word in entry}, "data"
    if not isinstance(answer, dict):
        raise ValueError(f"{key} is {_short(answer)}; write what the codec returns")
    if not answer:
        raise ValueError('it does not say what is expected; write "data" or "errors"')
    return answer if any(word in answer for word in _WORDS) else {"data": answer}


def _short(value: object) -> str:
    return "missing" if value is None else json.dumps(value)[:60]
