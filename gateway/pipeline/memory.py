"""What ingest remembers of the newest hearings, to know copies of them. Pure and bounded.

Two generations take turns: when the young one is full it becomes the old one and the old one is forgotten,
so that between one and two times the bound is remembered at a constant cost.
"""

from typing import Generic, TypeVar

from gateway.model import ApplicationUplink, Frame, Reception

HEARINGS = 2048
"""A generation of hearings. Redeliveries come from a window of unacknowledged messages."""
UPLINKS = 2048
"""A generation of uplinks: how long another gateway's copy may take to come."""

NO_SNR_DB = -1000.0
"""Of a hearing without one: any other is better."""

Value = TypeVar("Value")


class Generations(Generic[Value]):
    """A bounded mapping that forgets its oldest entries."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[int, Value] = {}
        self._old: dict[int, Value] = {}

    def get(self, key: int) -> Value | None:
        """The value, None when it is not or no longer known."""
        found = self._young.get(key)
        return found if found is not None else self._old.get(key)

    def put(self, key: int, value: Value) -> None:
        """Remember a value."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value


class Heard:
    """Hearings that are kept already: equal in receiver, antenna, bytes and the receiver's own stamp."""

    def __init__(self) -> None:
        self._known: Generations[bool] = Generations(HEARINGS)

    def all_known(self, keys: tuple[int, ...]) -> bool:
        """Whether every one of these is kept already; False for none."""
        known = self._known.get
        return bool(keys) and all(known(key) for key in keys)

    def add(self, keys: tuple[int, ...]) -> None:
        """They are kept now."""
        for key in keys:
            self._known.put(key, True)


def hearing_keys(heard: Frame | ApplicationUplink) -> tuple[int, ...]:
    """What makes each hearing of this message unlike any other; () when nothing does.

    The channel is part of it: a strong frame also shows as a ghost on another one, with the same `tmst`.
    """
    if isinstance(heard, ApplicationUplink):
        return (hash((heard.server, heard.event_id)),) if heard.event_id else ()
    # Without a stamp the message's own time tells; a modem gives neither and cannot send again.
    other = heard.gps_time_ns or heard.gateway_time_ns
    if len(heard.receptions) == 1:
        reception = heard.receptions[0]
        stamp = reception.stamp or other
        return (
            (hash((reception.receiver, reception.antenna, reception.channel, heard.phy, stamp)),)
            if stamp
            else ()
        )
    return tuple(
        hash((one.receiver, one.antenna, one.channel, heard.phy, one.stamp or other))
        for one in heard.receptions
        if one.stamp or other
    )


class Uplink:
    """An uplink as remembered: where it is kept, its time, and how well each receiver heard it."""

    __slots__ = (
        "_others", "_receiver", "_snr_db", "f_cnt", "from_server", "lost", "provisional", "raw",
        "receptions", "seq", "session", "time_ns",
    )  # fmt: skip

    def __init__(
        self, seq: int, time_ns: int, session: int | None, f_cnt: int | None, lost: int,
        *, from_server: bool,
    ) -> None:  # fmt: skip
        self.seq = seq
        self.time_ns = time_ns
        self.session = session
        self.f_cnt = f_cnt
        self.lost = lost
        self.from_server = from_server
        """A network server's event has told it."""
        self.provisional = False
        """Its time waits for a trusted clock, and so does that of its further receptions."""
        self.raw = not from_server
        """A frame of its own has told it."""
        self.receptions = 0
        """How many were looked at."""
        self._receiver = ""
        self._snr_db = NO_SNR_DB
        self._others: dict[str, float] | None = None
        """Further receivers; most uplinks have one, and thousands are remembered."""

    def improves(self, reception: Reception) -> bool:
        """Whether this hearing is a new receiver's, or its best; it is noted then."""
        snr_db = reception.snr_db if reception.snr_db is not None else NO_SNR_DB
        self.receptions += 1
        if self._receiver in ("", reception.receiver):
            if self._receiver and self._snr_db >= snr_db:
                return False
            self._receiver, self._snr_db = reception.receiver, snr_db
            return True
        if self._others is None:
            self._others = {}
        known = self._others.get(reception.receiver)
        if known is not None and known >= snr_db:
            return False
        self._others[reception.receiver] = snr_db
        return True


def uplink_key(device: str, dev_addr: str, f_cnt: int, f_port: int | None, payload: bytes) -> int:
    """What a frame of our own and a network server's event of the same uplink have in common."""
    return hash((device, dev_addr, f_cnt, f_port, payload))
