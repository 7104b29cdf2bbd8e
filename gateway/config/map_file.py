"""A register map's file, read and made into a decoder: `decoder = "maps/meter.toml"`."""

from pathlib import Path

from decoders.contract import Decoder
from decoders.register_map.loading import WrongMap, decoder_of
from gateway.config import toml_file
from gateway.config.faults import Faults

BYTES_MAX = 1_000_000
"""A map of the longest payload with a description of each byte is a tenth of it."""


def load(path: Path) -> Decoder:
    """The decoder that the map describes; its name is the file's path.

    Raises:
        ConfigError: the file cannot be read, or is no map; the other faults are attached.
    """
    table, _ = toml_file.read(path, BYTES_MAX)
    try:
        return decoder_of(table, str(path))
    except WrongMap as wrong:
        faults = Faults()
        for fault in wrong.faults:
            faults.add(path, fault.key, fault.value, fault.remedy)
        faults.raise_any()
        raise
