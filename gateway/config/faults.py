"""Faults of the configuration as sentences: which file, which key, which value, and what to write instead.

All faults are collected and raised together, so that an operator edits once. A value is shown only
when it cannot be a secret: see `shown`.
"""

import difflib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.errors import ConfigError

SHOWN_CHARACTERS_MAX = 80
"""A value is there to be recognised, not to fill the screen."""
NUMBER_SHOWN_MAX = 10**12
"""A longer number may be a key of decimal digits without its quotes."""

_SECRET_NAME = re.compile(r"key|password|passphrase|token|secret|credential")
_SECRET_LOOK = re.compile(
    r"[0-9A-Fa-f]{32}|[A-Za-z0-9+/=_-]{40}|[0-9A-Fa-f]{2}([ :-][0-9A-Fa-f]{2}){15}"
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_URL_LOGIN = re.compile(r"(?<=://)\S*@")

_PLAIN_WORDS = {
    "string_type": "write it as text in quotes",
    "int_type": "write it as a whole number without quotes",
    "int_parsing": "write it as a whole number without quotes",
    "int_from_float": "write it as a whole number",
    "float_type": "write it as a number without quotes",
    "float_parsing": "write it as a number without quotes",
    "bool_type": "write true or false without quotes",
    "bool_parsing": "write true or false without quotes",
    "list_type": "write it as a list in brackets",
    "tuple_type": "write it as a list in brackets",
    "dict_type": "write it as a table: { name = value }",
    "path_type": "write it as a path in quotes",
    "finite_number": "write a finite number",
}


class Faults:
    """What is wrong so far. Loading goes on after a fault as far as it makes sense."""

    def __init__(self) -> None:
        self.found: list[ConfigError] = []

    def add(self, file: Path, key: str, value: object, remedy: str) -> None:
        """Note one fault; the value is left out when it may be a secret."""
        self.found.append(ConfigError(file, key, shown(key, value), without_logins(remedy)))

    def add_all(
        self,
        file: Path,
        prefix: str,
        invalid: ValidationError,
        model: type[BaseModel],
        of: str = "",
    ) -> None:
        """Note every fault that pydantic found in the table at `prefix`; `of` names whose table it is."""
        for error in invalid.errors(include_url=False):
            unknown = error["type"] == "extra_forbidden"
            location = [part for part in error["loc"] if unknown or _is_key(part)]
            key = dotted(prefix, location)
            value = None if unknown else error["input"]
            if isinstance(value, (dict, list, tuple)):
                value = None
            self.add(file, key, value, _remedy(error, location, model) + of)

    def raise_any(self) -> None:
        """Raise the first fault with the others attached, when there is one.

        Raises:
            ConfigError: something was noted.
        """
        if self.found:
            first = self.found[0]
            first.others = tuple(self.found[1:])
            raise first


def shown(key: str, value: object) -> object:
    """The value as it may be printed: None when its name or its look says that it may be a secret."""
    name = key.rpartition(".")[2]
    if _SECRET_NAME.search(name) and not name.endswith("_file"):
        return None
    if not isinstance(value, str):
        return None if isinstance(value, int) and abs(value) > NUMBER_SHOWN_MAX else value
    value = without_logins(value)
    if _SECRET_LOOK.search(value):
        return None
    return value if len(value) <= SHOWN_CHARACTERS_MAX else value[:SHOWN_CHARACTERS_MAX] + "..."


def without_logins(text: str) -> str:
    """The text with user and password taken out of every URL in it."""
    return _URL_LOGIN.sub("***@", text)


def did_you_mean(word: str, known: Iterable[str], listed: str = "") -> str:
    """`did you mean "x"?` for the nearest known word, else what is known, or where it is `listed`."""
    words = sorted(known)
    nearest = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if nearest:
        return f'did you mean "{nearest[0]}"?'
    if listed:
        return listed
    return "known here: " + ", ".join(words) if words else "there are none"


def dotted(prefix: str, location: Iterable[str | int]) -> str:
    """A key as people write it: sources.mqtt[0].url; quoted where TOML wants it, *** for what looks secret."""
    key = prefix
    for part in location:
        if isinstance(part, int):
            key += f"[{part}]"
        else:
            text = part if _BARE_KEY.fullmatch(part) else json.dumps(part)
            text = text if shown("", part) == part else "***"
            key += f".{text}" if key else text
    return key


def _is_key(part: str | int) -> bool:
    """Whether a part of pydantic's location is a key of the file, not one of its own marks of a union."""
    return isinstance(part, int) or (
        part != "[key]" and not re.search(r"[\[\]()]|^(str|int)$", part)
    )


def _remedy(error: Mapping[str, Any], location: list[str | int], model: type[BaseModel]) -> str:
    """What to write instead, for one error of pydantic."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown key; " + did_you_mean(str(location[-1]), model.model_fields)
    if kind == "missing":
        return "is missing" + _example(model, str(location[-1]))
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"write {context['expected']}".replace("'", '"')
    if kind in ("greater_than_equal", "greater_than"):
        return (
            "is too small; write "
            + ("more than " if kind == "greater_than" else "at least ")
            + str(context.get("ge", context.get("gt")))
        )
    if kind in ("less_than_equal", "less_than"):
        return (
            "is too large; write "
            + ("less than " if kind == "less_than" else "at most ")
            + str(context.get("le", context.get("lt")))
        )
    message = str(error["msg"])
    return _PLAIN_WORDS.get(kind, message[:1].lower() + message[1:])


def _example(model: type[BaseModel], key: str) -> str:
    """The key's line in the sample beside the section's module, when there is one."""
    module_file = sys.modules[model.__module__].__file__
    sample = Path(module_file).with_name("sample.toml") if module_file else None
    if sample is not None and sample.is_file():
        for line in sample.read_text(encoding="utf-8").splitlines():
            if re.match(rf"(# ?)?{re.escape(key)} *=", line):
                return "; write for example: " + line.removeprefix("#").strip()
    return "; it has no default"
