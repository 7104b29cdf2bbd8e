"""What a frame says: whose it is, whether it is authentic and new, and its decrypted payload.

    phy -> parse -> sessions of this DevAddr -> MIC at the expected counter -> admit -> decrypt -> Opened
                                             -> MIC at other counters, within a budget
                                             -> Undecided when the budget is used up, else Refused

A refused or undecided frame leaves every session as it was. All times are arguments.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from gateway.errors import Refused
from gateway.lorawan.budget import SearchBudget
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.phy_payload import (
    DataUplink,
    JoinAccept,
    JoinRequest,
    PhyPayload,
    Proprietary,
    RejoinRequest,
    parse,
)
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import Checked

SESSIONS_PER_DEV_ADDR_MAX = 32
"""Each costs one check for every frame with this DevAddr."""


SESSIONS_GONE_MAX = 1000
"""Of devices that were taken out, with their counters: 16 MiB at most. The store has them as well."""


class Opened(Struct, frozen=True, gc=False):
    """An authentic data uplink."""

    session: Session
    device: str
    """The device's configured name."""
    dev_addr: str
    """8 lower-case hex digits."""
    f_cnt: int
    """All 32 bits of it."""
    f_port: int | None
    payload: bytes
    """FRMPayload, decrypted; empty on FPort 0, where it is MAC commands."""
    outcome: Literal["uplink", "late", "repeated", "mac_only"]
    """`mac_only`: new, or late, and without a payload for the application."""
    confirmed: bool
    adr: bool
    lost: int
    """By how many the count of lost frames changes: a gap adds, a late frame that fills one takes 1 off."""
    mic_checked: Checked
    mac_commands: bytes
    """From FOpts or FPort 0, decrypted."""
    opened_epoch: bool
    """The device began its counter again, and that was accepted with this frame."""


class Join(Struct, frozen=True, gc=False):
    """A frame of the join procedure."""

    kind: Literal["join_request", "rejoin_request", "join_accept"]
    device: str | None
    """The configured name; None for a device that is not known, and for an accept."""
    dev_eui: str | None
    """16 lower-case hex digits; None in an accept, which is encrypted."""
    join_eui: str | None
    dev_nonce: int | None
    """RJcount in a rejoin-request."""
    mic_ok: bool | None
    """None when no key to check it is known."""


class Undecided(Struct, frozen=True, gc=False):
    """A data uplink that is not judged yet: to be kept, and tried again when there is time."""

    dev_addr: str
    f_cnt16: int


