"""A real InfluxDB 1 with users, in a folder of its own."""

# ruff: noqa: S310 - every URL is loopback

import json
import os
import socket
import subprocess
import time
from base64 import b64encode
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

DATABASE, WRITER = "soak", "writer"
_ADMIN, _ADMIN_PASSWORD = "root", "of-this-run-only"
START_S_MAX, STOP_S_MAX = 30.0, 20.0


class InfluxServer:
    """One influxd process. Use as a context manager."""

    def __init__(self, folder: Path, writers_password: str) -> None:
        self.folder = folder
        self.port, self._rpc_port = _free_port(), _free_port()
        self._writers_password = writers_password
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "influxdb.conf"
        path.write_text(self._config(), encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["influxd", "-config", str(path)], stdout=log, stderr=log, env={**os.environ}
            )
        self._wait()
        self.query(f"CREATE USER {_ADMIN} WITH PASSWORD '{_ADMIN_PASSWORD}' WITH ALL PRIVILEGES")
        self.query(f'CREATE DATABASE "{DATABASE}"')
        self.query(f"CREATE USER {WRITER} WITH PASSWORD '{self._writers_password}'")
        self.query(f'GRANT WRITE ON "{DATABASE}" TO {WRITER}')
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def change_password(self, password: str) -> None:
        """As an administrator does who rotates credentials: the old one is wrong from now on."""
        self.query(f"SET PASSWORD FOR {WRITER} = '{password}'")

    def query(self, statement: str, database: str = "") -> list[dict[str, Any]]:
        """The series of one statement; times as Unix ns.

        Raises:
            RuntimeError: the server refuses it.
        """
        form = urlencode({"q": statement, "db": database, "epoch": "ns"}).encode()
        request = Request(f"http://127.0.0.1:{self.port}/query", form)
        pair = b64encode(f"{_ADMIN}:{_ADMIN_PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {pair}")
        with urlopen(request, timeout=60) as answer:
            result = json.load(answer)["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"])
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=1).close()
            except (URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"influxd did not start: see {self.folder / 'log'}")

    def _config(self) -> str:
        return f"""\
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
  bind-address = "127.0.0.1:{self.port}"
  auth-enabled = true
  log-enabled = false
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
