"""A decode stage on a real store with real codecs; only the frames are simulated.

`Stage` is what `gateway/app.py` puts together.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.codec_worker.worker import CodecWorker
from gateway.device import Device
from gateway.model import Frame, Stamp
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.decode import Decode
from gateway.pipeline.held import corrected, flagged
from gateway.store import recovery
from gateway.store.accounts import Accounts, accounts
from gateway.store.undecoded import Backlog
from tests.pipeline_bench import (
    NEAR,
    START_S,
    Bench,
    Row,
    device_of,
    heard_by,
    stamp,
    who,
)  # fmt: skip

ONE, OTHER = who(1), who(2)
NODE = ONE.node()
PORT = 85
CODEC = """
function decodeUplink(input) {
  var b = input.bytes;
  if (b[0] === 0xee) throw new Error("bad kind");
  if (b[0] === 0xff) while (true) {}
  if (b[0] === 0xdd) return { data: { at: 5 }, warnings: ["odd"] };
  return { data: { temperature: b[0] / 10, at: input.recvTime.toISOString() } };
}"""
OFF_S = -400 * 86400.0


class Stage:
    """A bench with a decode stage."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.store = bench.store
        self.backlog = Backlog(bench.store)
        inner = bench.interpreter
        self.decode = Decode(
            bench.store, self.backlog, CodecWorker(), inner, inner._maker, inner._payloads,
            CodecReadings(bench.store.tables.types),
        )  # fmt: skip

    async def hear(self, *heard: Any) -> list[str]:
        """Interpret, count and commit, as ingest does."""
        outcomes = self.bench.hear(*heard)
        for outcome in outcomes:
            self.store.count("heard")
            self.store.count(f"outcome.{outcome}")
        await self.store.commit()
        return outcomes

    async def run_dry(self) -> Accounts:
        """Decode all that waits; the sums after each step hold."""
        while await self.decode._step():
            assert self.sums().frames_balanced
        return self.sums()

    def sums(self) -> Accounts:
        """Both sums, from the file."""
        return accounts(self.store.connection)

    async def rows(self) -> list[Row]:
        """All rows of the tail."""
        return await self.bench.rows()

    async def seal(self) -> None:
        """Seal the whole tail."""
        tables = self.store.tables
        place = {
            row_id: (tables.series_device[row_id], tables.names[series.measurement])
            for row_id, series in tables.series.items()
        }
        await self.store.commit()
        upto = self.store.newest_seq
        await self.store.write(lambda writer: writer.seal(upto, 10_000, place))
        self.store.forget_rows(upto)

    async def release(self, now: Stamp | None) -> None:
        """Give held rows their times; None: the clock was never set."""
        for seq, _, record in recovery.held(self.store.connection, self.store.tables, 500):
            new = None
            if now is not None:
                new = self.bench.interpreter.restamped(seq, record, corrected(record, now))
            self.store.add(new or flagged(record, seq))
            self.store.released(seq)
        await self.store.commit()


OpenStage = Callable[..., Stage]


@pytest.fixture
async def open_stage(tmp_path: Path) -> AsyncIterator[OpenStage]:
    """Opens the store of this test with a codec device; `more` changes that device."""
    codec = tmp_path / "codec.js"
    codec.write_text(CODEC)
    opened: list[Stage] = []

    def open_it(*others: Device, **more: Any) -> Stage:
        known = {"decoder": "codec.js", "codec_path": codec} | more
        opened.append(Stage(Bench(tmp_path / "store.db", [device_of(ONE, **known), *others])))
        return opened[-1]

    yield open_it
    for stage in opened:
        stage.decode.close()
        if not stage.bench.closed:
            await stage.bench.close()


def spoken(f_cnt: int, first: int = 200, at_s: float | None = None, **more: Any) -> Frame:
    """An uplink of one byte."""
    at = START_S + (f_cnt if at_s is None else at_s)
    return heard_by(NEAR, at, NODE.uplink(f_cnt, PORT, bytes([first])), **more)


def unset(f_cnt: int) -> Frame:
    """Heard while the wall clock was 400 days behind."""
    at = START_S + f_cnt
    return spoken(f_cnt, received=stamp(at, trusted=False, off_s=OFF_S))
