"""Counters of uplinks that a network server has judged: never refused, only told apart. Pure.

A session is (DevEUI, DevAddr, the server's session id). The server has judged replay already, so a lower
counter is a new session: its next epoch.
"""

from msgspec import Struct

from gateway.model import ApplicationUplink, Record

SESSIONS_MAX = 100_000
"""Bound; a rejoining device leaves one behind each time."""


class Judged(Struct, frozen=True, gc=False):
    """How an event stands to its session."""

    epoch: int
    lost: int
    """Counters skipped since the newest event of the session."""
    repeated: bool
    """The same counter and payload again, under another event id."""


class EventSessions:
    """Newest counter and epoch of each."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str, str], tuple[int, int]] = {}

    def judge(self, event: ApplicationUplink, *, again: bool) -> Judged:
        """Take an event; `again` says that an equal one was told by an event before."""
        key = (event.dev_eui, event.dev_addr, event.session_id)
        known = self._newest.get(key)
        if known is None:
            self._note(key, event.f_cnt, 0)
            return Judged(0, 0, repeated=again)
        newest, epoch = known
        if event.f_cnt > newest:
            self._note(key, event.f_cnt, epoch)
            return Judged(epoch, event.f_cnt - newest - 1, repeated=False)
        if event.f_cnt == newest and again:
            return Judged(epoch, 0, repeated=True)
        self._note(key, event.f_cnt, epoch + 1)
        return Judged(epoch + 1, 0, repeated=False)

    def recall(self, record: Record, epoch: int) -> None:
        """Remember a kept event at start; rows come in their order."""
        event = record.heard
        if isinstance(event, ApplicationUplink):
            self._note((event.dev_eui, event.dev_addr, event.session_id), event.f_cnt, epoch)

    def _note(self, key: tuple[str, str, str], f_cnt: int, epoch: int) -> None:
        if key not in self._newest and len(self._newest) >= SESSIONS_MAX:
            self._newest.pop(next(iter(self._newest)))
        self._newest[key] = (f_cnt, epoch)
