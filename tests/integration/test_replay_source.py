"""Guards the replay of real files: every line once, its place kept behind what is on disk and never before it,
also through crashes, full folders and recordings that change.
"""

import asyncio
import json
import logging
import os
import shutil
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.model import Frame, Heard, Malformed, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.replay import source as source_module
from gateway.sources.replay.config import ReplaySection
from gateway.sources.replay.lines import KEPT_BYTES, LINE_BYTES_MAX
from gateway.sources.replay.source import LINES_PER_GROUP, ReplaySource

SESSIONS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/captured_sessions.jsonl")
    .read_text()
    .splitlines()
]
PATIENCE_S = 10


class MachineClock:
    """This machine's clocks, with a wall clock that nobody trusts."""

    boot_id = "test"

    def stamp(self) -> Stamp:
        return Stamp(time.time_ns(), time.monotonic_ns(), False)


class Disk:
    """An intake that gives receipts when it is asked to, or at once."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.heard: list[Heard] = []
        self.committed: list[Heard] = []
        self.at_once = at_once
        self._waiting: list[tuple[Sequence[Heard], Receipt]] = []
        self.open = asyncio.Event()
        self.open.set()

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        assert heard
        assert receipt is not None
        self.heard += heard
        self._waiting.append((heard, receipt))
        if self.at_once:
            asyncio.get_running_loop().call_soon(self.commit)

    def commit(self, groups: int = 10**9) -> None:
        now, self._waiting = self._waiting[:groups], self._waiting[groups:]
        for heard, receipt in now:
            self.committed += heard
            receipt()

    def report(self, report: ReceiverReport) -> None:
        raise AssertionError(f"a recorded report is of another day: {report}")

    async def room(self, *, patient: bool = True) -> None:
        await self.open.wait()

    def stamps(self) -> list[str]:
        return [h.receptions[0].stamp for h in self.committed if isinstance(h, Frame)]


@asynccontextmanager
async def replaying(path: Path, disk: Disk) -> AsyncIterator[ReplaySource]:
    """A source at work. Leaving it is a crash: nothing is closed, unless the test does so."""
    source = ReplaySource(ReplaySection(path=path), "old")
    task = asyncio.create_task(source.run(disk, MachineClock()))
    try:
        yield source
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def replayed(path: Path, disk: Disk) -> ReplaySource:
    """A source that has come to the end and was closed."""
    async with replaying(path, disk) as source, asyncio.timeout(PATIENCE_S):
        await source.finished.wait()
    await source.close()
    return source


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await asyncio.sleep(0.001)


def place_kept(path: Path) -> int:
    return int(json.loads(path.with_name(path.name + ".position").read_text())["offset"])


def line(number: int) -> bytes:
    return (
        b'{"received_at":"2020-08-11T22:17:31.291Z","rxpk":[{"tmst":%d,"data":"AQID"}]}\n' % number
    )


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b"".join(line(number) for number in range(1000)))
    return path


async def test_every_frame_of_the_captured_sessions_is_replayed_with_its_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sessions.jsonl"
    expected = []
    with path.open("w") as file:
        for record in SESSIONS:
            at = datetime.strptime(record["log_time"] + "+0000", "%Y-%m-%d %H:%M:%S,%f%z")
            if datagram := record.get("datagram_hex"):
                file.write(
                    json.dumps({"received_at": at.isoformat(), "datagram_hex": datagram}) + "\n"
                )
            if record["direction"] == "gateway_to_server":
                at_ns = (
                    round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
                    * 1_000_000
                )
                rxpks = record.get("json", {}).get("rxpk", [])
                expected += [(b64decode(rxpk["data"]), str(rxpk["tmst"]), at_ns) for rxpk in rxpks]
    disk = Disk()
    source = await replayed(path, disk)
    found = []
    for frame in disk.committed:
        assert isinstance(frame, Frame)
        assert frame.recorded
        assert not frame.live
        assert frame.received.trusted
        assert frame.receptions[0].receiver == "647fdafffe007417"
        found.append((frame.phy, frame.receptions[0].stamp, frame.received.wall_ns))
    assert found == expected
    assert len(found) > 100
    size = path.stat().st_size
    assert source.progress == (size, size)
    assert place_kept(path) == size
    assert source.health.state == "up"
    assert source.health.sentence == f"finished {path}, 327 lines in this run"
    assert (source.guarantee, source.window) == ("at least once", 0)


async def test_a_finished_recording_is_not_replayed_again(
    capture: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await replayed(capture, Disk())
    assert "finished" in caplog.text
    disk = Disk()
    source = await replayed(capture, disk)
    assert disk.heard == []
    assert source.progress == (capture.stat().st_size, capture.stat().st_size)


async def test_appended_lines_are_replayed_by_the_next_run(capture: Path) -> None:
    await replayed(capture, Disk())
    with capture.open("ab") as file:
        file.write(line(1000))
    disk = Disk()
    await replayed(capture, disk)
    assert disk.stamps() == ["1000"]


async def test_a_new_recording_under_the_name_starts_at_its_beginning(capture: Path) -> None:
    await replayed(capture, Disk())
    capture.write_bytes(b"".join(line(number) for number in range(5000, 7000)))
    disk = Disk()
    await replayed(capture, disk)
    assert disk.stamps() == [str(number) for number in range(5000, 7000)]


async def test_the_place_is_that_of_the_disk_and_a_crash_loses_nothing(
    capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "KEEP_PLACE_S", 0.0)
    committed: list[str] = []
    for groups in (1, 3, 2, 5):  # each run commits so many groups, hands over one more, and crashes
        disk = Disk(at_once=False)
        disk.open.clear()
        async with replaying(capture, disk) as source:
            await handed_over(disk, LINES_PER_GROUP)
            for _ in range(groups):
                await one_group_further(disk)
            place = source.progress[0]
        committed += disk.stamps()
        assert place_kept(capture) == place
        assert capture.read_bytes()[:place].count(b"\n") == len(committed)
    disk = Disk()
    await replayed(capture, disk)
    assert committed + disk.stamps() == [str(number) for number in range(1000)]


async def handed_over(disk: Disk, lines: int) -> None:
    await until(lambda: len(disk.heard) >= lines)


async def one_group_further(disk: Disk) -> None:
    """Commit the oldest group and let the source hand over one more."""
    before = len(disk.heard)
    disk.commit(1)
    disk.open.set()
    disk.open.clear()
    await handed_over(disk, before + 1)


async def test_what_was_committed_after_the_place_was_kept_is_read_again(capture: Path) -> None:
    first = Disk(at_once=False)
    async with replaying(capture, first):
        await until(lambda: len(first.heard) == 1000)
        first.commit(3)  # and the crash comes before the place is kept once more
    again = Disk()
    await replayed(capture, again)
    assert again.stamps()[-1] == "999"
    assert set(first.stamps()) | set(again.stamps()) == {str(number) for number in range(1000)}
    assert len(again.committed) > 1000 - len(first.committed)


async def test_lines_read_again_carry_the_same_stamps(capture: Path) -> None:
    capture.write_bytes(
        line(1)
        + b'{"data":"AQID","received_at":"2020-08-11T22:17:31Z"}\n{"data":"AQID","rsig":[{},{}]}\n'
    )
    first, again = Disk(), Disk()
    await replayed(capture, first)
    capture.with_name("capture.jsonl.position").unlink()
    await replayed(capture, again)
    receptions = [
        [h.receptions for h in d.committed if isinstance(h, Frame)] for d in (first, again)
    ]
    assert receptions[0] == receptions[1]
    assert all(reception.stamp for row in receptions[0] for reception in row)


async def test_closing_keeps_the_place_of_the_last_receipt(capture: Path) -> None:
    disk = Disk(at_once=False)
    async with replaying(capture, disk) as source:
        await until(lambda: len(disk.heard) == 1000)
    disk.commit()  # the last flush, after the source was stopped
    await source.close()
    await source.close()
    assert place_kept(capture) == capture.stat().st_size
    assert not source.finished.is_set()


async def test_without_room_it_waits(capture: Path) -> None:
    disk = Disk()
    disk.open.clear()
    async with replaying(capture, disk) as source:
        await until(lambda: len(disk.heard) > 0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(disk.heard) == LINES_PER_GROUP
        disk.open.set()
        async with asyncio.timeout(PATIENCE_S):
            await source.finished.wait()
    assert len(disk.committed) == 1000
    await source.close()


async def test_bad_lines_are_kept_and_do_not_stop_it(capture: Path) -> None:
    long = b"x" * (LINE_BYTES_MAX + 10)
    capture.write_bytes(line(1) + b"hello\n\n   \r\n" + long + b"\n" + line(2) + b'{"torn":')
    disk = Disk()
    source = await replayed(capture, disk)
    assert disk.stamps() == ["1", "2"]
    hello, too_long, torn = (heard for heard in disk.committed if isinstance(heard, Malformed))
    assert hello.raw == b"hello"
    assert too_long.raw == long[:KEPT_BYTES]
    assert f"longer than {LINE_BYTES_MAX} bytes" in too_long.sentence
    assert torn.raw == b'{"torn":'
    assert source.health.counters == {"lines": 7}


async def test_an_empty_recording_is_finished_at_once(capture: Path) -> None:
    capture.write_bytes(b"")
    disk = Disk()
    source = await replayed(capture, disk)
    assert disk.heard == []
    assert source.progress == (0, 0)


async def test_a_recording_without_a_frame_is_finished(capture: Path) -> None:
    capture.write_bytes(b"\n" * 500)
    source = await replayed(capture, Disk())
    assert source.progress == (500, 500)
    assert place_kept(capture) == 500


async def test_a_missing_recording_is_tried_again(
    capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "RETRY_FIRST_S", 0.01)
    away = capture.with_name("away")
    capture.rename(away)
    disk = Disk()
    async with replaying(capture, disk) as source:
        await until(lambda: source.health.state == "down")
        assert source.health.sentence == f"cannot read {capture}: No such file or directory"
        away.rename(capture)
        async with asyncio.timeout(PATIENCE_S):
            await source.finished.wait()
    assert len(disk.committed) == 1000
    await source.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; run as another user")
async def test_a_folder_that_may_not_be_written_is_said(
    capture: Path, caplog: pytest.LogCaptureFixture
) -> None:
    capture.parent.chmod(0o500)
    try:
        await replayed(capture, Disk())
        disk = Disk()
        await replayed(capture, disk)
    finally:
        capture.parent.chmod(0o700)
    assert caplog.text.count("place_not_kept") == 2  # once in each run
    assert len(disk.committed) == 1000


async def test_a_place_that_cannot_be_kept_is_said_once_and_stops_nothing(
    capture: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "KEEP_PLACE_S", 0.0)
    capture.with_name(
        "capture.jsonl.position"
    ).mkdir()  # a rename onto a folder fails, for root too
    disk = Disk()
    await replayed(capture, disk)
    assert len(disk.committed) == 1000
    assert caplog.text.count("place_not_kept") == 1


async def test_a_copy_with_its_place_goes_on(capture: Path, tmp_path: Path) -> None:
    await replayed(capture, Disk())
    (tmp_path / "copy").mkdir()
    for name in ("capture.jsonl", "capture.jsonl.position"):
        shutil.copy(tmp_path / name, tmp_path / "copy" / name)
    disk = Disk()
    await replayed(tmp_path / "copy/capture.jsonl", disk)
    assert disk.heard == []
