"""What `decoder = "..."` of a device may say: a built-in name, a codec's path, or the network server."""

from pathlib import Path
from typing import NamedTuple

from decoders.contract import Decoder
from decoders.registry import DECODERS
from gateway.config.faults import did_you_mean
from gateway.device import NETWORK_SERVER


class Choice(NamedTuple):
    """A decoder that was found: one of the two, or neither for the network server and for none."""

    built_in: Decoder | None = None
    codec_path: Path | None = None


def choose(text: str, base: Path) -> Choice:
    """What the text means; paths are relative to `base`.

    Raises:
        ValueError: there is no such decoder or file; the message says what there is.
    """
    if text in ("", NETWORK_SERVER):
        return Choice()
    built_in = DECODERS.get(text)
    if built_in is not None:
        return Choice(built_in)
    if "/" in text or text.endswith(".js"):
        path = base / text
        if not path.is_file():
            raise ValueError(f"there is no codec at {path}; paths are relative to the devices file")
        return Choice(codec_path=path)
    raise ValueError("no such decoder; " + did_you_mean(text, [*DECODERS, NETWORK_SERVER]))
