"""Seeed SenseCAP S2101 to S2105, and the sensors of the first generation: items of 7 bytes, then a CRC.

    byte    0         1 2   3 4 5 6      then the next item, at the end a CRC of 2 bytes
            channel   id    value

    id 4097 and more   a measurement, i32 in thousandths          (measurements.py)
    0000  the node's versions: 3 4 software, 5 6 hardware, minor version first
    0001  the sensor's versions             0005 0006  for the maker
    0002  the sensor's number, low bytes    0007  3 4 battery u16, %   5 6 reporting interval u16, min
    0003  the sensor's number, high bytes   0120  a sensor was taken off
    0004  the sensor's date

Little-endian. Each channel is a reading with the tag `channel`; a node with one sensor has channel 1. What the
node says of itself is a reading of `device`. The CRC is checked: a payload that fails it is malformed. Source:
SenseCAP LoRaWAN user guides, packet format; vendor/sensecap/sensecap-common-decoder.js and
sensecap210x-common-decoder.js in TheThingsNetwork/lorawan-devices (Apache-2.0). The second of them does not
check the CRC; the first gives values below zero as text. Unknown ids are refused.
"""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import About, Decoded, Decoder, DecodeRefused
from decoders.findings import Findings
from decoders.items import Take, Value
from decoders.layout import I32, U16
from decoders.quantities import QUANTITIES
from decoders.record import Int, Record
from decoders.refusals import APPLICATION_PORTS, unknown_layout, wrong_length, wrong_port
from decoders.vendors.sensecap.crc import crc16
from decoders.vendors.sensecap.measurements import MEASUREMENTS

ITEM_BYTES = 7
VALUE_AT = 3
CRC_BYTES = 2

TAKES: Mapping[int, Take] = {number: item.take() for number, item in MEASUREMENTS.items()}

NODE_VERSIONS = 0x0000
NUMBER_LOW, NUMBER_HIGH = 0x0002, 0x0003
BATTERY = 0x0007
SENSOR_REMOVED = 0x0120
WITHOUT_MEASUREMENT = frozenset((0x0001, 0x0004, 0x0005, 0x0006))

BATTERY_RECORD = Record(
    "little", Int(U16, Value("battery_pct")), Int(U16, Value("report_interval_s", "60"))
)
DEVICE_NAMES = ("hardware_version", "firmware_version", "serial_number", "sensor_removed")
QUANTITIES_GIVEN = (
    *Record("little", *(Int(I32, item) for item in MEASUREMENTS.values())).quantities,
    *BATTERY_RECORD.quantities,
    *(QUANTITIES[name] for name in DEVICE_NAMES),
)


class Gathered:
    """What the items of one payload said so far."""

    __slots__ = ("channels", "device", "number")

    def __init__(self) -> None:
        self.channels: dict[int, Findings] = {}
        self.device = Findings()
        self.number: dict[int, bytes] = {}

    def readings(self, measurement: str) -> tuple[Decoded, ...]:
        """Those of the channels, then that of the device."""
        if len(self.number) == 2:
            number = self.number[NUMBER_HIGH] + self.number[NUMBER_LOW]
            self.device.found("serial_number", number.hex().upper())
        made = [
            findings.reading(measurement, {"channel": str(channel)})
            for channel, findings in self.channels.items()
        ]
        if self.device.fields or self.device.unread:
            made.append(self.device.reading("device"))
        return tuple(made)


class Reading:
    """The decode function of one model."""

    __slots__ = ("measurement", "name")

    def __init__(self, name: str, measurement: str) -> None:
        self.name = name
        self.measurement = measurement

    def __call__(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - nothing is stored
    ) -> tuple[Decoded, ...]:
        """Read a payload as a reading for each channel, and one of the device.

        Raises:
            DecodeRefused: wrong_port, wrong_length, malformed or unknown_layout.
        """
        if f_port not in APPLICATION_PORTS:
            raise wrong_port(self.name, f_port, APPLICATION_PORTS)
        end = len(payload) - CRC_BYTES
        if end < ITEM_BYTES or end % ITEM_BYTES:
            raise wrong_length(self.name, len(payload), "items of 7 and a CRC of 2")
        if crc16(payload):
            raise DecodeRefused(
                "malformed",
                f"the CRC is 0x{payload[end:].hex()}, which is not that of the payload before it",
            )
        gathered = Gathered()
        for at in range(0, end, ITEM_BYTES):
            self._read(payload, at, gathered)
        readings = gathered.readings(self.measurement)
        if not readings:
            raise unknown_layout(f"{self.name}: no item measures anything")
        return readings

    def _read(self, payload: bytes, at: int, gathered: Gathered) -> None:
        number = payload[at + 1] | payload[at + 2] << 8
        value = payload[at + VALUE_AT : at + ITEM_BYTES]
        take = TAKES.get(number)
        if take is not None:
            findings = gathered.channels.setdefault(payload[at], Findings())
            take(int.from_bytes(value, "little", signed=True), findings)
        elif number == NODE_VERSIONS:
            gathered.device.found("hardware_version", f"{value[3]}.{value[2]}")
            gathered.device.found("firmware_version", f"{value[1]}.{value[0]}")
        elif number == BATTERY:
            BATTERY_RECORD.read(value, 0, gathered.device)
        elif number in (NUMBER_LOW, NUMBER_HIGH):
            gathered.number[number] = value[::-1]
        elif number == SENSOR_REMOVED:
            gathered.device.found("sensor_removed", value=True)
        elif number not in WITHOUT_MEASUREMENT:
            raise unknown_layout(f"byte {at + 1}: {self.name} has no measurement {number}")


MODELS = {
    "S2101": "climate",
    "S2102": "climate",
    "S2103": "air_quality",
    "S2104": "climate",
    "S2105": "climate",
    "Air TH": "climate",
    "Light": "climate",
    "CO2": "air_quality",
    "Pressure": "climate",
    "Soil TH": "climate",
}
"""What the readings of each model are called."""


def _decoder(model: str, measurement: str) -> Decoder:
    name = "sensecap_" + model.lower().replace(" ", "_")
    return Decoder(
        name=name,
        f_ports=APPLICATION_PORTS,
        quantities=QUANTITIES_GIVEN,
        decode=Reading(name, measurement),
        about=About(
            vendor="Seeed SenseCAP",
            models=(model,),
            measurements=(measurement, "device"),
            source="SenseCAP user guides; TheThingsNetwork/lorawan-devices sensecap (Apache-2.0)",
        ),
    )


DECODERS = tuple(_decoder(model, measurement) for model, measurement in MODELS.items())
