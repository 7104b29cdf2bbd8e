"""An air station on plain LoRa, without LoRaWAN: no address, no counter, no key, only its report on the air.

It is known by the first three bytes of its payload, layout and bitmap, which never change.
"""

from random import Random

from hil.simulators.air_station import COMPACT, AirStation
from hil.simulators.city_fields import AIR_QUALITY
from hil.simulators.city_payloads import report

PREFIX_HEX = "015e0f"
"""Layout 1 and the bitmap of the small station."""


class PlainNode:
    """One station, heard by the source of this name."""

    def __init__(self, seed: int, source: str) -> None:
        self._station = AirStation(Random(f"{seed} plain"), COMPACT)
        self._source = source

    def row(self) -> dict[str, object]:
        """Its `[[device]]`."""
        return {
            "name": "plain-01",
            "decoder": "air_quality",
            "source": self._source,
            "payload_prefix": PREFIX_HEX,
            "f_port": AIR_QUALITY.f_port,
            "expect_every": "15 min",
        }

    def speak(self, at: float) -> bytes:
        """Its next frame."""
        return report(AIR_QUALITY, self._station.measure(at))
