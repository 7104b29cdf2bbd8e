"""The section `[[sources.serial_line]]`: a modem on a serial port.

A modem does not tell on which frequency and data rate it heard a packet: frames get what stands here. With
frequency_hz, spreading_factor and bandwidth_hz all given, the modem is set to them; with fewer, its radio is
left as it is, and they only say what that is.
"""

import difflib
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.model import Radio
from gateway.settings import Duration, SourceSection
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup, SyncWord
from gateway.sources.serial_line.modems import MODEMS

_BANDWIDTHS_HZ = (
    7_800, 10_400, 15_600, 20_800, 31_250, 41_700, 62_500, 125_000, 250_000, 500_000,
)  # fmt: skip
_FREQUENCY_HZ_MIN = 100_000_000
_FREQUENCY_HZ_MAX = 2_500_000_000  # SX128x
_GAP_S_MIN = 0.005  # five bytes at 9600 baud
_GAP_S_MAX = 5.0
_RADIO_KEYS = "frequency_hz, spreading_factor and bandwidth_hz"


def _known_modem(name: str) -> str:
    if name not in MODEMS:
        nearest = difflib.get_close_matches(name, MODEMS, n=1)
        hint = f'did you mean "{nearest[0]}"? ' if nearest else ""
        raise ValueError(f"{hint}known modems: {', '.join(sorted(MODEMS))}")
    return name


def _device_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(
            "write the whole path; the one in /dev/serial/by-id/ survives another USB socket"
        )
    return path


def _frequency(value: int) -> int:
    if not _FREQUENCY_HZ_MIN <= value <= _FREQUENCY_HZ_MAX:
        raise ValueError("write it in Hz, such as 923_200_000")
    return value


def _bandwidth(value: int) -> int:
    if value not in _BANDWIDTHS_HZ:
        raise ValueError(f"write one of {', '.join(str(known) for known in _BANDWIDTHS_HZ)}")
    return value


def _gap(gap_s: float) -> float:
    if not _GAP_S_MIN <= gap_s <= _GAP_S_MAX:
        raise ValueError('write "5 ms" to "5 s"')
    return gap_s


class SerialLineSection(SourceSection):
    """One port and the modem on it."""

    port: Annotated[str, AfterValidator(_device_path)]
    """Path of the device. It is opened as given, so a link in /dev/serial/by-id finds it again."""
    modem: Annotated[str, AfterValidator(_known_modem)]
    """A name in the table of `modems`."""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] | None = None
    """Bits per second; None: the modem's speed as delivered."""
    frequency_hz: Annotated[int, AfterValidator(_frequency)] | None = None
    spreading_factor: Annotated[int, Field(ge=5, le=12)] | None = None
    bandwidth_hz: Annotated[int, AfterValidator(_bandwidth)] | None = None
    coding_rate: Literal["4/5", "4/6", "4/7", "4/8"] | None = None
    sync_word: SyncWord | None = None
    """None: "public" (LoRaWAN) where the radio is set from here, else as it is."""
    preamble_symbols: Annotated[int, Field(ge=4, le=65_535)] | None = None
    network_id: Annotated[int, Field(ge=0, le=255)] | None = None
    """Of a Reyax network: 3 to 15, or 18."""
    address: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """This module's own, on a Reyax network."""
    rssi_byte: Literal["absent", "appended"] = "absent"
    """Whether an Ebyte E22 adds its RSSI to each packet (REG3 bit 7)."""
    idle_gap: Annotated[Duration, AfterValidator(_gap)] = "50 ms"  # type: ignore[assignment]
    """The pause that ends a packet of an Ebyte module."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        """What one modem knows and another does not is found out here, before anything is opened."""
        kind = MODEMS[self.modem]
        of_some = frozenset().union(*(known.options for known in MODEMS.values()))
        for key in sorted(of_some & self.model_fields_set - kind.options):
            raise ValueError(f"the modem {self.modem} has no {key}: remove it")
        if self.preamble_symbols is not None and self._setup() is None:
            raise ValueError(
                f"preamble_symbols is set together with {_RADIO_KEYS}: write these too"
            )
        self.build_modem()
        return self

    @property
    def speed_baud(self) -> int:
        """The speed to open the port with."""
        return self.baud or MODEMS[self.modem].baud

    @property
    def radio(self) -> Radio:
        """What frames are said to be heard with, where the modem does not tell."""
        return Radio(
            self.frequency_hz,
            "LORA",
            self.spreading_factor,
            self.bandwidth_hz,
            coding_rate=self.coding_rate,
        )

    def build_modem(self) -> Modem:
        """The modem as it is after its port was opened: nothing said, nothing heard."""
        settings = ModemSettings(
            radio=self._setup(),
            sync_word=self.sync_word,
            preamble_symbols=self.preamble_symbols,
            network_id=self.network_id,
            address=self.address,
            rssi_byte=self.rssi_byte,
            idle_gap_s=self.idle_gap,
        )
        return MODEMS[self.modem](settings)

    def _setup(self) -> RadioSetup | None:
        frequency_hz, bandwidth_hz = self.frequency_hz, self.bandwidth_hz
        spreading_factor = self.spreading_factor
        if frequency_hz is None or bandwidth_hz is None or spreading_factor is None:
            return None
        return RadioSetup(
            frequency_hz=frequency_hz,
            spreading_factor=spreading_factor,
            bandwidth_hz=bandwidth_hz,
            coding_rate=self.coding_rate or "4/5",
        )
