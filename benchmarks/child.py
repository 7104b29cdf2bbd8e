"""A contestant's process, and what the kernel knows of it: CPU time, memory, bytes written.

Source: proc(5): /proc/PID/stat, /proc/PID/status, /proc/PID/io.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.servers import end

START_S_MAX = 30.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Child:
    """One process; use as a context manager. Its output goes to a file."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = command
        self._log = log

    def __enter__(self) -> Self:
        self.started_at = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        self._proc = Path(f"/proc/{self._process.pid}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end(self._process)

    @property
    def pid(self) -> int:
        """Its process id, for a profiler."""
        return self._process.pid

    def until(self, moment: Callable[[], float | None]) -> float:
        """Seconds from its start to a moment that comes once `moment` gives it, by perf_counter.

        Raises:
            RuntimeError: it ended, or the moment does not come; with the end of its log.
        """
        while (at := moment()) is None:
            self.check()
            if time.perf_counter() - self.started_at > START_S_MAX:
                raise RuntimeError(f"{self._what()} is not ready:\n{self._said()}")
            time.sleep(0.01)
        return at - self.started_at

    def check(self) -> None:
        """Raises: RuntimeError: it has ended by itself; with the end of its log."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._what()} ended:\n{self._said()}")

    def cpu_s(self) -> float:
        """User and system time of all its threads, in steps of 10 ms."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S

    def rss_mb(self) -> float:
        """Resident memory now, in units of 2**20 bytes."""
        return self._status("VmRSS")

    def peak_rss_mb(self) -> float:
        """The most resident memory so far, in units of 2**20 bytes."""
        return self._status("VmHWM")

    def written_bytes(self) -> int:
        """What it had the disk write: pages, so a small commit costs at least one."""
        lines = (self._proc / "io").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])

    def _what(self) -> str:
        return " ".join(self._command[:3])

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    def _status(self, name: str) -> float:
        lines = (self._proc / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
