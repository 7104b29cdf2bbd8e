"""Why a report was sent: the causes that may follow its value.

    byte    0                                       1...
            bits 4-5 kind of causes: 1 short, 2 long   cause, cause, ...

    short   1 byte: bits 0-2 criterion, 3-4 mode (1 delta, 2 threshold), 5 fell, 6 rose, 7 alarm
    long    the same byte; where the value has several fields, the field's number; then the value of the
            criterion, in the width of the field, and for a threshold its gap and an occurrence: 1 byte, or 5 if
            its bit 7 is set

A cause says nothing that is measured. They are counted, to see that the report is whole, and whether one of them
is an alarm. Source: Watteco's application layer, "Report parameters" and "Cause"; codec/standard.js in
Watteco/Codec-API-LoRaWAN (ISC).
"""

from decoders.refusals import unknown_layout, wrong_length

SHORT, LONG = 1, 2
DELTA, THRESHOLD = 1, 2
ALARM = 1 << 7
COUNTED = 1 << 7
"""In an occurrence: two counts follow."""
COUNTS_BYTES = 4


def count_causes(payload: bytes, at: int, width: int, with_field: bool) -> tuple[int, int]:
    """How many causes there are from `at` to the payload's end, and how many of them are alarms.

    `width` is that of a value.

    Raises:
        DecodeRefused: unknown_layout, or wrong_length when a cause is cut short.
    """
    kind = payload[at] >> 4 & 0b11
    if kind not in (SHORT, LONG):
        raise unknown_layout(f"byte {at}: causes of kind {kind}; expected 1 (short) or 2 (long)")
    causes = alarms = 0
    at += 1
    while at < len(payload):
        cause = payload[at]
        causes += 1
        alarms += bool(cause & ALARM)
        after = at + 1 if kind == SHORT else _end_of_long(payload, at, width, with_field)
        if after > len(payload):
            raise wrong_length(f"the cause at byte {at}", len(payload) - at, after - at)
        at = after
    return causes, alarms


def _end_of_long(payload: bytes, at: int, width: int, with_field: bool) -> int:
    """Where the next cause begins, maybe beyond the payload's end."""
    mode = payload[at] >> 3 & 0b11
    if mode not in (DELTA, THRESHOLD):
        raise unknown_layout(f"byte {at}: a cause of mode {mode}; expected 1 or 2")
    after = at + 1 + with_field + width
    if mode == DELTA:
        return after
    occurrence = after + width
    if occurrence < len(payload) and payload[occurrence] & COUNTED:
        return occurrence + 1 + COUNTS_BYTES
    return occurrence + 1
