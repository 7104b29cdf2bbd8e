"""Recorded frames from a file, handed over as fast as the store takes them, each with its original time.

Lines are handed over in groups with a receipt. What has its receipt is on disk, and the place behind it is
kept now and then: after a crash some lines are read again and count as `redelivered`, none is left out.
At its end the source stays idle; it does not follow a file that grows.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

from gateway.backoff import Backoff
from gateway.health import Health
from gateway.journal import Journal
from gateway.model import Heard, Malformed, Stamp
from gateway.ports import Clock, Intake
from gateway.sources.replay.config import ReplaySection
from gateway.sources.replay.lines import KEPT_BYTES, LINE_BYTES_MAX, Line, LineCutter
from gateway.sources.replay.protocol import LineReader
from gateway.sources.replay.reached import Reached
from gateway.sources.replay.recording_file import RecordingFile
from gateway.worker import Worker

LINES_PER_GROUP = 64
"""Handed over with one receipt, before other work of the event loop gets its turn: about 1 ms."""
KEEP_PLACE_S = 1.0
KEEP_PLACE_BYTES = 256 * 1024
"""About 1,000 lines. So much is read again after a crash: less than there are hearings remembered."""
RETRY_FIRST_S, RETRY_MOST_S = 1, 60
CLOSE_MAX_S = 2
"""The disk's time to take the last place; without it the lines since the one before are read again."""


class ReplaySource:
    """One recording."""

    guarantee = "at least once"
    window = 0

    def __init__(self, section: ReplaySection, name: str) -> None:
        self.name = name
        self.health = Health("source", name)
        self._journal = Journal(f"source.{name}")
        self.finished = asyncio.Event()
        """Set when every line of the recording is on disk."""
        self._path = section.path
        self._worker: Worker | None = None
        self._file: RecordingFile | None = None
        self._reached = Reached(0)
        self._size = 0
        self._kept = 0
        self._kept_at_s = 0.0
        self._keeps_place = True

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes of the recording whose frames are on disk, and bytes in all; (0, 0) before it is open."""
        return self._reached.on_disk, self._size

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Replay the recording once, then stay idle until cancelled."""
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        self._worker = worker = Worker(f"replay-{self.name}")
        while not self.finished.is_set():
            try:
                file = await self._open(worker)
                await self._replay(worker, file, intake, clock)
            except OSError as fault:
                self.health.down(f"cannot read {self._path}: {fault.strerror or fault}")
                await self._close_file(worker)
                await asyncio.sleep(backoff.next())
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Keep the place reached and close the recording."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            async with asyncio.timeout(CLOSE_MAX_S):
                if self._file is not None:
                    await self._keep_place(worker, self._file)
                await self._close_file(worker)
        except TimeoutError:
            self.health.note("close_timed_out", path=self._path)
        worker.stop()

    async def _open(self, worker: Worker) -> RecordingFile:
        """Raises: OSError: there is no such file, or it may not be read."""
        self._file = file = await worker.call(RecordingFile, self._path)
        place = await worker.call(file.place)
        self._reached, self._size, self._kept = Reached(place), file.size, place
        self.health.up(f"replaying {self._path}", from_byte=place, bytes=file.size)
        return file

    async def _close_file(self, worker: Worker) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            await worker.call(file.close)

    async def _replay(
        self, worker: Worker, file: RecordingFile, intake: Intake, clock: Clock
    ) -> None:
        """Raises: OSError: the recording cannot be read any more."""
        reader = LineReader(self.name, file.mark)
        offset = self._reached.on_disk
        cutter = LineCutter(offset)
        while chunk := await worker.call(file.read, offset):
            offset += len(chunk)
            for group in _groups(cutter.feed(chunk)):
                self._hand_over(group, reader, intake, clock)
                await intake.room()
                await self._keep_place_now_and_then(worker, file)
                await asyncio.sleep(0)  # the others' turn
        for line in cutter.end():
            self._hand_over([line], reader, intake, clock)
        await self._reached.settled()
        await self._keep_place(worker, file)
        self.finished.set()
        lines = self.health.counters.get("lines", 0)
        self.health.up(f"finished {self._path}, {lines} lines in this run")
        self._journal.info("finished", path=self._path, lines=lines)

    def _hand_over(
        self, lines: list[Line], reader: LineReader, intake: Intake, clock: Clock
    ) -> None:
        now = clock.stamp()
        heard: list[Heard] = []
        for line in lines:
            if not line.is_whole:
                heard.append(self._too_long(line, now))
            elif line.text and not line.text.isspace():
                heard += reader.read(line.text, line.start, now)
        self.health.count("lines", len(lines))
        end = lines[-1].end
        if heard:
            intake.submit(heard, self._reached.handed_over(end))
        else:
            self._reached.passed(end)

    def _too_long(self, line: Line, now: Stamp) -> Malformed:
        sentence = (
            f"line at byte {line.start}: longer than {LINE_BYTES_MAX} bytes, "
            f"its first {KEPT_BYTES} are kept"
        )
        return Malformed(self.name, line.text, sentence, now)

    async def _keep_place_now_and_then(self, worker: Worker, file: RecordingFile) -> None:
        now_s = asyncio.get_running_loop().time()
        far = self._reached.on_disk - self._kept >= KEEP_PLACE_BYTES
        if far or now_s - self._kept_at_s >= KEEP_PLACE_S:
            self._kept_at_s = now_s
            await self._keep_place(worker, file)

    async def _keep_place(self, worker: Worker, file: RecordingFile) -> None:
        place = self._reached.on_disk
        if place == self._kept or not self._keeps_place:
            return
        try:
            await worker.call(file.keep_place, place)
            self._kept = place
        except OSError as fault:
            self._keeps_place = False
            self.health.note(
                "place_not_kept",
                path=self._path,
                why=fault.strerror or fault,
                remedy="make its folder writable; until then each run reads it from where it last could",
            )


def _groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    lines = iter(lines)
    while group := list(islice(lines, LINES_PER_GROUP)):
        yield group
