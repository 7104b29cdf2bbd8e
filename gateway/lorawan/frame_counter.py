"""Frame counters: which 32-bit values a frame may have, and what was heard at the last 4,096 of them.

Only the low half of FCnt is sent. The MIC covers all of it, so the MIC decides; this page says which
values are worth a check, and in which order.

    newest known      expected first: the only value from 4,095 below the newest to 61,440 above it
                      then by high half, from the newest's: + 0, + 1, - 1, + 2 ... + 9, and 0
    nothing known     high half 0, then 1 to 15

High half 0 is tried last because a device that restarts its counter begins there.

A snapshot of a window, little-endian; an empty window is no bytes:

    newest(4) first(4) base(4) n(2) | presence(n) | MICs (4 each)
"""

from collections.abc import Iterator
from struct import Struct as Layout
from struct import error as LayoutError  # noqa: N812

COUNTERS_KEPT = 4096
"""How far behind the newest a counter may be and still be judged by what was heard."""
F_CNT_MAX = 0xFFFFFFFF
FRESH_HIGH_HALVES = 16
"""High halves tried for a session that was never heard: a million frames."""
HIGH_HALVES_UPWARD = 8
"""High halves tried beyond the newest's + 1: half a million lost frames."""

_ALL = (1 << COUNTERS_KEPT) - 1
_MIC_BYTES = 4
_RING_BYTES = COUNTERS_KEPT * _MIC_BYTES
_HEAD = Layout("<IIIH")


def expected(newest: int | None, f_cnt16: int) -> int:
    """The value that a frame with these low 16 bits most likely has: it is the one check always made."""
    if newest is None:
        return f_cnt16
    floor = newest - COUNTERS_KEPT + 1
    if floor < 0:
        floor = 0
    f_cnt = floor + ((f_cnt16 - floor) & 0xFFFF)
    return f_cnt if f_cnt <= F_CNT_MAX else f_cnt - 0x10000


def searched(newest: int | None, f_cnt16: int) -> Iterator[int]:
    """The other values worth a check, in order."""
    first = expected(newest, f_cnt16) >> 16
    for high in _high_halves(newest):
        if high != first and 0 <= high <= 0xFFFF:
            yield high << 16 | f_cnt16


def _high_halves(newest: int | None) -> Iterator[int]:
    if newest is None:
        yield from range(FRESH_HIGH_HALVES)
        return
    base = newest >> 16
    yield from (base, base + 1, base - 1)
    yield from range(base + 2, base + 2 + HIGH_HALVES_UPWARD)
    if base > 1:
        yield 0


class CounterWindow:
    """The MICs heard at the newest counter and the 4,095 before it.

    A ring of four bytes each that grows with use, to 16 KiB, and one bit per counter that says whether
    it was heard.
    """

    __slots__ = ("_base", "_heard", "_mics", "first", "newest")

    def __init__(self) -> None:
        self.newest: int | None = None
        """The highest counter noted; None before the first."""
        self.first = 0
        """The lowest counter noted, ever."""
        self._base = 0
        """The counter at the ring's start: growth follows the counters heard, not their values."""
        self._heard = 0
        """Bit n: newest - n was heard."""
        self._mics = bytearray()

    def __len__(self) -> int:
        """How many counters of the window were heard."""
        return self._heard.bit_count()

    @property
    def size_bytes(self) -> int:
        """What the MICs take."""
        return len(self._mics)

    def mic_of(self, f_cnt: int) -> bytes | None:
        """The MIC heard at this counter; None when none was, or when it lies outside the window."""
        newest = self.newest
        if newest is None or not 0 <= newest - f_cnt < COUNTERS_KEPT:
            return None
        if not self._heard >> (newest - f_cnt) & 1:
            return None
        at = self._place(f_cnt)
        return bytes(self._mics[at : at + _MIC_BYTES])

    def note(self, f_cnt: int, mic: bytes) -> None:
        """Remember a counter, newest or not. One older than the window changes `first` at most."""
        newest = self.newest
        if newest is None:
            self.newest = self.first = self._base = f_cnt
            self._heard = 1
        elif f_cnt > newest:
            ahead = f_cnt - newest
            self._heard = (self._heard << ahead | 1) & _ALL if ahead < COUNTERS_KEPT else 1
            self.newest = f_cnt
        else:
            if f_cnt < self.first:
                self.first = f_cnt
            if newest - f_cnt >= COUNTERS_KEPT:
                return
            self._heard |= 1 << (newest - f_cnt)
        self._put(self._place(f_cnt), mic)

    def snapshot(self) -> bytes:
        """Everything `restore` needs."""
        if self.newest is None:
            return b""
        presence = self._heard.to_bytes((self._heard.bit_length() + 7) // 8, "little")
        head = _HEAD.pack(self.newest, self.first, self._base, len(presence))
        return head + presence + self._mics

    @classmethod
    def restore(cls, snapshot: bytes) -> "CounterWindow":
        """A window as it was.

        Raises:
            ValueError: these bytes are no snapshot.
        """
        window = cls()
        if not snapshot:
            return window
        try:
            newest, first, base, presence_bytes = _HEAD.unpack_from(snapshot)
        except LayoutError:
            raise ValueError("a counter snapshot is cut short") from None
        start = _HEAD.size + presence_bytes
        heard = int.from_bytes(snapshot[_HEAD.size : start], "little")
        window.newest, window.first, window._base = newest, first, base
        window._heard, window._mics = heard, bytearray(snapshot[start:])
        if not window._is_sound():
            raise ValueError("a counter snapshot is damaged")
        return window

    def _is_sound(self) -> bool:
        """Whether every counter that is marked as heard can be one, and has its four bytes."""
        newest, heard, size = self.newest or 0, self._heard, len(self._mics)
        if heard & 1 == 0 or heard > _ALL or heard.bit_length() > newest + 1:
            return False
        if self.first > newest or size % _MIC_BYTES or size > _RING_BYTES:
            return False
        return size == _RING_BYTES or all(
            self._place(newest - back) < size
            for back in range(heard.bit_length())
            if heard >> back & 1
        )

    def _place(self, f_cnt: int) -> int:
        return (f_cnt - self._base) % COUNTERS_KEPT * _MIC_BYTES

    def _put(self, at: int, mic: bytes) -> None:
        missing = at - len(self._mics)
        if missing > 0:
            self._mics.extend(bytes(missing))
        self._mics[at : at + _MIC_BYTES] = mic
