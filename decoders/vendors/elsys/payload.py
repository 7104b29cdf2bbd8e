"""ELSYS ERS, EMS and ELT: items of type and value, one after the other.

    byte    0      1...
            type   value      then the next item

    01 temperature i16 0.1 °C     0b counter 1 u32             15 sound, peak and mean, 2 u8 dB(A)
    02 humidity u8 %RH            0c probe 1 i16 0.1 °C        16 pulses at input 2 u16
    03 acceleration 3 i8, 1/63 g  0d input 1 u8                17 counter 2 u32
    04 light u16 lx               0e distance u16 mm           18 voltage at input 2 u16 mV
    05 movements u8               0f vibrations u8             19 probe 2 and, each time it
    06 CO2 u16 ppm                10 infrared, of the sensor      comes again, the next i16 0.1 °C
    07 battery u16 mV                and of what it sees,      1a input 2 u8
    08 voltage at input 1 u16 mV     2 i16 0.1 °C              1b load cell i32 µV
    09 latitude and longitude,    11 occupied u8: 0 no,        1c TVOC u16 ppb
       2 i24 little-endian,          1 maybe, 2 yes            3d for the maker, 4 bytes
       0.0001 °                   12 leak u8, 0 is none
    0a pulses at input 1 u16      13 infrared picture: reference u8 °C, 64 pixels u8 0.1 °C above it
                                  14 pressure u32 0.001 hPa

Big-endian but for the position. All models send the same types, so that the models differ only in the
measurement of their readings. The FPort is 5 unless someone set another in the device. There is no length
byte: an unknown type refuses the payload. So do types with the bits 6 or 7 set (several values, with times)
and the answers to settings (3e).

Source: the maker's list of data types, as vendor/elsys/elsys.js in TheThingsNetwork/lorawan-devices
(Apache-2.0) has it. That codec reads counters above 2^31 as negative, and gives the position's bytes
unscaled and in the other order; the maker's later decoder has the order and scale that are used here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from decoders.contract import About, Decoded, Decoder
from decoders.findings import Findings
from decoders.items import Flag, Item, Value
from decoders.layout import I16, I32, U8, U16, U32, Width
from decoders.record import I8, I24, Gap, Int, Record
from decoders.refusals import APPLICATION_PORTS, unknown_layout, wrong_length, wrong_port
from decoders.vendors.elsys.words import Nonzero

PROBE_AGAIN = 0x19
"""Comes once for each probe from the second on."""
PICTURE = 0x13
PICTURE_BYTES = 65
GRAVITY = "1/63"


def _one(width: Width, item: Item) -> Record:
    return Record("big", Int(width, item))


def _probe(number: int) -> Record:
    return _one(I16, Value(f"probe_temperature_{number}_c", "0.1"))


PROBES = tuple(_probe(number) for number in range(2, 18))

TYPES: Mapping[int, Record] = {
    0x01: _one(I16, Value("temperature_c", "0.1")),
    0x02: _one(U8, Value("humidity_pct")),
    0x03: Record("big", *(Int(I8, Value(f"acceleration_{axis}_g", GRAVITY)) for axis in "xyz")),
    0x04: _one(U16, Value("illuminance_lx")),
    0x05: _one(U8, Value("motion_count")),
    0x06: _one(U16, Value("co2_ppm")),
    0x07: _one(U16, Value("battery_v", "0.001")),
    0x08: _one(U16, Value("ai1_v", "0.001")),
    0x09: Record(
        "little",
        Int(I24, Value("latitude_deg", "0.0001")),
        Int(I24, Value("longitude_deg", "0.0001")),
    ),
    0x0A: _one(U16, Value("pulses1")),
    0x0B: _one(U32, Value("counter1")),
    0x0C: _probe(1),
    0x0D: _one(U8, Flag("di1")),
    0x0E: _one(U16, Value("distance_mm")),
    0x0F: _one(U8, Value("vibration_count")),
    0x10: Record(
        "big",
        Int(I16, Value("board_temperature_c", "0.1")),
        Int(I16, Value("surface_temperature_c", "0.1")),
    ),
    0x11: _one(U8, Nonzero("occupied")),
    0x12: _one(U8, Nonzero("leak")),
    0x14: _one(U32, Value("pressure_hpa", "0.001")),
    0x15: Record("big", Int(U8, Value("noise_peak_dba")), Int(U8, Value("noise_average_dba"))),
    0x16: _one(U16, Value("pulses2")),
    0x17: _one(U32, Value("counter2")),
    0x18: _one(U16, Value("ai2_v", "0.001")),
    0x1A: _one(U8, Flag("di2")),
    0x1B: _one(I32, Value("ai_mv", "0.001")),
    0x1C: _one(U16, Value("tvoc_ppb")),
    0x3D: Record("big", Gap(4)),
}
"""Records by type."""

PIXELS = tuple(
    Value(f"surface_temperature_{number}_c", "0.1") for number in range(1, PICTURE_BYTES)
)
TAKE_PIXELS = tuple(pixel.take() for pixel in PIXELS)


def _read_picture(payload: bytes, at: int, findings: Findings) -> None:
    reference = 10 * payload[at]
    for take, above in zip(TAKE_PIXELS, payload[at + 1 : at + PICTURE_BYTES], strict=True):
        take(reference + above, findings)


Read = Callable[[bytes, int, Findings], None]
READERS: Mapping[int, tuple[int, Read]] = {
    **{kind: (record.size_bytes, record.read) for kind, record in TYPES.items()},
    PROBE_AGAIN: (PROBES[0].size_bytes, PROBES[0].read),
    PICTURE: (PICTURE_BYTES, _read_picture),
}
"""(bytes, how they are read) by type."""

SINGLES = {
    kind: (1 + record.size_bytes, *record.single)
    for kind, record in TYPES.items()
    if record.single is not None
}
"""(bytes with the type, unpack, take) of the types that are one number, read without further calls."""

QUANTITIES = (
    *{q.name: q for record in (*TYPES.values(), *PROBES) for q in record.quantities}.values(),
    *(pixel.described for pixel in PIXELS),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The decode function of one model."""

    name: str
    measurement: str

    def __call__(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - nothing is stored
    ) -> tuple[Decoded, ...]:
        """Read a payload as one reading.

        Raises:
            DecodeRefused: wrong_port, wrong_length or unknown_layout.
        """
        if f_port not in APPLICATION_PORTS:
            raise wrong_port(self.name, f_port, APPLICATION_PORTS)
        findings = self._read(payload)
        if not findings.fields and not findings.unread:
            raise unknown_layout(f"{self.name}: no item measures anything")
        return (findings.reading(self.measurement),)

    def _read(self, payload: bytes) -> Findings:
        findings, probes, at, end = Findings(), 0, 0, len(payload)
        if not end:
            raise wrong_length(self.name, 0, "an item of type and value")
        while at < end:
            kind = payload[at]
            single = SINGLES.get(kind)
            if single is not None and at + single[0] <= end:
                item_bytes, unpack, take = single
                take(unpack(payload, at + 1)[0], findings)
                at += item_bytes
                continue
            size_bytes, read = READERS.get(kind) or self._unknown(kind, at)
            after = at + 1 + size_bytes
            if after > end:
                raise wrong_length(
                    f"the item of type 0x{kind:02x} at byte {at}", end - at, after - at
                )
            if kind == PROBE_AGAIN:
                if probes == len(PROBES):
                    raise unknown_layout(f"byte {at}: more than {len(PROBES) + 1} probes")
                read = PROBES[probes].read
                probes += 1
            read(payload, at + 1, findings)
            at = after
        return findings

    def _unknown(self, kind: int, at: int) -> tuple[int, Read]:
        raise unknown_layout(f"byte {at}: {self.name} has no type 0x{kind:02x}")


MODELS = {
    "ERS": "climate",
    "ERS Lite": "climate",
    "ERS Eye": "climate",
    "ERS Desk": "climate",
    "ERS Sound": "climate",
    "ERS CO2": "air_quality",
    "ERS CO2 Lite": "air_quality",
    "ERS VOC": "air_quality",
    "EMS": "cabinet",
    "EMS Lite": "cabinet",
    "EMS Desk": "cabinet",
    "EMS Door": "cabinet",
    "ELT-2": "io",
    "ELT Lite": "io",
    "ELT Ultrasonic": "io",
}
"""What the readings of each model are called."""


def _decoder(model: str, measurement: str) -> Decoder:
    name = "elsys_" + model.lower().replace(" ", "_").replace("-", "_")
    return Decoder(
        name=name,
        f_ports=APPLICATION_PORTS,
        quantities=QUANTITIES,
        decode=Reading(name, measurement),
        about=About(
            vendor="ELSYS",
            models=(model,),
            measurements=(measurement,),
            source="ELSYS payload data types; TheThingsNetwork/lorawan-devices elsys.js (Apache-2.0)",
        ),
    )


DECODERS = tuple(_decoder(model, measurement) for model, measurement in MODELS.items())
