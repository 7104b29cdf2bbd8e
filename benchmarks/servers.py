"""The real servers of a run: Mosquitto, VictoriaMetrics and InfluxDB 1, each in a folder of its own, on loopback.

Each is a context manager; what it starts is ended by its own process id.
"""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

START_S_MAX = 30.0
STOP_S_MAX = 30.0

Points = tuple[str, str, str]
"""Measurement, the field that holds the frame counter, and the tag that names the device."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def need(program: str) -> str:
    """Where a program is.

    Raises:
        SystemExit: it is not installed.
    """
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if found is None:
        raise SystemExit(f"{program} is not installed: run scripts/setup --test")
    return found


def end(process: "subprocess.Popen[Any]") -> None:
    """Ask it to end; kill it when it does not."""
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Broker:
    """Mosquitto without a limit on what it queues. Its log says when somebody subscribes."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "max_packet_size 1048576\nlog_dest stderr\nlog_type subscribe\nlog_timestamp false\n"
        )
        self._subscribed_at: float | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [need("mosquitto"), "-c", str(self._config)], stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        until = time.monotonic() + START_S_MAX
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("mosquitto does not start")
            time.sleep(0.02)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end(self._process)
        self._reader.join(STOP_S_MAX)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def subscribed_at(self) -> float | None:
        """When the first subscription came, by perf_counter; None before it."""
        return self._subscribed_at

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        for _ in self._process.stderr:  # log_type subscribe: nothing else is written
            if self._subscribed_at is None:
                self._subscribed_at = time.perf_counter()


class Database(ABC):
    """A database that points are written to and counted in."""

    program: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / f"{self.program}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [need(self.program), *self._arguments()], stdout=log, stderr=log
            )
        until = time.monotonic() + START_S_MAX
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError(f"{self.program} does not start: see {self.folder}")
            time.sleep(0.02)
        self.prepare()

    def stop(self) -> None:
        """End it."""
        end(self._process)

    @abstractmethod
    def _arguments(self) -> list[str]: ...

    def prepare(self) -> None:  # noqa: B027 - most have nothing to make
        """Make what the writers expect to find."""

    @abstractmethod
    def written(self) -> int:
        """A figure that is cheap to ask for and stands still when nothing is written."""

    @abstractmethod
    def points(self, what: Points) -> tuple[int, int]:
        """How many points of a measurement there are, and how many different (device, counter) they name."""

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/ping", timeout=1):  # noqa: S310
                return True
        except HTTPError as answer:
            answer.close()
            return True
        except (URLError, OSError):
            return False

    def _ask(self, path: str, **form: str) -> Iterator[bytes]:
        data = urlencode(form).encode() if form else None
        with urlopen(Request(f"{self.url}{path}", data), timeout=120) as answer:  # noqa: S310
            yield from answer


class VictoriaMetrics(Database):
    """VictoriaMetrics: takes /api/v2/write of any org and bucket; a field is a series of its own.

    It shows what was written after a second or so, or after a flush is forced; samples of one series and
    millisecond are one, as in InfluxDB.
    """

    program = "victoria-metrics"

    def _arguments(self) -> list[str]:
        return [
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder}/victoria",
            "-retentionPeriod=100y",
            "-dedup.minScrapeInterval=1ms",
        ]

    def written(self) -> int:
        """Samples taken so far."""
        page = b"".join(self._ask("/metrics")).decode()
        return sum(
            int(float(value))
            for value in re.findall(
                r"^vm_rows_inserted_total\{[^}]*influx[^}]*\} (\S+)", page, re.M
            )
        )

    def points(self, what: Points) -> tuple[int, int]:
        """See Database.points."""
        measurement, field, tag = what
        list(self._ask("/internal/force_flush"))
        match = {"match[]": f'{{__name__="{measurement}_{field}"}}'}
        points, distinct = 0, 0
        counters: dict[str, set[float]] = {}
        for line in self._ask("/api/v1/export", **match):
            series = json.loads(line)
            points += len(series["values"])
            counters.setdefault(series["metric"][tag], set()).update(series["values"])
        distinct = sum(len(of_device) for of_device in counters.values())
        return points, distinct


class Influxd(Database):
    """InfluxDB 1."""

    program = "influxd"

    def _arguments(self) -> list[str]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{self.folder}/meta"\n'
            f'[data]\ndir = "{self.folder}/data"\nwal-dir = "{self.folder}/wal"\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n'
        )
        return ["-config", str(config)]

    def prepare(self) -> None:
        """Make the database."""
        self._rows("CREATE DATABASE bench", "")

    def written(self) -> int:
        """Points taken so far."""
        page = json.loads(b"".join(self._ask("/debug/vars")))
        return sum(
            int(entry["values"]["pointReq"])
            for name, entry in page.items()
            if name.startswith("write") and "pointReq" in entry.get("values", {})
        )

    def points(self, what: Points) -> tuple[int, int]:
        """See Database.points."""
        measurement, field, tag = what
        values = [
            (series["tags"][tag], row[1])
            for series in self._rows(f'SELECT "{field}" FROM "{measurement}" GROUP BY "{tag}"')  # noqa: S608
            for row in series["values"]
        ]
        return len(values), len(set(values))

    def _rows(self, statement: str, database: str = "bench") -> list[dict[str, Any]]:
        answer = json.loads(b"".join(self._ask("/query", q=statement, db=database)))
        series: list[dict[str, Any]] = answer["results"][0].get("series", [])
        return series
