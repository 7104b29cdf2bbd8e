"""Watteco's standard frames: one attribute of one cluster.

    FPort 125   byte   0       1         2 3       4 5         6      7...
    0a, 8a             fctrl   command   cluster   attribute   type   value   causes
    01                 fctrl   command   cluster   attribute   status type    value
    07, 09             fctrl   command   cluster   status ...

    fctrl     bit 0: a standard frame; endpoint: bits 5-7, and bits 1-2 as its bits 3-4
    command   0a a report, 8a a report that is an alarm, 01 the answer to a reading command; 07 and 09 the answers
              to commands about the reporting itself, which are kept as hex, like the values of settings

Big-endian. Frames without bit 0 are batches: many values with their times, in Huffman codes whose table is that
of the model. They are refused here; the maker's JavaScript codec reads them. What follows the value of a report
says why it was sent (causes.py): `alarm` is set by command 8a, and by a cause that is one;
`alarm_causes` counts them. Source: Watteco's
application layer; codec/standard.js in Watteco/Codec-API-LoRaWAN (ISC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from decoders.contract import Decoded, Quantity
from decoders.findings import Findings
from decoders.items import named
from decoders.record import Record
from decoders.refusals import unknown_layout, wrong_length, wrong_port
from decoders.vendors.watteco.attributes import BYTES, LEFT_OUT, SETTINGS, Attribute
from decoders.vendors.watteco.causes import count_causes
from decoders.vendors.watteco.power import QUANTITIES as POWER_QUANTITIES
from decoders.vendors.watteco.power import read_power

F_PORT = 125
STANDARD = 1
READ, REPORT, ALARM = 0x01, 0x0A, 0x8A
REPORTING_ANSWERS = (0x07, 0x09)
HEADER_BYTES = 6
SHORTEST_BYTES = 8

FIRMWARE, MODEL = (0x0000, 0x0002), (0x0000, 0x0005)
POWER = (0x0050, 0x0006)
FIRMWARE_BYTES = 6
POWER_CAUSE_BYTES = 2

COMMON: tuple[Quantity, ...] = (
    *POWER_QUANTITIES,
    *(
        named(name)
        for name in (
            "alarm",
            "alarm_causes",
            "firmware_version",
            "device_model",
            "setting_answered",
        )
    ),
)
"""What every model may tell."""


def endpoint_of(fctrl: int) -> int:
    """The endpoint, 0 to 31."""
    return fctrl >> 5 | (fctrl & 0b110) << 2


@dataclass(frozen=True, slots=True)
class Reading:
    """The decode function of one model."""

    name: str
    measurement: str
    measured: Mapping[bytes, tuple[Attribute, Mapping[int | None, Record]]]
    """By the bytes of cluster and attribute; the records by endpoint, None is any endpoint."""

    def __call__(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - a standard frame has no time
    ) -> tuple[Decoded, ...]:
        """Read a frame as one reading.

        Raises:
            DecodeRefused: wrong_port, wrong_length or unknown_layout.
        """
        if f_port != F_PORT:
            raise wrong_port(self.name, f_port, (F_PORT,))
        if payload and not payload[0] & STANDARD:
            raise unknown_layout(
                "bit 0 of byte 0 is 0: a batch in Huffman codes, which the maker's JavaScript codec reads"
            )
        if len(payload) < SHORTEST_BYTES:
            raise wrong_length(self.name, len(payload), f"{SHORTEST_BYTES} or more")
        command = payload[1]
        if command in (REPORT, ALARM):
            return self._attribute(payload, HEADER_BYTES, command)
        if command in REPORTING_ANSWERS or (command == READ and payload[HEADER_BYTES] != 0):
            return _kept(payload)
        if command != READ:
            raise unknown_layout(
                f"byte 1, the command, is 0x{command:02x}; expected 01, 07, 09, 0a, 8a"
            )
        return self._attribute(payload, HEADER_BYTES + 1, command)

    def _attribute(self, payload: bytes, at: int, command: int) -> tuple[Decoded, ...]:
        """Read the attribute whose data type is at `at`."""
        measured = self.measured.get(payload[2:HEADER_BYTES])
        if measured is None:
            return self._other(payload, at, command)
        attribute, by_endpoint = measured
        record = by_endpoint.get(endpoint_of(payload[0])) or by_endpoint.get(None)
        if record is None:
            raise unknown_layout(
                f"endpoint {endpoint_of(payload[0])} of {_cluster(payload)}: {self.name} has"
                f" {sorted(map(str, by_endpoint))}"
            )
        if payload[at] not in attribute.types:
            raise _wrong_type(payload, at, attribute.types)
        start = at + 1
        if payload[at] == BYTES:
            size_bytes = payload[start] if start < len(payload) else 0
            if size_bytes != record.size_bytes:
                raise wrong_length(
                    f"the value of {_cluster(payload)}", size_bytes, record.size_bytes
                )
            start += 1
        after = start + record.size_bytes
        if after > len(payload):
            raise wrong_length(_cluster(payload), len(payload), after)
        findings = Findings()
        record.read(payload, start, findings)
        if after < len(payload) or command == ALARM:
            width, with_field = attribute.cause_bytes, attribute.cause_field
            _note_causes(payload, after, command, width, with_field, findings)
        return (findings.reading(self.measurement),)

    def _other(self, payload: bytes, at: int, command: int) -> tuple[Decoded, ...]:
        """Read an attribute that is the same in all models."""
        key = (payload[2] << 8 | payload[3], payload[4] << 8 | payload[5])
        if key in SETTINGS:
            return _kept(payload)
        findings = Findings()
        if key == POWER:
            if payload[at] != BYTES:
                raise _wrong_type(payload, at, (BYTES,))
            after = read_power(payload, at + 1, findings)
            _note_causes(payload, after, command, POWER_CAUSE_BYTES, True, findings)
            return (findings.reading(self.measurement),)
        if key not in (FIRMWARE, MODEL):
            raise _unknown(self.name, *key)
        _read_text(payload, at, key, findings)
        return (findings.reading("device"),)


def _note_causes(
    payload: bytes, at: int, command: int, width: int, with_field: bool, findings: Findings
) -> None:
    """Note whether the report is an alarm, and the causes that follow its value at `at`."""
    if at == len(payload):
        if command == ALARM:
            findings.found("alarm", value=True)
        return
    if command == READ or not width:
        raise wrong_length(_cluster(payload), len(payload), at)
    causes, alarms = count_causes(payload, at, width, with_field)
    findings.found("alarm", bool(alarms) or command == ALARM)
    findings.found("alarm_causes", float(causes))


def _cluster(payload: bytes) -> str:
    """What a frame is about, for a refusal."""
    return f"cluster 0x{payload[2:4].hex()}"


def _wrong_type(payload: bytes, at: int, types: tuple[int, ...]) -> Exception:
    expected = " or ".join(f"0x{number:02x}" for number in types)
    return unknown_layout(f"byte {at}, the data type, is 0x{payload[at]:02x}; expected {expected}")


def _kept(payload: bytes) -> tuple[Decoded, ...]:
    """The frame as hex."""
    findings = Findings()
    findings.found("setting_answered", payload.hex())
    return (findings.reading("device"),)


TEXT, VERSION = 0x42, (0x0D, 0x0B)
"""Data types of a text and of a version."""


def _read_text(payload: bytes, at: int, key: tuple[int, int], findings: Findings) -> None:
    """Note the model, a text with its length before it, or the firmware: three numbers and a build of u24."""
    value = payload[at + 1 :]
    if key == FIRMWARE:
        if payload[at] not in VERSION:
            raise _wrong_type(payload, at, VERSION)
        if len(value) != FIRMWARE_BYTES:
            raise wrong_length("the firmware's version", len(value), FIRMWARE_BYTES)
        build = int.from_bytes(value[3:], "big")
        findings.found("firmware_version", f"{value[0]}.{value[1]}.{value[2]}.{build}")
        return
    if payload[at] != TEXT:
        raise _wrong_type(payload, at, (TEXT,))
    if not value or value[0] != len(value) - 1:
        raise wrong_length("the model's name", len(value), "a length and as many bytes")
    if not value[1:].isascii():
        raise unknown_layout(f"the model's name is {value[1:].hex()}; expected text")
    findings.found("device_model", value[1:].decode("ascii"))


def _unknown(name: str, cluster: int, attribute: int) -> Exception:
    left_out = LEFT_OUT.get(cluster)
    if left_out is not None:
        return unknown_layout(
            f"cluster 0x{cluster:04x} carries {left_out}, which the maker's JavaScript codec reads"
        )
    return unknown_layout(f"{name} has no attribute 0x{attribute:04x} of cluster 0x{cluster:04x}")
