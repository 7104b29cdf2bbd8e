"""The third stage: payloads for JavaScript codecs, which ingest has committed as `undecoded`, become readings.

    backlog (thread) -> payloads -> codecs (thread) -> readings -> a row that amends the first one -> commit

Ingest and sinks never wait for it. It asks the codecs' process in a thread of its own, for a hundred rows at a
time, in the order in which they were heard. What it decides goes to disk with how far it is, in one transaction:
after a kill each row is answered once. A payload that gives no reading is refused, and its bytes stay.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from decoders.contract import Decoded, DecodeRefused
from decoders.javascript.answer import CodecAnswer, unusable
from gateway.backoff import Backoff
from gateway.device import Device
from gateway.errors import Refused, StoreFull, Unavailable
from gateway.health import Health
from gateway.model import Malformed, Reading, Undecoded
from gateway.pipeline.amended import after_decoding, amend
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.held import untrusted
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.readings import ReadingMaker
from gateway.ports import Backlog, CodecPayload, Codecs, Ledger

ROWS_AT_ONCE = 100
"""Rows in one step: about 5 ms of the event loop, and the most that is held in memory."""
RETRY_FIRST_S, RETRY_MOST_S = 0.5, 60.0
"""Waits while no codec can be run, or the disk refuses."""
TRIES_WHEN_FULL = 10
"""Attempts to run a codec, some three minutes, after which a full store is not kept full by what waits for one."""


class _Opened(NamedTuple):
    """A row that waits, and its payload."""

    row: Undecoded
    device: Device
    f_port: int
    payload: bytes
    time_ns: int
    known: bool
    """Whether anybody vouches for that time."""

    @property
    def trusted_ns(self) -> int | None:
        """The uplink's time, None when nobody vouches for it."""
        return self.time_ns if self.known else None