class Lorawan:
    """All sessions by DevAddr, join keys by DevEUI, and the budget for searches. Used by one thread."""

    def __init__(self, channels: tuple[int, ...] = ()) -> None:
        """`channels` are the region's uplink channel indexes (region.py), for LoRaWAN 1.1."""
        self._channels = channels
        self._sessions: dict[int, list[Session]] = {}
        self._join_keys: dict[str, JoinKeys] = {}
        self._elsewhere: dict[int, str] = {}
        self._address_elsewhere: dict[str, int] = {}
        self._budget = SearchBudget()
        self._gone: dict[tuple[str, str], Session] = {}
        """By DevAddr and fingerprint: sessions of devices that were taken out while this runs."""

    def add_session(self, session: Session) -> None:
        """Know the frames of this session.

        Raises:
            ValueError: another device has the same DevAddr and keys, or 32 share the DevAddr.
        """
        sharing = self._sessions.setdefault(int(session.dev_addr, 16), [])
        for other in sharing:
            if other.fingerprint == session.fingerprint:
                raise ValueError(
                    f"{session.device} and {other.device} have the same DevAddr"
                    f" {session.dev_addr} and the same keys; give one of them others"
                )
        if len(sharing) >= SESSIONS_PER_DEV_ADDR_MAX:
            raise ValueError(
                f"{session.device}: {SESSIONS_PER_DEV_ADDR_MAX} devices share the DevAddr"
                f" {session.dev_addr} already; give this one another"
            )
        sharing.append(session)

    def add_join_keys(self, keys: JoinKeys) -> None:
        """Know the joins of this device."""
        self._join_keys[keys.dev_eui] = keys

    def add_elsewhere(self, dev_addr: str, device: str) -> None:
        """A device that joined through a network server uses this DevAddr; its keys are not known here.

        Its raw frames are then refused as `no_session` and not as `unknown_device`.
        """
        address = int(dev_addr, 16)
        before = self._address_elsewhere.get(device)
        if before != address and before is not None and self._elsewhere.get(before) == device:
            del self._elsewhere[before]
        self._elsewhere[address] = device
        self._address_elsewhere[device] = address

    def forget_elsewhere(self, device: str) -> None:
        """A device is not configured any more."""
        address = self._address_elsewhere.pop(device, None)
        if address is not None and self._elsewhere.get(address) == device:
            del self._elsewhere[address]

    def sessions(self) -> Iterator[Session]:
        """Every session, each followed by the epoch before it."""
        for sharing in self._sessions.values():
            for session in sharing:
                yield session
                if session.previous is not None:
                    yield session.previous

    def become(self, fresh: "Lorawan") -> tuple[list[Session], list[Session]]:
        """Have the sessions and join keys of another that has heard nothing; what is known here stays known.

        Gives (sessions that are no more, sessions that were never known here). One that is no more is kept
        aside with its counters: it goes on where it was when its device comes back.
        """
        known = {(s.dev_addr, s.fingerprint): s for same in self._sessions.values() for s in same}
        new = []
        self._sessions = {}
        for session in fresh.sessions():
            key = session.dev_addr, session.fingerprint
            before = known.pop(key, None) or self._gone.pop(key, None)
            if before is None:
                new.append(session)
            else:
                before.configured_as(session)
            self.add_session(before or session)
        self._join_keys = dict(fresh.join_keys())
        self._gone |= known
        while len(self._gone) > SESSIONS_GONE_MAX:
            del self._gone[next(iter(self._gone))]
        return list(known.values()), new

    def join_keys(self) -> Iterator[tuple[str, JoinKeys]]:
        """(DevEUI, keys) of every device that joins."""
        yield from self._join_keys.items()

    def identities(self) -> set[tuple[str, str]]:
        """(DevAddr, fingerprint) of every session, also of those kept aside."""
        known = {(s.dev_addr, s.fingerprint) for same in self._sessions.values() for s in same}
        return known | self._gone.keys()

    def restore(
        self, dev_addr: str, fingerprint: str, epoch: int, row: int, snapshot: bytes
    ) -> Session | None:
        """Give a configured session what the store kept of it; epochs of one session in ascending order.

        None when no device has this DevAddr with these keys any more. An empty snapshot stands for a row
        that was not flushed yet.

        Raises:
            ValueError: the snapshot is damaged; its session is known, and empty.
        """
        sharing = self._sessions.get(int(dev_addr, 16), [])
        for place, session in enumerate(sharing):
            if session.fingerprint != fingerprint:
                continue
            while session.epoch < epoch:
                session = sharing[place] = session.next_epoch()
            session.row = row
            session.dirty = False
            if snapshot:
                session.restore(snapshot)
            return session
        return None

    def unwrap(
        self, phy: bytes, now_s: float, data_rate: int | None = None, *, idle: bool = False
    ) -> Opened | Join | Undecided:
        """What this frame says, heard at `now_s` (monotonic seconds).

        `data_rate` is the region's index of the rate it was sent with, for LoRaWAN 1.1. `idle` is for an
        undecided frame that is tried again: the search is made whatever the budget says.

        Raises:
            Refused: malformed, not_lorawan, unknown_device, no_session, bad_mic, replayed,
                f_cnt_conflict or f_cnt_reset.
        """
        frame = parse(phy)
        if not isinstance(frame, DataUplink):
            return self._other(frame)
        sharing = self._sessions.get(frame.dev_addr)
        if sharing is None:
            raise self._stranger(frame.dev_addr)
        channels = self._channels
        for session in sharing:
            f_cnt = session.expects(frame.f_cnt16)
            checked = session.keys.check_uplink(frame, f_cnt, data_rate, channels)
            if checked is not None:
                return self._open(session, frame, f_cnt, checked)
        if not idle and not self._budget.takes(frame.dev_addr, now_s):
            return Undecided(f"{frame.dev_addr:08x}", frame.f_cnt16)
        return self._search(sharing, frame, data_rate)

    def _search(self, sharing: list[Session], frame: DataUplink, data_rate: int | None) -> Opened:
        for session in sharing:
            for f_cnt in session.searches(frame.f_cnt16):
                checked = session.keys.check_uplink(frame, f_cnt, data_rate, self._channels)
                if checked is not None:
                    return self._open(session, frame, f_cnt, checked)
        names = ", ".join(session.device for session in sharing)
        raise Refused(
            "bad_mic",
            f"DevAddr {frame.dev_addr:08x}, counter ending in {frame.f_cnt16}:"
            f" the MIC is not by the keys of {names}",
        )

    def _open(self, session: Session, frame: DataUplink, f_cnt: int, checked: Checked) -> Opened:
        admission = session.admit(f_cnt, frame.mic)
        outcome: Literal["uplink", "late", "repeated", "mac_only"] = admission.outcome
        if admission.session is not session:
            self._follow(session, admission.session)
            session = admission.session
        keys = session.keys
        payload = keys.payload(frame, f_cnt) if frame.frm_payload else b""
        commands = keys.f_opts(frame, f_cnt) if frame.f_opts else b""
        if not frame.f_port:
            payload, commands = b"", payload or commands
        if not payload and outcome != "repeated":
            outcome = "mac_only"
        return Opened(
            session, session.device, session.dev_addr, f_cnt, frame.f_port, payload, outcome,
            frame.confirmed, frame.adr, admission.lost, checked, commands, admission.opened,
        )  # fmt: skip

    def _follow(self, session: Session, other: Session) -> None:
        """Put a new epoch in the place of the session it follows."""
        if other.previous is session:
            sharing = self._sessions[int(session.dev_addr, 16)]
            sharing[sharing.index(session)] = other

    def _stranger(self, dev_addr: int) -> Refused:
        device = self._elsewhere.get(dev_addr)
        if device is None:
            return Refused("unknown_device", f"no configured device has DevAddr {dev_addr:08x}")
        return Refused(
            "no_session",
            f"{device} uses DevAddr {dev_addr:08x} by a join through a network server;"
            " its session keys are not known here",
        )

    def _other(self, frame: PhyPayload) -> Join:
        if isinstance(frame, JoinRequest):
            keys = self._join_keys.get(frame.dev_eui)
            mic_ok = None if keys is None else keys.check_request(frame)
            name = None if keys is None else keys.device
            return Join(
                "join_request", name, frame.dev_eui, frame.join_eui, frame.dev_nonce, mic_ok
            )
        if isinstance(frame, RejoinRequest):
            keys = self._join_keys.get(frame.dev_eui)
            mic_ok = None if keys is None else keys.check_rejoin(frame)
            name = None if keys is None else keys.device
            return Join(
                "rejoin_request", name, frame.dev_eui, frame.join_eui, frame.rj_count, mic_ok
            )
        if isinstance(frame, JoinAccept):
            return Join("join_accept", None, None, None, None, None)
        if isinstance(frame, Proprietary):
            raise Refused("not_lorawan", "MType 7: a proprietary frame")
        raise Refused(
            "not_lorawan",
            f"a downlink to DevAddr {frame.dev_addr:08x}: only uplinks carry readings",
        )
