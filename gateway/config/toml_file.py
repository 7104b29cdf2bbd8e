"""A TOML file read with a cap, its faults named by file and line."""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|(end of document))\)$")


def read(path: Path, bytes_max: int) -> tuple[dict[str, Any], int]:
    """The file as a dictionary, and its permission bits at the moment of reading.

    Raises:
        ConfigError: it cannot be read, is larger than `bytes_max`, or is not TOML.
    """
    try:
        # A pipe must not hold up a daemon that reads its devices again: nobody may ever write into it.
        with open(path, "rb", opener=_opened_at_once) as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(bytes_max + 1) if stat.S_ISREG(mode) else None
    except FileNotFoundError as error:
        raise ConfigError(path, "file", None, "there is no such file") from error
    except OSError as error:
        raise ConfigError(path, "file", None, f"cannot be read: {error.strerror}") from error
    if raw is None:
        raise ConfigError(path, "file", None, "is no plain file")
    if len(raw) > bytes_max:
        raise ConfigError(path, "file", None, f"is larger than {bytes_max:,} bytes")
    try:
        # -sig: editors on Windows put a byte-order mark before UTF-8
        return tomllib.loads(raw.decode("utf-8-sig")), stat.S_IMODE(mode)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            path, f"line {line}", None, "is not UTF-8; save the file as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, str(error)) from error
    except RecursionError as error:
        raise ConfigError(path, "file", None, "is nested too deeply") from error
    except ValueError as error:  # what Python refuses beyond TOML: sys.int_info, 4300 digits
        raise ConfigError(path, "file", None, "has a number of thousands of digits") from error


def _opened_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _not_toml(path: Path, message: str) -> ConfigError:
    """The parser's own words name the rule but no content of the file, so they may be shown."""
    found = _PLACE.search(message)
    place = "file"
    if found:
        place = "last line" if found[3] else f"line {found[1]}, column {found[2]}"
    return ConfigError(path, place, None, f"is not TOML: {_PLACE.sub('', message)}")
