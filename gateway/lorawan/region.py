"""Regions: data rates by index, channels, limits, as the regional parameters of LoRaWAN have them.

Source: RP002-1.0.3, chapters 2.4 (EU868) to 2.13; EIRP where a national rule does not say less.
"""

from msgspec import Struct

from gateway.model import Radio

AS923_OFFSETS_HZ = {
    "AS923-1": 0,
    "AS923-2": -1_800_000,
    "AS923-3": -6_600_000,
    "AS923-4": -5_900_000,
}
"""RP002-1.0.3 2.10: groups of one plan, moved."""
ALIASES = {"AS923": "AS923-1"}

_DYNAMIC_CHANNELS = 16
"""Most channels of a plan whose network adds its own."""


class DataRate(Struct, frozen=True):
    """One way to modulate. LoRa has `spreading_factor` and `bandwidth_hz`, FSK has `bit_rate`."""

    spreading_factor: int | None = None
    bandwidth_hz: int | None = None
    """LoRa bandwidth, LR-FHSS operating channel width."""
    bit_rate: int | None = None
    """FSK, bits/s."""
    coding_rate: str | None = None
    """LR-FHSS."""

    @property
    def name(self) -> str:
        """As receivers write it: SF7BW125, FSK 50000, LR-FHSS 137000 1/3."""
        if self.bit_rate is not None:
            return f"FSK {self.bit_rate}"
        if self.spreading_factor is None:
            return f"LR-FHSS {self.bandwidth_hz} {self.coding_rate}"
        return f"SF{self.spreading_factor}BW{(self.bandwidth_hz or 0) // 1000}"


class Region(Struct, frozen=True):
    """A regional plan."""

    name: str
    data_rates: dict[int, DataRate]
    """By index, uplinks and downlinks."""
    uplink_index: dict[tuple[int | None, int | None, int | None], int]
    """The index that an uplink's (spreading factor, bandwidth in Hz, bit rate) has."""
    uplink_hz: tuple[int, ...]
    """Default channels, or all where the plan is fixed, by channel index."""
    channels_max: int
    rx2_hz: int
    rx2_data_rate: int
    eirp_dbm_max: float

    @property
    def channels(self) -> tuple[int, ...]:
        """Every channel index a device may send on, as the MIC of LoRaWAN 1.1 has it."""
        return tuple(range(self.channels_max))

    def data_rate_of(self, radio: Radio) -> int | None:
        """The index of the data rate an uplink was sent with; None when this region has no such rate.

        LR-FHSS has none here: receivers do not tell which coding rate it was.
        """
        return self.uplink_index.get((radio.spreading_factor, radio.bandwidth_hz, radio.bit_rate))


def region(name: str) -> Region:
    """The plan with this name, such as "AS923-1" or "EU868".

    Raises:
        ValueError: no such plan; the message lists those there are.
    """
    found = REGIONS.get(ALIASES.get(name, name))
    if found is None:
        raise ValueError(f"no region {name!r}; there are {', '.join(REGIONS)}")
    return found


def _lora(bandwidth_khz: int, *spreading_factors: int, at: int = 0) -> dict[int, DataRate]:
    return {
        at + place: DataRate(spreading_factor=factor, bandwidth_hz=bandwidth_khz * 1000)
        for place, factor in enumerate(spreading_factors)
    }


def _lr_fhss(at: int, *widths_and_rates: tuple[int, str]) -> dict[int, DataRate]:
    return {
        at + place: DataRate(bandwidth_hz=width, coding_rate=rate)
        for place, (width, rate) in enumerate(widths_and_rates)
    }


_SF12_TO_7 = _lora(125, 12, 11, 10, 9, 8, 7)
_FSK = {7: DataRate(bit_rate=50_000)}
_WITH_250_AND_FSK = _SF12_TO_7 | _lora(250, 7, at=6) | _FSK
_DOWN_500 = _lora(500, 12, 11, 10, 9, 8, 7, at=8)


