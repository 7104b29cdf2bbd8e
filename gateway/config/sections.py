"""The sections of the file that belong to no plugin: `[gateway]`, `[store]` and `[web]`.

Field names are the keys of the file; durations are seconds and sizes bytes once they are read. Their
defaults stand here as the file would say them, and go through the same validators: hence the ignored types.
"""

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from gateway.config.faults import did_you_mean
from gateway.config.tag_rules import name_fault, value_fault
from gateway.lorawan.region import ALIASES, REGIONS
from gateway.settings import Duration, FilePath, Section, Size, duration_s, size_bytes

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def plain_name(value: str) -> str:
    """The name as given, when it can stand in logs, topics and tags as it is.

    Raises:
        ValueError: it holds anything but letters, digits, `_`, `.` and `-`.
    """
    if not _NAME.fullmatch(value):
        raise ValueError(
            "write 1 to 64 letters, digits, _ . or -, beginning with a letter or digit"
        )
    return value


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, tuple):  # the default
        return value
    if not isinstance(value, dict):
        raise ValueError('write a table: { site = "city-hall" }')
    for name, text in value.items():
        fault = name_fault(name) or value_fault(text)
        if fault:
            raise ValueError(f"tag {name[:64]!r}: {fault}")
    return tuple(sorted(value.items()))


def _between(unit: Callable[[object], float], low: str, high: str) -> AfterValidator:
    """A validator of a quantity that has been read, its bounds as the file would write them."""

    def check(value: float) -> float:
        if not unit(low) <= value <= unit(high):
            raise ValueError(f'write something from "{low}" to "{high}"')
        return value

    return AfterValidator(check)


Tags = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_tags)]
"""Sorted by name; a table in the file."""


def _host_name() -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", os.uname().nodename).strip("-_.")
    return name[:64] or "gateway"


class GatewaySection(Section):
    """What this box is and whom it trusts for the time."""

    name: Annotated[str, AfterValidator(plain_name)] = Field(default_factory=_host_name)
    """This box: tag `host` of link readings. The machine's name when not given."""
    region: str | None = None
    """The LoRaWAN channel plan, such as "AS923-1"; None when nobody said."""
    devices: FilePath | None = None
    """The devices file."""
    keys_file: FilePath | None = None
    """Keys of devices kept apart from the devices file; mode 0600."""
    tags: Tags = ()
    """Added to every reading."""
    timezone: str = "UTC"
    """For days and months in reports; data is UTC."""
    backfill_max: Duration = "7 days"  # type: ignore[assignment]
    """How old a gateway's own time of a frame may be, seconds."""
    clock_trust: Literal["auto", "ntp", "rtc", "gps", "operator"] = "auto"
    """What makes this machine's clock right."""
    clock_wait: Duration = "1 h"  # type: ignore[assignment]
    """How long readings wait for an untrusted clock to be set, seconds."""
    clock_never: Literal["send_flagged", "dead_letter"] = "send_flagged"
    """What becomes of them after that."""

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        known = [*REGIONS, *ALIASES]
        if value is not None and value not in known:
            raise ValueError("no such region; " + did_you_mean(value, known))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value == "UTC":
            return value
        try:
            ZoneInfo(value)
        except (OSError, ValueError, LookupError) as error:
            near = difflib.get_close_matches(value, available_timezones(), n=1)
            guess = (
                f'did you mean "{near[0]}"?' if near else 'write Area/City, such as "Asia/Bangkok"'
            )
            raise ValueError(f"is not known on this machine; {guess}") from error
        return value


class StoreSection(Section):
    """The one file that is queue, database and history."""

    path: FilePath = Path("/var/lib/lora-gateway/store.db")
    size_max: Annotated[Size, _between(size_bytes, "1 MB", "1 TB")] = "1 GiB"  # type: ignore[assignment]
    """Ceiling in bytes, WAL and reserve included."""
    age_max: Annotated[Duration, _between(duration_s, "1 s", "36500 days")] = "90 days"  # type: ignore[assignment]
    """How long settled history is kept, seconds."""
    when_full: Literal["refuse", "drop_oldest"] = "refuse"
    """Concerns readings not yet settled; settled history always goes first."""
    commit_interval: Annotated[Duration, _between(duration_s, "1 ms", "10 s")] = "200 ms"  # type: ignore[assignment]
    """Longest wait for a group commit, seconds."""


class WebSection(Section):
    """The status page."""

    listen: str = "127.0.0.1:8480"
    """Address and port."""

    @field_validator("listen")
    @classmethod
    def _address_and_port(cls, value: str) -> str:
        listen_address(value)
        return value


def listen_address(value: str) -> tuple[str, int]:
    """Host and port of text such as "127.0.0.1:8480" or "[::1]:8480".

    Raises:
        ValueError: no port, or a port that does not exist; the message says what to write.
    """
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError('write address and port, such as "127.0.0.1:8480"')
    return host, int(port)


def is_loopback(listen: Any) -> bool:
    """Whether only this machine can reach a listener at this address."""
    host = str(listen).rpartition(":")[0].strip("[]")
    return host in ("localhost", "::1") or host.startswith("127.")
