"""The doors between the rooms, as protocols. A room knows these, not the other rooms."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from decoders.javascript.answer import CodecAnswer
from gateway.errors import GatewayError
from gateway.health import Health
from gateway.model import Heard, Reading, ReceiverReport, Record, Stamp, Undecoded, Verdict

Result = TypeVar("Result")

Receipt = Callable[[], None]
"""Called in the event loop once what was handed over with it is on disk."""


class Clock(Protocol):
    """The machine's clocks. Only sources and the composition ask; pure code gets times as arguments."""

    @property
    def boot_id(self) -> str:
        """The kernel's id of this boot."""

    def stamp(self) -> Stamp:
        """Now, by the wall clock and the boot-time clock, and whether the wall clock is trusted."""


class Intake(Protocol):
    """Where sources put what they heard. All methods are called in the event loop."""

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        """Take everything that one message or datagram held. Never blocks, never raises.

        `receipt` is called after COMMIT, in the order of submission within a source. Without a receipt
        the source cannot send again, and what meets a full store is counted as `store_full`.
        """

    def report(self, report: ReceiverReport) -> None:
        """Take what a gateway says of itself."""

    async def room(self, *, patient: bool = True) -> None:
        """Wait until fewer than the bounded number of frames wait for their commit.

        A source whose far end sends on regardless is not `patient`: while the store is full it goes on,
        so that what is lost is counted as `store_full` and not by the kernel.
        """


class Ledger(Protocol):
    """The store as ingest sees it: add records and counts, then commit them as one transaction."""

    full: bool
    """True while nothing more can be taken."""

    @property
    def newest_seq(self) -> int:
        """The seq of the newest record added."""

    def add(self, record: Record) -> int:
        """Put a record into the open batch; its seq."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter in the open batch."""

    def session_id(self, dev_addr: str, fingerprint: str, epoch: int, device: str) -> int:
        """The id of a session, made in the open batch when it is new."""

    def snapshot(self, session: int, state: bytes) -> None:
        """Put the state of a session, as of the newest record added, into the open batch."""

    async def commit(self) -> None:
        """Write the open batch; returns when it is on disk.

        Raises:
            StoreFull, StoreDamaged, Unavailable: nothing was written, the batch stays open.
        """

    async def recover(self, error: GatewayError) -> None:
        """Do what can be done after a commit failed: make room, or open the file anew."""


class Source(Protocol):
    """A way in. `run` ends by cancellation; it reconnects by itself and never lets Unavailable out."""

    name: str
    health: Health
    guarantee: str
    """For status and docs: "at least once" or "at most once"."""
    window: int
    """How many messages the far end sends before it waits for receipts; 0 when it does not wait."""

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Receive until cancelled; receipts that come later must still reach the far end."""

    async def close(self) -> None:
        """After the last commit: send what receipts are owed, and let go."""


@runtime_checkable
class Returning(Protocol):
    """A source whose far end keeps what comes while this program is away, and can tell that it forgot it."""

    def heard_before(self, last_ns: int) -> None:
        """Something of this source is on disk since an earlier run; Unix time in ns of the newest."""


class Sink(Protocol):
    """A way out. Called in the sink's own thread: it may block, within its time-outs."""

    name: str
    health: Health
    batch_lines: int
    """The most readings it takes at once."""

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        """Write a batch and say what came of each reading.

        Raises:
            Unavailable: nothing is known to be written; try the same again later.
            Blocked: an operator must act; keep everything and probe.
        """

    def close(self) -> None:
        """Give up a request under way, from any thread; the sink is not used again."""


class Offer(Protocol):
    """Readings taken for a sink, and where its position is once they are settled."""

    readings: list[Reading]

    def __bool__(self) -> bool:
        """Whether there is anything to settle."""


class Outlet(Protocol):
    """The store as one deliver loop sees it."""

    @property
    def pending(self) -> int:
        """How many readings the sink has still to settle, those that wait for the clock included."""

    def work(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run something in the sink's thread."""

    def more(self) -> "asyncio.Future[None]":
        """Done when readings were committed after this call."""

    def take(self, lines_max: int) -> Offer:
        """The next readings; the same again until they are settled. In the sink's thread.

        Raises:
            Unavailable: the store cannot be read now.
        """

    async def settle(self, offer: Any, verdict: Verdict) -> None:
        """Move the sink's position over what was taken, but for what the verdict keeps."""


class Backlog(Protocol):
    """What waits for the decode stage: rows of the store, oldest first."""

    @property
    def waiting(self) -> int:
        """How many hearings have no answer yet, those held for the clock included."""

    @property
    def dropped(self) -> int:
        """How many payloads were deleted, or dropped, before their codec had answered."""

    def work(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run something in the decode stage's thread."""

    def more(self) -> "asyncio.Future[None]":
        """Done when rows were committed after this call; watched by many, cancelled by none."""

    def take(self, rows_max: int) -> tuple[list[Undecoded], int]:
        """The next rows, and the seq up to which that is all; in the decode stage's thread.

        Raises:
            Unavailable: the store cannot be read now.
        """

    def passed(self, seq: int, *, answered: bool = True) -> None:
        """Every row up to this seq has its answer in the open batch, or needs none."""

    def skip(self) -> None:
        """Nothing waits: look only at what comes."""

    def close(self) -> None:
        """End the thread; does not wait."""


class CodecPayload(Struct, frozen=True, gc=False):
    """A payload for a JavaScript codec."""

    codec: Path
    """The codec's file."""
    f_port: int
    payload: bytes
    received_ms: float | None
    """Its uplink's time as Unix ms; None while nobody knows."""


class Codecs(Protocol):
    """What runs JavaScript codecs. Called in a thread of its own: it blocks, within its time-outs."""

    def decode(self, payloads: Sequence[CodecPayload]) -> list[CodecAnswer]:
        """What each codec says of its payload, in order; a codec that fails has an answer that says so.

        Raises:
            Unavailable: none can be run now.
        """

    def close(self) -> None:
        """Give up what is under way, from any thread."""
