"""What `decoder = "..."` of a device may say: a built-in name, a map's or codec's path, or the network server."""

from pathlib import Path
from typing import NamedTuple

from decoders.contract import Decoder
from decoders.registry import DECODERS
from gateway.config import map_file
from gateway.config.device_files import is_file
from gateway.config.faults import did_you_mean
from gateway.device import NETWORK_SERVER


class Choice(NamedTuple):
    """A decoder that was found: one of the three, or none for the network server and for none."""

    built_in: Decoder | None = None
    register_map: Decoder | None = None
    codec_path: Path | None = None

    @property
    def decoder(self) -> Decoder | None:
        """The decoder that runs here, whoever wrote it; None for a codec."""
        return self.built_in or self.register_map


def choose(text: str, base: Path) -> Choice:
    """What the text means; paths are relative to `base`.

    Raises:
        ValueError: there is no such decoder or file; the message says what there is.
        ConfigError: a register map cannot be read, or is none.
    """
    if text in ("", NETWORK_SERVER):
        return Choice()
    built_in = DECODERS.get(text)
    if built_in is not None:
        return Choice(built_in)
    if text.endswith(".toml"):
        if not is_file(base / text):
            where = "paths are relative to the devices file"
            raise ValueError(f"there is no register map at {base / text}; {where}")
        return Choice(register_map=map_file.load(base / text))
    if "/" in text or text.endswith(".js"):
        path = base / text
        if not is_file(path):
            raise ValueError(f"there is no codec at {path}; paths are relative to the devices file")
        return Choice(codec_path=path)
    listed = "docs/supported-devices.md lists those that are built in"
    raise ValueError("no such decoder; " + did_you_mean(text, [*DECODERS, NETWORK_SERVER], listed))
