"""`codec new`: a folder with a codec that works, for a device that does not exist, to be changed step by step."""

import re
from importlib.resources import files
from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILES = {"codec.js": "{name}.js", "examples.json": "examples.json", "profile.toml": "profile.toml"}
"""The templates, and what they become."""


def begin(name: str, into: Path) -> Path:
    """Write the files into a new folder of this name; the folder.

    Raises:
        ValueError: the name cannot be one, or is taken. OSError: the folder cannot be made.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name!r} is no name; write up to 64 of a-z, 0-9, - and _, a letter or digit first"
        )
    folder = into / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise ValueError(f"{folder} is there already; nothing was changed") from None
    template = files("decoders.javascript").joinpath("template")
    for source, target in _FILES.items():
        text = template.joinpath(source).read_text(encoding="utf-8").replace("@name@", name)
        with (folder / target.format(name=name)).open("x", encoding="utf-8") as file:
            file.write(text)
    return folder