def _uplink_index(
    data_rates: dict[int, DataRate], indexes: range
) -> dict[tuple[int | None, int | None, int | None], int]:
    return {
        (rate.spreading_factor, rate.bandwidth_hz, rate.bit_rate): index
        for index, rate in data_rates.items()
        if index in indexes and rate.coding_rate is None
    }


def _dynamic(
    name: str,
    data_rates: dict[int, DataRate],
    uplink_hz: tuple[int, ...],
    rx2: tuple[int, int],
    eirp_dbm_max: float,
) -> Region:
    """A plan of a few default channels, to which networks add their own; up and down use the same rates."""
    return Region(
        name=name,
        data_rates=data_rates,
        uplink_index=_uplink_index(data_rates, range(max(data_rates) + 1)),
        uplink_hz=uplink_hz,
        channels_max=_DYNAMIC_CHANNELS,
        rx2_hz=rx2[0],
        rx2_data_rate=rx2[1],
        eirp_dbm_max=eirp_dbm_max,
    )


def _fixed(
    name: str, data_rates: dict[int, DataRate], uplink_rates: range, first_125: int, first_500: int
) -> Region:
    """A plan of 64 channels of 125 kHz and 8 of 500 kHz."""
    narrow = range(first_125, first_125 + 64 * 200_000, 200_000)
    wide = range(first_500, first_500 + 8 * 1_600_000, 1_600_000)
    return Region(
        name=name,
        data_rates=data_rates,
        uplink_index=_uplink_index(data_rates, uplink_rates),
        uplink_hz=(*narrow, *wide),
        channels_max=72,
        rx2_hz=923_300_000,
        rx2_data_rate=8,
        eirp_dbm_max=30,
    )


def _as923(name: str, offset_hz: int) -> Region:
    first = 923_200_000 + offset_hz
    return _dynamic(name, _WITH_250_AND_FSK, (first, first + 200_000), (first, 2), 16)


_EU868_RATES = _WITH_250_AND_FSK | _lr_fhss(
    8, (137_000, "1/3"), (137_000, "2/3"), (336_000, "1/3"), (336_000, "2/3")
)
_US915_RATES = (
    _lora(125, 10, 9, 8, 7)
    | _lora(500, 8, at=4)
    | _lr_fhss(5, (1_523_000, "1/3"), (1_523_000, "2/3"))
    | _DOWN_500
)
_AU915_RATES = _SF12_TO_7 | _lora(500, 8, at=6) | _lr_fhss(7, (1_523_000, "1/3")) | _DOWN_500
_EU868_HZ = (868_100_000, 868_300_000, 868_500_000)
_EU433_HZ = (433_175_000, 433_375_000, 433_575_000)
_IN865_HZ = (865_062_500, 865_402_500, 865_985_000)
_KR920_HZ = (922_100_000, 922_300_000, 922_500_000)
_RU864_HZ = (868_900_000, 869_100_000)

REGIONS = {
    plan.name: plan
    for plan in (
        *(_as923(name, offset_hz) for name, offset_hz in AS923_OFFSETS_HZ.items()),
        _dynamic("EU868", _EU868_RATES, _EU868_HZ, (869_525_000, 0), 16),
        _fixed("US915", _US915_RATES, range(7), 902_300_000, 903_000_000),
        _fixed("AU915", _AU915_RATES, range(8), 915_200_000, 915_900_000),
        _dynamic("IN865", _SF12_TO_7 | _FSK, _IN865_HZ, (866_550_000, 2), 30),
        _dynamic("KR920", _SF12_TO_7, _KR920_HZ, (921_900_000, 0), 14),
        _dynamic("RU864", _WITH_250_AND_FSK, _RU864_HZ, (869_100_000, 0), 16),
        _dynamic("EU433", _WITH_250_AND_FSK, _EU433_HZ, (434_665_000, 0), 12.15),
    )
}
