"""What the service manager hears: a real datagram socket stands in for systemd's."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.host.loop_lag import LoopLag
from gateway.host.systemd import LAG_S_MAX, ServiceManager, watchdog_period_s


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The manager's end of the notify socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield end


def heard(end: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(end.recv(4096).decode())
        except BlockingIOError:
            return messages


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # sdnotify keeps its socket for the process's life
class TestTelling:
    """Each message as systemd reads it."""

    def test_what_is_told(self, systemd: socket.socket) -> None:
        manager = ServiceManager()
        manager.ready("0 frames")
        manager.status("1 frame")
        manager.stopping()
        assert heard(systemd) == ["READY=1\nSTATUS=0 frames", "STATUS=1 frame", "STOPPING=1"]

    def test_a_status_is_one_line_of_ascii(self, systemd: socket.socket) -> None:
        ServiceManager().ready("ศาลา\nWATCHDOG=trigger")
        assert heard(systemd) == ["READY=1\nSTATUS=???? WATCHDOG=trigger"]

    async def test_the_watchdog_is_fed_while_the_program_is_alive(
        self, systemd: socket.socket
    ) -> None:
        alive, lag = True, LoopLag()
        fed = asyncio.create_task(ServiceManager().watchdog(lambda: alive, lag))
        await _until(lambda: heard(systemd) == ["WATCHDOG=1"])
        await _until(lambda: heard(systemd) == ["WATCHDOG=1"])
        alive = False
        await _until(lambda: heard(systemd) == [], times=5)
        alive, lag.recent_s = True, LAG_S_MAX
        await _until(lambda: heard(systemd) == [], times=5)
        lag.recent_s = 0.0
        await _until(lambda: heard(systemd) == ["WATCHDOG=1"])
        fed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fed

    async def test_a_unit_without_a_watchdog_is_not_fed(
        self, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("WATCHDOG_USEC")
        await ServiceManager().watchdog(lambda: True, LoopLag())
        assert heard(systemd) == []


async def test_outside_of_a_unit_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    manager = ServiceManager()
    manager.ready("a")
    manager.stopping()
    await manager.watchdog(lambda: True, LoopLag())


@pytest.mark.parametrize(
    ("usec", "pid", "period_s"),
    [
        ("60000000", "", 60.0),
        ("60000000", str(os.getpid()), 60.0),
        ("60000000", "1", None),
        ("0", "", None),
        ("", "", None),
        ("x", "", None),
    ],
)
def test_the_period_of_the_watchdog(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, period_s: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_period_s() == period_s


async def _until(holds: object, times: int = 1) -> None:
    """Wait until the condition holds, or has held so many times in a row."""
    async with asyncio.timeout(5):
        held = 0
        while held < times:
            await asyncio.sleep(0.01)
            held = held + 1 if holds() else 0  # type: ignore[operator]
