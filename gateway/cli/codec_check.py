"""The codecs' part of `check`: each is run once in the codecs' process, and no payload is given to it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gateway.codec_worker.worker import CodecBroken, CodecWorker
from gateway.config import Config
from gateway.errors import Unavailable


def looked_at(config: Config) -> Iterator[dict[str, Any]]:
    """Each codec with the functions that were found in it, or what is wrong with it."""
    paths = Counter(device.codec_path for device in config.devices if device.codec_path)
    if not paths:
        return
    worker = CodecWorker(quarantine=False)
    try:
        for path, devices in sorted(paths.items()):
            found: list[str] = []
            fault = None
            try:
                found = worker.look(path).split()
            except (CodecBroken, Unavailable) as error:
                fault = str(error)
            yield {"path": str(path), "devices": devices, "functions": found, "fault": fault}
    finally:
        worker.close()


def lines(codecs: list[dict[str, Any]]) -> Iterator[str]:
    """The same for people."""
    for one in codecs:
        if one["fault"] is None:
            yield f"codec    {one['path']}: {' and '.join(one['functions'])}"
    for one in codecs:
        if one["fault"] is not None:
            whose = "1 device" if one["devices"] == 1 else f"{one['devices']} devices"
            yield (
                f"bad      {one['path']}: {one['fault']}; until then the payloads of {whose} are kept and"
                " refused as codec_error"
            )
