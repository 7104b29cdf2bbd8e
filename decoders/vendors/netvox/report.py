"""Netvox's reports: 11 bytes, of one type each.

    FPort 6, byte   0            1             2             3-10
                    version 01   device type   report type   values by device and report type

    report type 0   3 software version (0.1)   4 hardware version   5-8 date, BCD   9 10 -

    FPort 7, byte   0              1             2-10
                    81, 82         device type   the answer to a command: kept as hex

Big-endian. A device type is that of one model; another's report is refused. Battery: low 7 bits, 0.1 V; bit 7
is set when it is low. Source: Netvox LoRaWAN application command, and the user manuals of the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from decoders.contract import About, Decoded, Decoder
from decoders.findings import Findings
from decoders.items import Flag, Value
from decoders.layout import U8
from decoders.record import Gap, Int, Record, Text
from decoders.refusals import unknown_layout, wrong_length, wrong_port

REPORTS, ANSWERS = 6, 7
F_PORTS = frozenset((REPORTS, ANSWERS))
SIZE_BYTES = 11
VALUES_AT = 3
VERSION = 1
CONFIG_ANSWERS = (0x81, 0x82)
"""To a command that sets the reporting, and to one that reads it."""

BATTERY = Int(U8, Value("battery_v", "0.1", bits=(0, 7)), Flag("battery_low", bit=7))

SOFTWARE = Record(
    "big",
    Text("firmware_version", 1, lambda raw: f"{raw[0] // 10}.{raw[0] % 10}"),
    Text("hardware_version", 1, lambda raw: str(raw[0])),
    Text("firmware_date", 4, lambda raw: f"{raw[:2].hex()}-{raw[2:3].hex()}-{raw[3:].hex()}"),
    Gap(2),
)
ANSWER = Record("big", Text("setting_answered", SIZE_BYTES, bytes.hex))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One device type and its reports."""

    name: str
    """As Netvox calls it; `netvox_<name>` is the decoder's name."""
    device_type: int
    measurement: Literal["energy"]
    reports: Mapping[int, Record]
    """Bytes 3 to 10, by report type."""
    source: str


def decoder_of(model: Model) -> Decoder:
    """The decoder of one model.

    Raises:
        ValueError: a report has not 8 bytes.
    """
    if any(record.size_bytes != SIZE_BYTES - VALUES_AT for record in model.reports.values()):
        raise ValueError(f"{model.name}: a report has not 8 bytes")
    records = (*model.reports.values(), SOFTWARE, ANSWER)
    name = "netvox_" + model.name.lower()
    return Decoder(
        name=name,
        f_ports=F_PORTS,
        quantities=tuple({q.name: q for r in records for q in r.quantities}.values()),
        decode=Reading(name, model),
        about=About(
            vendor="Netvox",
            models=(model.name,),
            measurements=(model.measurement, "device"),
            source=model.source,
        ),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """The decode function of one model."""

    name: str
    model: Model

    def __call__(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - nothing is stored
    ) -> tuple[Decoded, ...]:
        """Read a report as one reading.

        Raises:
            DecodeRefused: wrong_port, wrong_length or unknown_layout.
        """
        if f_port not in F_PORTS:
            raise wrong_port(self.name, f_port, F_PORTS)
        if len(payload) != SIZE_BYTES:
            raise wrong_length(self.name, len(payload), SIZE_BYTES)
        if payload[1] != self.model.device_type:
            raise unknown_layout(
                f"byte 1, the device type, is 0x{payload[1]:02x};"
                f" expected 0x{self.model.device_type:02x}"
            )
        findings = Findings()
        if f_port == ANSWERS:
            if payload[0] not in CONFIG_ANSWERS:
                raise unknown_layout(f"command 0x{payload[0]:02x}; expected 0x81 or 0x82")
            ANSWER.read(payload, 0, findings)
            return (findings.reading("device"),)
        if payload[0] != VERSION:
            raise unknown_layout(f"byte 0, the version, is {payload[0]}; expected {VERSION}")
        if payload[2] == 0:
            SOFTWARE.read(payload, VALUES_AT, findings)
            return (findings.reading("device"),)
        record = self.model.reports.get(payload[2])
        if record is None:
            raise unknown_layout(
                f"byte 2, the report type, is {payload[2]};"
                f" expected one of {[0, *sorted(self.model.reports)]}"
            )
        record.read(payload, VALUES_AT, findings)
        return (findings.reading(self.model.measurement),)
