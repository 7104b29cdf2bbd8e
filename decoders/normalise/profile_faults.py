"""What is wrong with a profile, as key, value and what to write instead."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple


class ProfileFault(NamedTuple):
    """One thing that is wrong with a profile."""

    key: str
    """As people write it: `fields.BatV.scale`."""
    value: object
    """What stands there; None where nothing does, or where it is a table."""
    remedy: str
    """What to write instead."""


class ProfileRefused(ValueError):
    """A profile that cannot be used; all faults of it."""

    def __init__(self, faults: Iterable[ProfileFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.key}: {fault.remedy}" for fault in self.faults))


def check_keys(
    where: str, table: Mapping[str, object], known: tuple[str, ...], faults: list[ProfileFault]
) -> None:
    """Note every key that is not known."""
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            remedy = f'did you mean "{near[0]}"?' if near else "known here: " + ", ".join(known)
            called = f"{where}.{quoted(key)}" if where else quoted(key)
            faults.append(ProfileFault(called, None, f"unknown key; {remedy}"))


def quoted(key: str) -> str:
    """A key as TOML wants it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'
