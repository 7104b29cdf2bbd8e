"""Fixtures with real databases: InfluxDB 1.6.7 and VictoriaMetrics, on free loopback ports, in temporary folders.

`influxd`            a server for the whole test run, without authentication
`influx_database`    the name of a new, empty database on it
`influxd_with_users` a server with authentication: admin "root" and the users of the test's making
`start_influxd`      a function that starts further ones, for settings and restarts of their own
`victoria_metrics`   a server for the whole test run

Each process is stopped by its own id. A part that is not installed skips the tests that need it.
"""

# ruff: noqa: S310, S608 - every URL is loopback, every name in a statement is a test's own

import json
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

START_S_MAX = 30.0
STOP_S_MAX = 20.0

_numbers = count(1)


class Influxd:
    """One influxd 1.6.7 process with its own folder; may be stopped and started again."""

    def __init__(self, folder: Path, *, http: str = "", auth: bool = False) -> None:
        """`http` are further lines of the [http] section."""
        self.folder = folder
        self.login = ("root", "root-password") if auth else None
        self._http = http
        self._port, self._rpc_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Start it and wait until it answers."""
        path = self.folder / "influxdb.conf"
        path.write_text(self._config(), encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["influxd", "-config", str(path)], stdout=log, stderr=log
            )
        wait_until_answers(f"{self.url}/ping", self._process, self.folder / "log")
        if self.login:
            self.query(
                f"CREATE USER {self.login[0]} WITH PASSWORD '{self.login[1]}' WITH ALL PRIVILEGES"
            )
        return self

    def stop(self) -> None:
        """Ask it to end and wait for it."""
        if self._process is not None:
            stop(self._process)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def query(self, statement: str, database: str = "") -> list[dict[str, Any]]:
        """The series of one InfluxQL statement; times as Unix ns."""
        form = urlencode({"q": statement, "db": database, "epoch": "ns"}).encode()
        request = Request(f"{self.url}/query", form)
        if self.login:
            pair = b64encode(":".join(self.login).encode()).decode()
            request.add_header("Authorization", f"Basic {pair}")
        with urlopen(request, timeout=30) as answer:
            result = json.load(answer)["results"][0]
        assert "error" not in result, result["error"]
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def rows(self, statement: str, database: str) -> list[dict[str, Any]]:
        """The rows of a SELECT as dicts, null columns left out."""
        return [
            {
                name: value
                for name, value in zip(series["columns"], row, strict=True)
                if value is not None
            }
            | series.get("tags", {})
            for series in self.query(statement, database)
            for row in series["values"]
        ]

    def count(self, field: str, measurement: str, database: str) -> int:
        """How many points of a measurement have a field."""
        rows = self.rows(f'SELECT count("{field}") AS n FROM "{measurement}"', database)
        return int(rows[0]["n"]) if rows else 0

    def new_database(self) -> str:
        """Create an empty database and return its name."""
        name = f"test_{next(_numbers)}"
        self.query(f'CREATE DATABASE "{name}"')
        return name

    def _config(self) -> str:
        return f"""
reporting-disabled = true
bind-address = "127.0.0.1:{self._rpc_port}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{self._port}"
  log-enabled = false
  auth-enabled = {str(bool(self.login)).lower()}
  {self._http}
"""


def free_ports(number: int) -> list[int]:
    """Loopback ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


def wait_until_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a GET is answered at all; fail with the log when the process ends or takes too long."""
    until = time.monotonic() + START_S_MAX
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except HTTPError as answer:
            answer.close()
            return
        except (URLError, OSError):
            time.sleep(0.02)
    stop(process)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End one process by its own id."""
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: run scripts/setup")


@pytest.fixture(scope="session")
def start_influxd(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Influxd]]:
    """A function (http="", auth=False) -> a running Influxd, stopped at the end of the run."""
    _need("influxd")
    with ExitStack() as stack:

        def start(**settings: Any) -> Influxd:
            return stack.enter_context(Influxd(tmp_path_factory.mktemp("influxd"), **settings))

        yield start


@pytest.fixture(scope="session")
def influxd(start_influxd: Callable[..., Influxd]) -> Influxd:
    """InfluxDB 1.6.7 without authentication."""
    return start_influxd()


@pytest.fixture(scope="session")
def influxd_with_users(start_influxd: Callable[..., Influxd]) -> Influxd:
    """InfluxDB 1.6.7 with authentication; `login` is its administrator."""
    return start_influxd(auth=True)


@pytest.fixture
def influx_database(influxd: Influxd) -> Iterator[str]:
    """A new database on `influxd`, dropped after the test."""
    name = influxd.new_database()
    yield name
    influxd.query(f'DROP DATABASE "{name}"')


class VictoriaMetrics:
    """One victoria-metrics process; it speaks InfluxDB's write paths and forgets most of the meaning."""

    def __init__(self, url: str) -> None:
        self.url = url

    def series(self, name: str) -> list[dict[str, Any]]:
        """All samples of the series with a metric name: "metric", "values", "timestamps" (ms)."""
        form = urlencode({"match[]": f'{{__name__="{name}"}}'}).encode()
        flush = Request(f"{self.url}/internal/force_flush")
        with urlopen(flush, timeout=10):
            pass
        with urlopen(Request(f"{self.url}/api/v1/export", form), timeout=30) as answer:
            return [json.loads(line) for line in answer]


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    """VictoriaMetrics that keeps everything and merges samples of equal milliseconds."""
    _need("victoria-metrics")
    folder = tmp_path_factory.mktemp("victoria")
    (port,) = free_ports(1)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "victoria-metrics",
                f"-httpListenAddr=127.0.0.1:{port}",
                f"-storageDataPath={folder}/data",
                "-retentionPeriod=100y",
                "-dedup.minScrapeInterval=1ms",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_answers(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield VictoriaMetrics(f"http://127.0.0.1:{port}")
    finally:
        stop(process)
