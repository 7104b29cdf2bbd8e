"""The Things Stack's JSON of end devices, as its console and `end-devices list` export it.

    {"ids": {"device_id": "...", "dev_eui": "...", "join_eui": "..."}, "name": "...", "supports_join": true,
     "root_keys": {"app_key": {"key": "..."}, "nwk_key": {"key": "..."}},
     "session": {"dev_addr": "...", "keys": {"app_s_key": {"key": "..."}, "f_nwk_s_int_key": {"key": "..."}, ...}}}

One object after the other, or an array of them.

Source: The Things Stack, "JSON File Reference"; its API, message EndDevice.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from gateway.config.bulk.proposal import (
    Parsed,
    Proposal,
    Unreadable,
    as_session_1_0,
    without_session_of_a_join,
)
from gateway.device import KEY_NAMES

_PLACES = {
    "id": ("ids", "device_id"),
    "name": ("name",),
    "dev_eui": ("ids", "dev_eui"),
    "join_eui": ("ids", "join_eui"),
    "app_key": ("root_keys", "app_key", "key"),
    "nwk_key": ("root_keys", "nwk_key", "key"),
    "dev_addr": ("session", "dev_addr"),
} | {key: ("session", "keys", key, "key") for key in KEY_NAMES[:5]}

_BLANK = re.compile(r"\s*")


def is_it(text: str) -> bool:
    """Whether the text begins as JSON does."""
    return text.lstrip()[:1] in ("{", "[")


def parse(text: str) -> Parsed:
    """Every end device as a proposal.

    Raises:
        ValueError: it is no JSON; the message has the line.
    """
    found: list[Proposal] = []
    unreadable: list[Unreadable] = []
    for line, document in _documents(text):
        if not isinstance(document, dict) or not isinstance(document.get("ids"), dict):
            unreadable.append(Unreadable(line, "is no end device of The Things Stack"))
            continue
        values = {key: value for key, place in _PLACES.items() if (value := _at(document, place))}
        called = (values.pop("name", ""), values.pop("id", ""))
        as_session_1_0(values)
        without_session_of_a_join(values)
        found.append(Proposal(line, values, called=called[0] or called[1]))
    return Parsed(found, unreadable)


def _documents(text: str) -> Iterator[tuple[int, Any]]:
    """(line, document) of each."""
    decoder = json.JSONDecoder()
    place, line = 0, 1
    while True:
        blank = _BLANK.match(text, place)
        begins = blank.end() if blank else place
        if begins == len(text):
            return
        line += text.count("\n", place, begins)
        try:
            document, end = decoder.raw_decode(text, begins)
        except RecursionError as error:
            raise ValueError("is nested too deeply") from error
        except json.JSONDecodeError as error:
            raise ValueError(f"line {error.lineno}: is no JSON ({error.msg})") from error
        for each in document if isinstance(document, list) else [document]:
            yield line, each
        line += text.count("\n", begins, end)
        place = end


def _at(document: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None
