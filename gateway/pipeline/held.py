"""Readings that waited for the clock: once it is set in the same boot, they get their right times.

A held row is never changed. A new row about it, outcome `stamped`, carries the readings with the times they
should have had; sinks get that one, and count the held one as superseded.

    time of reception = wall clock now - (boot-time clock now - boot-time clock of the frame)

A row whose clock was never set within `clock_wait`, or whose boot has ended, is sent with the time it had and the
field `time_untrusted`, so that nobody takes that time for a measured one.
"""

import msgspec

from gateway.model import Malformed, Reading, Record, Series, Stamp
from gateway.pipeline.times import AHEAD_MAX_NS, whole_ms

UNTRUSTED = "time_untrusted"
_MOVED_APART_NS = 60_000_000_000
"""An uplink's time is its reception's, but for the milliseconds by which uplinks are kept apart."""


def corrected(record: Record, now: Stamp) -> Stamp:
    """When a held record was really received, by the clock that is set now. Same boot only."""
    received = record.heard.received
    return Stamp(now.wall_ns - (now.boot_ns - received.boot_ns), received.boot_ns, trusted=True)


def without_our_clock(record: Record, received: Stamp) -> Record:
    """The record without a gateway's time that was this machine's own wrong one.

    A packet forwarder on this machine stamps with the clock that was not set. If its frame may have waited, that
    would look like a day in a queue.
    """
    heard = record.heard
    if isinstance(heard, Malformed) or heard.gateway_time_ns is None or heard.recorded:
        return record
    provisional_ns = heard.received.wall_ns
    was_wrong = abs(received.wall_ns - provisional_ns) > AHEAD_MAX_NS
    if not was_wrong or abs(heard.gateway_time_ns - provisional_ns) > AHEAD_MAX_NS:
        return record
    return msgspec.structs.replace(
        record, heard=msgspec.structs.replace(heard, gateway_time_ns=None)
    )


def shifted(record: Record, about: int, received: Stamp) -> Record:
    """The record with its provisional times moved to when it was `received`; times of the device's own stay.

    For bytes that cannot be read again, because their device is not configured any more.
    """
    provisional_ns = record.heard.received.wall_ns
    by_ns = whole_ms(received.wall_ns - provisional_ns)
    readings = tuple(
        Reading(reading.series, reading.time_ns + by_ns, reading.values)
        if abs(reading.time_ns - provisional_ns) <= _MOVED_APART_NS
        else reading
        for reading in record.readings
    )
    return stamped(record, about, readings, record.sentence, received)


def flagged(record: Record, about: int) -> Record:
    """The record with its provisional times, and a field that says so."""
    return stamped(record, about, tuple(untrusted(reading) for reading in record.readings))


def untrusted(reading: Reading) -> Reading:
    """The reading with the field that says that its time is a guess."""
    series = reading.series
    fields = (*series.fields, UNTRUSTED)
    return Reading(
        Series(series.measurement, series.tags, fields), reading.time_ns, (*reading.values, True)
    )


def stamped(
    record: Record,
    about: int,
    readings: tuple[Reading, ...],
    sentence: str | None = None,
    received: Stamp | None = None,
) -> Record:
    """A row that replaces a held one; `received` is when that was really received, if it is known."""
    # The bytes stay with the held row; here they would only cost the card.
    heard = Malformed(record.heard.source, b"", "", received or record.heard.received)
    return Record(
        heard, "stamped", record.device, readings, sentence, record.session, record.f_cnt, about
    )
