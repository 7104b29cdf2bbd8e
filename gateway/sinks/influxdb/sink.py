"""Batches of readings into one InfluxDB of version 1, 2 or 3, and what came of each reading.

    readings -> lines (line_protocol) -> parts (isolation) -> server -> answer (answers) -> verdict

Writing the same reading twice changes nothing in the database, so everything that is not certain is kept
and offered again. What ends a batch early (an outage, too many requests) does not undo what is known of it:
the verdict names the rest as kept, and the next batch meets the outage.
"""

import time
from collections.abc import Sequence

from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.model import Reading, Rejection, Series, Verdict
from gateway.ports import Clock
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.fuse import LINES_MIN, Fuse
from gateway.sinks.influxdb.isolation import BYTES_MAX, LINES_MAX, Isolation
from gateway.sinks.influxdb.line_protocol import Renderer, Unwritable
from gateway.sinks.influxdb.names import plain_key
from gateway.sinks.influxdb.server import Server

REQUESTS_MAX = 300
"""Requests for one batch: finds any 12 bad lines among 5000, and mostly hundreds; the rest is kept."""
DELIVER_S_MAX = 60.0
"""After which no further request of a batch is begun."""
SAMPLE_MAX = 5
"""Refused readings that are tried again to see whether the fuse can be mended."""


class InfluxdbSink:
    """Writes readings to one InfluxDB; used from one thread, closed from any."""

    def __init__(
        self,
        section: InfluxdbSection,
        name: str,
        known_version: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`known_version` is `detected_version` of an earlier run; it saves the question at start.

        `clock` tells a server's old certificate from a machine whose clock is not set.
        """
        self.name = name
        self.health = Health("sink", name)
        self.batch_lines = LINES_MAX
        self._url = section.url
        self._server = Server(section, known_version, self.health, clock)
        self._renderer = Renderer()
        self._fuse = Fuse()
        self._sample: list[Reading] = []
        self._why_blown = ""
        self._body_max = BYTES_MAX

    @property
    def detected_version(self) -> str | None:
        """The server's version, as configured or found out; None while unknown. Worth remembering."""
        return self._server.version

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        """Write a batch and say what came of each reading.

        Raises:
            Unavailable: nothing is known to be written; try the same again later.
            Blocked: an operator must act; keep everything and probe.
        """
        try:
            return self._deliver(readings)
        except Unavailable as exc:
            if self.health.state != "stopped":
                self.health.down(str(exc))
            raise
        except Blocked as exc:
            self.health.blocked(str(exc))
            raise

    def without_fuse(self) -> None:
        """From now on readings are offered that were refused before: each is judged alone."""
        self._fuse.bridged = True

    def delete(self, points: Sequence[tuple[str, tuple[tuple[str, str], ...], int]]) -> None:
        """Let the database forget these points: measurement, tags and time in ns, as readings have them.

        Raises:
            Unavailable: it is away; to ask for the same again is harmless.
            Blocked: it cannot delete, or an operator must act.
        """
        self._server.delete(
            [
                (*plain_key(Series(measurement, tags, ())), time_ns)
                for measurement, tags, time_ns in points
            ]
        )

    def close(self) -> None:
        """Give up a request under way, from any thread; the sink is not used again."""
        self.health.stopped()
        self._server.close()

    def _deliver(self, readings: Sequence[Reading]) -> Verdict:
        if self._fuse.blown:
            self._try_to_mend()
        work, unwritable = self._prepare(readings)
        obstacle = self._send(work)
        if self._fuse.blows(taken=work.taken, poison=len(work.poison)):
            raise self._blown(readings, work.poison)
        known = work.taken or work.rejected
        if obstacle is not None and not known:
            raise obstacle
        if obstacle is None and known and not self._fuse.blown:
            self._why_blown = ""
            self.health.up(f"{self._url} takes what is written")
        rejected = sorted(unwritable + work.rejected, key=lambda rejection: rejection.index)
        return Verdict(rejected=tuple(rejected), kept=work.undecided())

    def _prepare(self, readings: Sequence[Reading]) -> tuple[Isolation, list[Rejection]]:
        lines: list[bytes | None] = []
        unwritable: list[Rejection] = []
        for place, reading in enumerate(readings):
            try:
                lines.append(self._renderer.line(reading))
            except Unwritable as exc:
                lines.append(None)
                unwritable.append(Rejection(place, 0, str(exc)))
        return Isolation(readings, lines, self._body_max), unwritable

    def _send(self, work: Isolation) -> Unavailable | Blocked | None:
        """Send parts until everything is known or it is enough; what stood in the way, if anything."""
        begun = time.monotonic()
        for _ in range(REQUESTS_MAX):
            part = work.next_part()
            if part is None or time.monotonic() - begun > DELIVER_S_MAX:
                break
            try:
                meaning = self._server.write(work.body(part))
            except (Unavailable, Blocked) as exc:
                return exc
            work.learn(meaning)
            self._body_max = work.bytes_max
        return None

    def _blown(self, readings: Sequence[Reading], poison: Sequence[Rejection]) -> Blocked:
        if not self._why_blown:
            self._why_blown = f"{self._url} refuses too much of what is written: {poison[0].text}"
            self._sample = [readings[rejection.index] for rejection in poison[:SAMPLE_MAX]]
        return Blocked(
            self._why_blown,
            f"more than a fifth of {LINES_MIN} lines or more, so nothing is given up: mend the"
            " database (often a field whose type was changed), and writing goes on by itself",
        )

    def _try_to_mend(self) -> None:
        """Offer the sample again, and mend the fuse when not all of it is refused any more."""
        work, _ = self._prepare(self._sample)
        obstacle = self._send(work)
        if obstacle is not None:
            raise obstacle
        if len(work.poison) < len(self._sample):
            self._fuse.mend()
            self._why_blown = ""
