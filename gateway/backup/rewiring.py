"""A configuration that is restored into another folder: paths that led out of its old one lead to the new places.

Paths inside the configuration's folder stay as they are written: they are relative, or become wrong in a way that
the caller sees when it loads the result. Only whole strings are replaced, so comments and order stay. Pure.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping

_STORE_TABLE = re.compile(r"^[ \t]*\[[ \t]*store[ \t]*\][^\n]*$", re.MULTILINE)


def rewired(text: str, moves: Mapping[str, str], base: str) -> str:
    """The text of a file of `base` with each string that is an old path, as it may be written, replaced."""
    for old, new in moves.items():
        for written in {old, os.path.relpath(old, base)}:
            for quoted in (json.dumps(written, ensure_ascii=False), f"'{written}'"):
                text = text.replace(quoted, json.dumps(new, ensure_ascii=False))
    return text


def with_store_path(text: str, path: str) -> str:
    """The gateway's file with this `[store] path`, when it had none and so meant the default."""
    try:
        if "path" in tomllib.loads(text).get("store", {}):
            return text
    except tomllib.TOMLDecodeError:
        return text
    line = f"path = {json.dumps(path, ensure_ascii=False)}"
    found = _STORE_TABLE.search(text)
    if found:
        return f"{text[: found.end()]}\n{line}{text[found.end() :]}"
    return f"{text.rstrip()}\n\n[store]\n{line}\n"
