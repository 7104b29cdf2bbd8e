"""Rows that amend another one: what a hearing is now, and the readings that it gives now. Pure.

The first row is never changed. The row that amends it points at it by `about`; its outcome says both, what that
hearing was and what it is from now on, such as `undecoded>uplink`, so that rows and counters can be compared
whichever of the two has been sealed or deleted. Of readings with equal series and time the newer row's win.
"""

from gateway.model import BECAME, Malformed, Reading, Record, Stamp
from gateway.ports import Ledger

LATE = "behind the newest counter of its session"
"""The sentence of an `undecoded` row that will be `late` once it is decoded."""


def after_decoding(record: Record) -> str:
    """The outcome of a first row whose payload a decoder has understood."""
    return "late" if record.outcome == "late" or record.sentence == LATE else "uplink"


def amend(
    ledger: Ledger,
    about: int,
    record: Record,
    before: str,
    after: str,
    readings: tuple[Reading, ...] = (),
    sentence: str | None = None,
    received: Stamp | None = None,
) -> int:
    """Put a row that amends `about` into the open batch and move its hearing's count; the new row's seq.

    `record` is the first row, `before` what it counts as until now. Nothing may be awaited between reading
    `before` and this call.
    """
    # The bytes, session and counter stay with the first row; here they would only cost the card.
    heard = Malformed(record.heard.source, b"", "", received or record.heard.received)
    outcome = f"{before}{BECAME}{after}"
    seq = ledger.add(Record(heard, outcome, record.device, readings, sentence, None, None, about))
    ledger.count(f"outcome.{before}", -1)
    ledger.count(f"outcome.{after}")
    return seq
