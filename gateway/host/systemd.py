"""What the service manager is told: that the daemon is ready, how it is, and that it is still alive.

Without NOTIFY_SOCKET, that is outside of a `Type=notify` unit, everything here does nothing.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

import asyncio
import os
from collections.abc import Callable

from gateway.host.loop_lag import LoopLag
from gateway.journal import Journal

LAG_S_MAX = 5.0
"""An event loop this late is not alive, whatever else is."""
PINGS_PER_PERIOD = 3
"""One ping may be late and another lost before systemd gives up."""


class ServiceManager:
    """The unit's notify socket."""

    def __init__(self) -> None:
        self._send: Callable[[str], None] | None = None
        if os.environ.get("NOTIFY_SOCKET"):
            from sdnotify import SystemdNotifier

            self._send = SystemdNotifier().notify
        self._journal = Journal("systemd")

    def ready(self, status: str) -> None:
        """The store is open and the sources are started."""
        self._tell(f"READY=1\nSTATUS={_one_line(status)}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={_one_line(status)}")

    def stopping(self) -> None:
        """The daemon begins to stop."""
        self._tell("STOPPING=1")

    async def watchdog(self, alive: Callable[[], bool], lag: LoopLag) -> None:
        """Ping while `alive()` holds and the loop keeps up, until cancelled.

        Returns at once when the unit has no watchdog. `alive` must not depend on brokers or databases: an
        outage of theirs is no reason to be started again.
        """
        period_s = watchdog_period_s()
        if self._send is None or period_s is None:
            return
        silent = False
        while True:
            healthy = lag.recent_s < LAG_S_MAX and alive()
            if healthy:
                self._tell("WATCHDOG=1")
            elif not silent:
                self._journal.error("not_alive", loop_lag_s=round(lag.recent_s, 3))
            silent = not healthy
            await asyncio.sleep(period_s / PINGS_PER_PERIOD)

    def _tell(self, message: str) -> None:
        if self._send is not None:
            self._send(message)


def watchdog_period_s() -> float | None:
    """WatchdogSec of the unit, None when it has none or it is meant for another process."""
    text = os.environ.get("WATCHDOG_USEC", "")
    pid = os.environ.get("WATCHDOG_PID", "")
    if not text.isdecimal() or int(text) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(text) / 1e6


def _one_line(text: str) -> str:
    """ASCII, as sdnotify drops what is not Latin-1; a line break would begin another variable."""
    return " ".join(text.split()).encode("ascii", "replace").decode()
