"""A session: whose keys these are, what was heard under them, and whether one more frame is new.

    counter               not heard        heard, same MIC    heard, another MIC
    above the newest      uplink           -                  -
    in the window         late             repeated           refused: f_cnt_conflict
    older than that       refused: replayed

A gap refuses nothing, it is counted as lost. The third refused frame in a row with a rising counter is
a suspected restart of the counter: refused as `f_cnt_reset`, or, with `accept_once`, the beginning of
the next epoch, which is a session of its own. Only accepted frames change a session; refused ones change
the suspicion at most.

Frames of the epoch before may still come, from a gateway on a slow link. Those far above the newest of
this epoch and near the newest of that one are judged there, so that they do not end this epoch.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from gateway.errors import Refused
from gateway.lorawan.frame_counter import COUNTERS_KEPT, CounterWindow, expected, searched
from gateway.lorawan.restart import RestartWatch
from gateway.lorawan.session_keys import SessionKeys

OnReset = Literal["refuse", "accept_once"]
"""What a device's configuration says about a restarted counter."""

SNAPSHOT_VERSION = 1
_SPENT = 0x01


class Admission(Struct, frozen=True, gc=False):
    """How a frame with a right MIC stands to what was heard before."""

    session: "Session"
    """Where it belongs: this session, the one it follows, or the one it opened."""
    outcome: Literal["uplink", "late", "repeated"]
    lost: int
    """By how many the count of lost frames changes: a gap adds, a late frame that fills one takes 1 off."""
    opened: bool = False
    """It is the first frame of a new epoch."""


