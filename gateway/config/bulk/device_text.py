"""The text of a devices file with devices added and values changed, its comments and its order kept. Pure.

Only lines of the devices that change are touched. The result is read again and compared with what was wanted,
so that a way of writing TOML which is not understood here is refused and never spoiled.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

_HEADER = re.compile(r"\s*\[\[\s*device\s*\]\]\s*(#.*)?")
_ANY_HEADER = re.compile(r"\s*\[")
_LINE = re.compile(
    r"""(?P<before>\s*(?P<key>[A-Za-z0-9_-]+)\s*=\s*)
    (?P<value>"(?:[^"\\]|\\.)*" | '[^']*' | [^\s"'#{}\[\]]+
            | \{(?:[^{}"'#] | "(?:[^"\\]|\\.)*" | '[^']*')*\})
    (?P<after>\s*(?:\#.*)?)""",
    re.VERBOSE,
)

Change = tuple[int, Mapping[str, Any]]
"""(place of the device in the file, its new values)."""


class NotUnderstood(ValueError):
    """The file is written in a way that cannot be changed line by line."""


def changed(text: str, changes: Sequence[Change], added: Sequence[Mapping[str, Any]]) -> str:
    """The file's text with these values in place of the old ones, and these devices at its end.

    Raises:
        NotUnderstood: a device is written in a way that only a person should change.
    """
    wanted = tomllib.loads(text.replace("\r\n", "\n"))
    devices = wanted.setdefault("device", []) if added else wanted.get("device", [])
    for index, values in changes:
        devices[index] = devices[index] | values
    devices += [dict(values) for values in added]
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    if changes:
        lines = _edited(lines, dict(changes))
    if added:
        while lines and not lines[-1].strip():
            lines.pop()
        for values in added:
            lines += ["", *block(values)] if lines else block(values)
        lines.append("")
    new = "\n".join(lines)
    try:
        right = tomllib.loads(new) == wanted
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise NotUnderstood("is written in a way that is not understood here; change it by hand")
    return newline.join(lines)


def block(values: Mapping[str, Any]) -> list[str]:
    """A `[[device]]` as people write it."""
    return ["[[device]]", *(f"{key} = {written(value)}" for key, value in values.items())]


def written(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {written(each)}" for key, each in value.items()) + " }"
    if isinstance(value, str):
        # JSON leaves DEL as it is, TOML does not allow it.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _edited(lines: list[str], changes: dict[int, Mapping[str, Any]]) -> list[str]:
    new: list[str] = []
    index = -1
    todo: dict[str, Any] = {}
    last = 0
    """The line of `new` behind which the current device's next key belongs."""
    in_device = False
    for line in lines:
        if _ANY_HEADER.match(line):
            new[last:last] = [f"{key} = {written(value)}" for key, value in todo.items()]
            todo, in_device = {}, False
            if _HEADER.fullmatch(line):
                index += 1
                todo, in_device = dict(changes.get(index, {})), True
                last = len(new) + 1
            new.append(line)
            continue
        found = _LINE.fullmatch(line) if in_device else None
        if found:
            if found["key"] in todo:
                line = found["before"] + written(todo.pop(found["key"])) + found["after"]
            last = len(new) + 1
        new.append(line)
    new[last:last] = [f"{key} = {written(value)}" for key, value in todo.items()]
    return new
