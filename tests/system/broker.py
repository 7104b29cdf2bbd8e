"""A real Mosquitto with a folder of its own; may be stopped and started again, and keeps its sessions."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from tests.influx_fixtures import free_ports, stop
from tests.system.waiting import until


class Mosquitto:
    """One broker on a loopback port that stays the same."""

    def __init__(self, folder: Path) -> None:
        """Skips the test where Mosquitto is not installed."""
        if shutil.which("mosquitto") is None:
            pytest.skip("mosquitto is not installed: run scripts/setup")
        self._folder = folder
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For `[[sources.mqtt]]`."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it and wait until it takes connections."""
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "mosquitto.conf"
        config.write_text(self._config(), encoding="utf-8")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["mosquitto", "-c", str(config)], stdout=log, stderr=log
            )
        until(self._listens, f"mosquitto on port {self.port}")
        return self

    def stop(self) -> None:
        """End it; sessions and what waits in them are kept for the next start."""
        if self._process is not None:
            stop(self._process)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            time.sleep(0.01)
            return False
        return True

    def _config(self) -> str:
        return f"""
listener {self.port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location {self._folder}/
max_queued_messages 0
log_type error
log_type warning
"""