class Decode:
    """The decode stage's one task."""

    def __init__(
        self,
        ledger: Ledger,
        backlog: Backlog,
        codecs: Codecs,
        interpreter: Interpreter,
        maker: ReadingMaker,
        payloads: Payloads,
        readings: CodecReadings,
    ) -> None:
        self._ledger = ledger
        self._backlog = backlog
        self._codecs = codecs
        self._interpreter = interpreter
        self._maker = maker
        self._payloads = payloads
        self._readings = readings
        self._backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        self._failures = 0
        """Attempts to run a codec that failed, on end."""
        self._uncommitted = False
        """Rows were decided that no commit is known to have taken; they stay in the open batch."""
        self.health = Health("stage", "decode")

    def status(self) -> Mapping[str, Any]:
        """For `status`, as JSON-able values."""
        return {
            "state": self.health.state,
            "why": self.health.sentence,
            "waiting": max(self._backlog.waiting - self._backlog.dropped, 0),
            "dropped": self._backlog.dropped,
            "counters": dict(self.health.counters),
            "values_dropped": self._readings.dropped,
        }

    async def run(self) -> None:
        """Decode what waits and what comes, until cancelled."""
        while True:
            more = self._backlog.more()
            try:
                wait = not await self._step()
            except (StoreFull, Unavailable) as error:
                self.health.down(str(error))
                if isinstance(error, StoreFull) or self._uncommitted:
                    await self._ledger.recover(error)
                await asyncio.sleep(self._backoff.next())
                continue
            if wait:
                await asyncio.wait((more,))

    def close(self) -> None:
        """Give up what is under way; what is not committed is decoded at the next start."""
        self._codecs.close()
        self._backlog.close()

    async def _step(self) -> bool:
        """Decode the next rows; False when there are none."""
        self._uncommitted = False
        if not self._backlog.waiting:
            self._backlog.skip()
            return False
        rows, high = await self._backlog.work(partial(self._backlog.take, ROWS_AT_ONCE))
        opened = [self._opened(row) for row in rows]
        asked = [one for one in opened if isinstance(one, _Opened) and one.device.codec_path]
        answers = await self._answers(asked)
        # From here to the commit nothing is awaited: all of it is in one batch.
        for row, one in zip(rows, opened, strict=True):
            self._decide(row, one, answers.get(row.seq))
        self._backlog.passed(high, answered=bool(rows))
        if rows:
            self._uncommitted = True
            await self._ledger.commit()
            if not self._failures:
                self.health.up("payloads are decoded")
                self._backoff.reset()
        return bool(rows)

    async def _answers(self, asked: Sequence[_Opened]) -> dict[int, CodecAnswer]:
        """What the codecs say, by row.

        A store that is full of what waits for them takes nothing more. If they cannot be run for long then, their
        payloads are refused, so that history can go; `redecode` runs them again.

        Raises:
            Unavailable: none can be run now.
        """
        if not asked:
            return {}
        payloads = [
            CodecPayload(
                one.device.codec_path or Path(), one.f_port, one.payload, one.time_ns / 1e6
            )
            for one in asked
        ]
        try:
            answers = await self._backlog.work(partial(self._codecs.decode, payloads))
        except Unavailable as error:
            self._failures += 1
            if not self._ledger.full or self._failures < TRIES_WHEN_FULL:
                raise
            sentence = f"no codec could be run, and the store was full: {error}"
            answers = [unusable(sentence)] * len(asked)
        else:
            self._failures = 0
        return {one.row.seq: answer for one, answer in zip(asked, answers, strict=True)}

    def _opened(self, row: Undecoded) -> _Opened | Refused:
        """The row with its payload, or why there is none any more."""
        record, fleet = row.record, self._interpreter.fleet
        device = fleet.by_name.get(record.device or "")
        if device is None or isinstance(record.heard, Malformed):
            return Refused("no_decoder", f"{record.device} is not configured any more")
        found = fleet.payload_of(device, record.heard, record.f_cnt)
        if found is None:
            return Refused("no_session", f"{device.name} has no key any more that opens this")
        f_port, payload = found
        if f_port is None:
            sentence = f"{device.name}: the payload has no FPort; set f_port for it"
            return Refused("wrong_port", sentence)
        time_ns, known = row.time_ns, row.received.trusted
        if time_ns is None or not known:
            heard = msgspec.structs.replace(record.heard, received=row.received)
            told_ns, unknown = self._interpreter.clocks.uplink_time(heard)
            known = not unknown
            if time_ns is None:
                time_ns = self._interpreter.slots.claim(device.name, told_ns)
        return _Opened(row, device, f_port, payload, time_ns, known)

    def _decide(
        self, row: Undecoded, opened: _Opened | Refused, answer: CodecAnswer | None
    ) -> None:
        """Put what became of a row into the open batch."""
        readings: tuple[Reading, ...] = ()
        sentence = None
        try:
            if isinstance(opened, Refused):
                raise opened
            readings = self._made(opened, self._decoded(opened, answer))
            outcome = after_decoding(row.record)
        except (DecodeRefused, Refused) as refused:
            outcome, sentence = refused.reason, refused.sentence
            self.health.count(outcome)
        if answer is not None and answer.warnings:
            self.health.count("warnings", len(answer.warnings))
        amend(
            self._ledger, row.about, row.record, "undecoded", outcome, readings, sentence, row.received
        )  # fmt: skip

    def _decoded(self, opened: _Opened, answer: CodecAnswer | None) -> tuple[Decoded, ...]:
        """What the codec says, or what does its work now.

        Raises:
            DecodeRefused: there is no reading.
        """
        time_ns = opened.trusted_ns
        if answer is not None:
            moment = None if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, UTC)
            return self._readings.decoded(opened.device, answer, moment)
        heard = opened.row.record.heard
        assert not isinstance(heard, Malformed)  # noqa: S101 - refused before
        decoded = self._payloads.decoded(
            opened.device, opened.f_port, opened.payload, heard, time_ns
        )
        return decoded or ()

    def _made(self, opened: _Opened, decoded: Sequence[Decoded]) -> tuple[Reading, ...]:
        made = (self._maker.data(opened.device, one, opened.time_ns) for one in decoded)
        readings = (reading for reading in made if reading is not None)
        if opened.trusted_ns is None:
            return tuple(untrusted(reading) for reading in readings)
        return tuple(readings)
