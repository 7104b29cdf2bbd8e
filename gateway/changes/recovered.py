"""A frame that was refused and is something better now."""

from dataclasses import dataclass

from gateway.model import Record


@dataclass(frozen=True, slots=True)
class Recovered:
    """What takes the place of a refused row."""

    seq: int
    """The refused row's."""
    before: str
    """What it counted as."""
    record: Record
    """What it is now, with its bytes; `session` and `about` are the shadow's."""
    note: int
    """The shadow's number of the record."""
    session: tuple[str, str] | None
    """DevAddr and fingerprint of its keys; None where no running session knows them."""
    tell: bool
    """Whether the running session shall know its counter."""
