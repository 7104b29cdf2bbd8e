"""`lora-gateway run` as a process, and the commands beside it: as an operator and systemd would call them."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("lora-gateway")
START_S_MAX = 60.0
STOP_S_MAX = 10.0
"""The daemon promises to end within this."""
COMMAND_S_MAX = 60.0
PAUSE_S = 0.02

_RUNS = " gateway: running "
_OF_SYSTEMD = ("NOTIFY_SOCKET", "RUNTIME_DIRECTORY", "WATCHDOG_USEC")


class Daemon:
    """One daemon; killed, stopped and started again."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.log = config.with_name("daemon.log")
        self.started_at = 0.0
        """Monotonic time of the last start."""
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._log_from = 0

    async def start(self) -> None:
        """Start it and wait until it runs.

        Raises:
            RuntimeError: it ended before, or took too long.
        """
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        environment = {name: text for name, text in os.environ.items() if name not in _OF_SYSTEMD}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                PROGRAM, "run", "--config", str(self.config),
                stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        self.starts += 1
        self.started_at = time.monotonic()
        while not self.has_said(_RUNS):
            if self.ended or time.monotonic() - self.started_at > START_S_MAX:
                raise RuntimeError(f"the daemon did not start:\n{self._said()[-3000:]}")
            await asyncio.sleep(PAUSE_S)

    @property
    def pid(self) -> int:
        """Its process id; 0 when it does not run."""
        return 0 if self._process is None or self.ended else self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it does not run."""
        return self._process is None or self._process.returncode is not None

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> tuple[int, float]:
        """Ask it to end; its exit code, and how long it took in seconds. One that stays is killed, code -9."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(2 * STOP_S_MAX):
                code = await self._process.wait()
        except TimeoutError:
            await self.kill()
            code = -9
        return code, time.monotonic() - began

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def command(self, *arguments: str) -> tuple[int, Mapping[str, Any]]:
        """Exit code and JSON document of a command of this configuration; an empty one when it gave none."""
        process = await asyncio.create_subprocess_exec(
            PROGRAM, *arguments, "--config", str(self.config), "--json",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_S_MAX):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        try:
            answer: Mapping[str, Any] = json.loads(out)
        except ValueError:
            answer = {}
        return process.returncode or 0, answer

    def has_said(self, text: str) -> bool:
        """Whether its log has this since its last start."""
        return text in self._said()

    def _said(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_from)
            return log.read().decode("utf-8", "replace")
