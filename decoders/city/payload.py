"""City sensor payloads, version 1: a report, or samples that a node stored while it had no link.

    FPort n         byte  0    1-2      3...
    report                01   bitmap   record

    FPort n + 1     byte  0    1-4   5-6    7-8      9...
    stored samples        01   t0    step   bitmap   record, record, ...

    bitmap  u16, bit 0 is the family's first field; a field whose bit is set is in the record, without padding
    t0      u32, Unix time of the first sample, s           step  u16, s from one sample to the next

All integers are big-endian. Source: docs/sensor-payloads.md, which is made from the tables beside this file.

The checks come in this order: port, version, bitmap, length, flags, times. After them nothing is refused:
a fault sentinel and a value that is physically impossible are left out of the fields and named.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NoReturn

from decoders.city.plan import Plan, Planner
from decoders.city.record import read_record
from decoders.contract import Decoded, Decoder, DecodeRefused, FieldValue
from decoders.layout import U8, Layout

VERSION = 0x01

REPORT_HEADER = Struct(">xH")
"""Version (checked before), bitmap."""

STORED_HEADER = Struct(">xIHH")
"""Version (checked before), t0, step, bitmap."""

STORED_BYTES_MAX = 4096
"""A LoRa frame has at most 255 bytes. What is far longer is no payload, and its times may be no dates."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CLOCK_SET_FROM = datetime(2020, 1, 1, tzinfo=UTC)
"""No node of this kind is older: an earlier time is that of a clock that was never set."""

AHEAD_MAX = timedelta(minutes=5)
"""How far a node's clock may be ahead of the time of reception."""

NO_FLAGS: dict[str, FieldValue] = {}


def decoder_of(layout: Layout) -> Decoder:
    """Make a table into a decoder of its reports and stored samples."""
    return Decoder(
        name=layout.name,
        f_ports=frozenset({layout.f_port, layout.stored_f_port}),
        quantities=layout.quantities,
        decode=PayloadReader(layout).decode,
        clock_ports=frozenset({layout.stored_f_port}),
    )


class PayloadReader:
    """Reads the payloads of one family. It keeps plans, and nothing of the payloads."""

    __slots__ = ("_layout", "_planner")

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._planner = Planner(layout)

    def decode(
        self, f_port: int, payload: bytes, received_at: datetime | None
    ) -> tuple[Decoded, ...]:
        """Read a report as one reading without a time, or each stored sample as a reading with its own.

        While `received_at` is None, stored samples are not compared with the time of reception.

        Raises:
            DecodeRefused: wrong_port, unknown_layout, wrong_length, malformed or clock_not_set.
        """
        if f_port == self._layout.f_port:
            return (self._read_report(payload),)
        if f_port == self._layout.stored_f_port:
            return self._read_stored(payload, received_at)
        raise DecodeRefused(
            "wrong_port",
            f"FPort {f_port} does not carry {self._layout.name}: reports come on"
            f" {self._layout.f_port}, stored samples on {self._layout.stored_f_port}",
        )

    def _read_report(self, payload: bytes) -> Decoded:
        _check_header(payload, REPORT_HEADER.size)
        (bitmap,) = REPORT_HEADER.unpack_from(payload)
        plan = self._planner.plan(bitmap)
        start = REPORT_HEADER.size
        if plan.only_tag:
            _check_tags_are_faults(plan, payload[start : start + 1])
        if len(payload) != start + plan.record_bytes:
            _refuse_report_length(plan, len(payload))
        return read_record(plan, payload, start, self._flags(plan, payload, start), None)

    def _read_stored(self, payload: bytes, received_at: datetime | None) -> tuple[Decoded, ...]:
        _check_header(payload, STORED_HEADER.size)
        t0, step, bitmap = STORED_HEADER.unpack_from(payload)
        plan = self._planner.plan(bitmap)
        if plan.only_tag:
            _check_tags_are_faults(plan, payload[STORED_HEADER.size :])
        starts = _record_starts(plan, len(payload))
        flags = [self._flags(plan, payload, start) for start in starts]
        times = _sample_times(t0, step, len(starts), received_at)
        return tuple(
            read_record(plan, payload, start, flags[i], times[i]) for i, start in enumerate(starts)
        )

    def _flags(self, plan: Plan, payload: bytes, start: int) -> dict[str, FieldValue]:
        if plan.flags_at is None:
            return NO_FLAGS
        first, end = plan.flags_at
        return self._planner.flag_set(int.from_bytes(payload[start + first : start + end], "big"))


def _check_header(payload: bytes, header_bytes: int) -> None:
    # The version comes before the length, so that a shorter layout of the future is called unknown.
    if payload and payload[0] != VERSION:
        raise DecodeRefused(
            "unknown_layout", f"byte 0 is 0x{payload[0]:02x}, the only known version is 0x01"
        )
    if len(payload) < header_bytes:
        raise DecodeRefused(
            "wrong_length", f"{len(payload)} bytes do not hold the header of {header_bytes}"
        )


def _check_tags_are_faults(plan: Plan, tags: bytes) -> None:
    """Refuse records of nothing but a tag, which would be readings without a word about anything.

    A tag that is a fault sentinel does say something. Every record has to: one reading without content
    is not dropped in silence, the payload is refused and its bytes are kept.
    """
    if not tags or any(tag != U8.sentinel for tag in tags):
        raise DecodeRefused(
            "unknown_layout",
            f"presence bitmap 0x{plan.bitmap:04x} announces a tag and no measurement",
        )


def _refuse_report_length(plan: Plan, length: int) -> NoReturn:
    expected = REPORT_HEADER.size + plan.record_bytes
    raise DecodeRefused(
        "wrong_length",
        f"presence bitmap 0x{plan.bitmap:04x} asks for {expected} bytes, the payload has {length}",
    )


def _record_starts(plan: Plan, length: int) -> range:
    if length > STORED_BYTES_MAX:
        raise DecodeRefused(
            "wrong_length", f"{length} bytes are more than the {STORED_BYTES_MAX} that are read"
        )
    records_bytes = length - STORED_HEADER.size
    if not records_bytes or records_bytes % plan.record_bytes:
        raise DecodeRefused(
            "wrong_length",
            f"presence bitmap 0x{plan.bitmap:04x} asks for one or more records of"
            f" {plan.record_bytes} bytes, {records_bytes} bytes follow the header",
        )
    return range(STORED_HEADER.size, length, plan.record_bytes)


def _sample_times(
    t0: int, step: int, count: int, received_at: datetime | None
) -> Sequence[datetime]:
    if not step and count > 1:
        raise DecodeRefused("malformed", f"{count} samples with a step of 0 s have one time")
    # Not datetime.fromtimestamp: on a 32-bit system it ends in 2038.
    times = [EPOCH + timedelta(seconds=t0 + i * step) for i in range(count)]
    if times[0] < CLOCK_SET_FROM:
        raise DecodeRefused(
            "clock_not_set", f"the first sample is of {times[0]:%Y-%m-%dT%H:%M:%SZ}, before 2020"
        )
    if received_at is not None and times[-1] - received_at > AHEAD_MAX:
        raise DecodeRefused(
            "clock_not_set",
            f"the last sample is of {times[-1]:%Y-%m-%dT%H:%M:%SZ}, more than 5 minutes after"
            f" its reception at {received_at:%Y-%m-%dT%H:%M:%SZ}",
        )
    return times
