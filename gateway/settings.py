"""What every section of the configuration is made of: frozen, unknown keys refused, units in the text.

Each source and sink keeps its own section beside its code (`config.py` of its folder), built on
`Section`; `gateway.config` composes them. Nothing here opens anything but the secret files it is asked for.
"""

import os
import re
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    field_validator,
)

_DURATION_S = {
    "ms": 0.001,
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "week": 604800, "weeks": 604800,
}  # fmt: skip
_SIZE_BYTES = {
    "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def duration_s(value: object) -> float:
    """Seconds from text with a unit, such as "200 ms", "15 min" or "7 days".

    Raises:
        ValueError: no unit, an unknown unit or not text; the message says what to write.
    """
    return _with_unit(value, _DURATION_S, '"200 ms", "15 min" or "7 days"')


def size_bytes(value: object) -> int:
    """Bytes from text with a unit, such as "64 MB" or "1 GiB".

    Raises:
        ValueError: no unit, an unknown unit or not text; the message says what to write.
    """
    return int(_with_unit(value, _SIZE_BYTES, '"64 MB" or "1 GiB"'))


def _with_unit(value: object, units: dict[str, float] | dict[str, int], example: str) -> float:
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in units:
        raise ValueError(f"write it as text with a unit, such as {example}")
    return float(found[1]) * units[found[2]]


Duration = Annotated[float, BeforeValidator(duration_s)]
"""Seconds; text with a unit in the file, so defaults are written as text too and validated."""
Size = Annotated[int, BeforeValidator(size_bytes)]
"""Bytes; text with a unit in the file."""


_NAME_BYTES = 240
"""NAME_MAX of Linux is 255, and beside a file lie others of longer names: its WAL, its lock, a part."""


def _from_base(value: Path, info: ValidationInfo) -> Path:
    if "\0" in str(value):
        raise ValueError("a path holds no zero byte")
    if any(len(os.fsencode(part)) > _NAME_BYTES for part in value.parts):
        raise ValueError(f"has a name of more than {_NAME_BYTES} bytes, which no disk takes")
    return Path(info.context["base"]) / value if info.context else value


FilePath = Annotated[Path, AfterValidator(_from_base)]
"""Absolute, or relative to the folder of the file it is written in (`base` of the validation's context)."""


class Section(BaseModel):
    """A table of the file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )


class SourceSection(Section):
    """What the sections of all sources share."""

    name: str = ""
    """How devices, status and logs call it; derived from its kind and place when it is not given."""


class SinkSection(Section):
    """What the sections of all sinks share."""

    name: str = ""
    """Identity of its position in the store; required from the second sink on."""
    start: Literal["all", "now"] = "all"
    """Where a sink that is new to the store begins: "all" that is kept, or "now"."""
    probe_interval: Duration = "60 s"  # type: ignore[assignment]
    """How often a sink that waits for an operator is tried again, seconds."""

    @field_validator("probe_interval")
    @classmethod
    def _check_probe_interval(cls, value: float) -> float:
        if not 1.0 <= value <= 86400.0:
            raise ValueError('write a time between "1 s" and "1 day"')
        return value


class Secret:
    """A secret in a file of its own, read when it is needed and never printed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str:
        """The file's text without surrounding blanks.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file is empty, or readable by group or others.
        """
        # Of the open file: what was looked at is what is read, also while somebody replaces it.
        with self.path.open(encoding="utf-8") as file:
            if _is_open_to_others(self.path, os.fstat(file.fileno())):
                raise ValueError(
                    f"{self.path} is readable by group or others; run: chmod 600 {self.path}"
                )
            text = file.read().strip()
        if not text:
            raise ValueError(f"{self.path} is empty")
        return text

    def __repr__(self) -> str:
        return "***"


def _is_open_to_others(path: Path, found: os.stat_result) -> bool:
    """Whether more than the owner may read or write a file.

    systemd hands a credential to the service's user by an ACL, which shows as mode 0440: root's file, and of
    root's group only root, or in the credentials folder that nobody else can enter.
    """
    mode = stat.S_IMODE(found.st_mode)
    if mode == 0o440:
        of_root = found.st_uid == found.st_gid == 0
        return not (of_root or str(path.parent) == os.environ.get("CREDENTIALS_DIRECTORY"))
    return bool(mode & 0o077)