class Session:
    """DevAddr, keys and epoch, with the counters heard. Used by one thread."""

    __slots__ = (
        "_restart", "dev_addr", "device", "dirty", "epoch", "f_cnt_reset", "keys",
        "previous", "row", "spent", "window",
    )  # fmt: skip

    def __init__(
        self,
        *,
        device: str,
        dev_addr: str,
        keys: SessionKeys,
        f_cnt_reset: OnReset = "refuse",
        epoch: int = 0,
    ) -> None:
        self.device = device
        """The device's configured name."""
        self.dev_addr = dev_addr
        """8 lower-case hex digits."""
        self.keys = keys
        self.f_cnt_reset: OnReset = f_cnt_reset
        self.epoch = epoch
        """How many accepted restarts of the counter came before."""
        self.spent = epoch > 0
        """Whether `accept_once` is used up."""
        self.window = CounterWindow()
        self.previous: Session | None = None
        """The epoch before this one, to know late copies of its frames."""
        self.dirty = False
        """Whether it changed since the last snapshot."""
        self.row: int | None = None
        """The store's, which the session only carries."""
        self._restart = RestartWatch()

    @property
    def fingerprint(self) -> str:
        """16 hex digits that name the keys."""
        return self.keys.fingerprint

    @property
    def newest(self) -> int | None:
        """The highest 32-bit counter accepted; None for a session never heard."""
        return self.window.newest

    def expects(self, f_cnt16: int) -> int:
        """The 32-bit counter that a frame with these low 16 bits most likely has."""
        return expected(self.window.newest, f_cnt16)

    def searches(self, f_cnt16: int) -> Iterator[int]:
        """The other 32-bit counters that it may have, the likelier first; `expects` is not among them."""
        yield from searched(self.window.newest, f_cnt16)
        if self.previous is not None:
            yield self.previous.expects(f_cnt16)

    def admit(self, f_cnt: int, mic: bytes) -> Admission:
        """Take a frame whose MIC is right at `f_cnt`, and remember it when it is new.

        Raises:
            Refused: `replayed`, `f_cnt_conflict` or `f_cnt_reset`.
        """
        mic = self.keys.lasting(mic)
        window = self.window
        newest = window.newest
        if newest is not None and f_cnt <= newest:
            if newest - f_cnt >= COUNTERS_KEPT:
                return self._restarted(f_cnt, mic, "replayed")
            heard = window.mic_of(f_cnt)
            if heard is not None:
                if heard == mic:
                    return Admission(self, "repeated", 0)
                return self._restarted(f_cnt, mic, "f_cnt_conflict")
        if self.previous is not None:
            owner = self._epoch_of(f_cnt, mic, self.previous)
            if owner is not self:
                return owner.admit(f_cnt, mic)
        return self._accepted(f_cnt, mic, newest)

    def learn(self, f_cnt: int, mic: bytes) -> None:
        """Note a frame that was accepted before the program started, without judging it again."""
        self.window.note(f_cnt, self.keys.lasting(mic))
        self.dirty = True

    def next_epoch(self) -> "Session":
        """The session that follows when the device began its counter again; nothing is heard in it yet."""
        session = Session(
            device=self.device,
            dev_addr=self.dev_addr,
            keys=self.keys,
            f_cnt_reset=self.f_cnt_reset,
            epoch=self.epoch + 1,
        )
        session.previous = self
        session.dirty = True
        self.previous = None
        return session

    def configured_as(self, other: "Session") -> None:
        """Take the device's name and its rule from a session of this identity that has heard nothing."""
        self.device = other.device
        if self.previous is not None:
            self.previous.device = other.device
        if self.f_cnt_reset != other.f_cnt_reset:
            self.f_cnt_reset = other.f_cnt_reset
            self.arm()

    def arm(self) -> None:
        """Let `accept_once` accept one more restart."""
        self.spent = False
        self.dirty = True

    def snapshot(self) -> bytes:
        """What `restore` needs, without keys; marks the session as clean."""
        self.dirty = False
        return bytes((SNAPSHOT_VERSION, _SPENT if self.spent else 0)) + self.window.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Take over what a session of this identity had heard.

        A start under `refuse` arms `accept_once` again, for when the operator turns it on the next time.

        Raises:
            ValueError: damaged, or written by a newer program; the session is as it was.
        """
        if len(snapshot) < 2 or snapshot[0] != SNAPSHOT_VERSION:
            raise ValueError("a session snapshot has an unknown version")
        self.window = CounterWindow.restore(snapshot[2:])
        spent = snapshot[1] & _SPENT != 0
        self.spent = spent and self.f_cnt_reset == "accept_once"
        self.dirty = self.spent != spent

    def _epoch_of(self, f_cnt: int, mic: bytes, previous: "Session") -> "Session":
        """This session or the one before: whose frame it is that was not heard in this one."""
        heard = previous.window.mic_of(f_cnt)
        if heard is not None:
            return previous if heard == mic else self
        near_previous = abs(f_cnt - (previous.newest or 0)) < COUNTERS_KEPT
        far_ahead = f_cnt - (self.newest or 0) > COUNTERS_KEPT
        return previous if near_previous and far_ahead else self

    def _accepted(self, f_cnt: int, mic: bytes, newest: int | None) -> Admission:
        window = self.window
        late = newest is not None and f_cnt < newest
        if newest is None:
            lost = 0
        elif not late:
            lost = f_cnt - newest - 1
        elif f_cnt > window.first:
            lost = -1
        else:
            lost = window.first - f_cnt - 1
        window.note(f_cnt, mic)
        self.dirty = True
        if late:
            return Admission(self, "late", lost)
        self._restart.forget()
        return Admission(self, "uplink", lost)

    def _restarted(self, f_cnt: int, mic: bytes, reason: str) -> Admission:
        """The first frame of the next epoch where that is allowed; else raises."""
        suspected = self._restart.sees(f_cnt, mic)
        if suspected and self.f_cnt_reset == "accept_once" and not self.spent:
            session = self.next_epoch()
            session.window.note(f_cnt, mic)
            return Admission(session, "uplink", 0, opened=True)
        if suspected:
            reason = "f_cnt_reset"
        raise Refused(reason, self._sentence(reason, f_cnt))

    def _sentence(self, reason: str, f_cnt: int) -> str:
        whose = f"{self.device}: counter {f_cnt}, newest {self.newest}"
        if reason == "replayed":
            return f"{whose}: further behind than the {COUNTERS_KEPT} counters that are remembered"
        if reason == "f_cnt_conflict":
            return (
                f"{whose}: heard before with other bytes; two devices with these keys, or a restart"
            )
        if self.spent and self.f_cnt_reset == "accept_once":
            remedy = "accept_once is used up; if this restart is meant, arm it again"
        else:
            remedy = 'if it was restarted, set f_cnt_reset = "accept_once" for it'
        return f"{whose}: counts from below again; {remedy}"
