"""This machine's clocks, and whether the wall clock may be believed.

A Raspberry Pi before the 5 starts with yesterday's time. `[gateway] clock_trust` says who vouches for it:

    rtc, gps, operator    whoever wrote that into the file
    ntp                   the first witness of time_witness.py that says it is synchronised
    auto                  the same, and where systemd is not running (containers, CI) the host: `assumed`

Trust, once given, stays for this boot: without NTP a crystal drifts a few seconds a day, and an uplink
cut for a night must not hold back readings. It ends when the wall clock is moved by more than
`STEP_S_MAX` while nobody vouches for it.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from gateway.host.time_witness import synchronised_by
from gateway.journal import Journal
from gateway.model import Stamp

Trust = Literal["auto", "ntp", "rtc", "gps", "operator"]

UNTRUSTED_PAUSE_S = 10.0
"""Between two looks until the clock is trusted."""
TRUSTED_PAUSE_S = 60.0
STEP_S_MAX = 60.0
"""As far as a gateway's clock may be ahead of this one and be believed."""

BOOT_ID_VARIABLE = "LORA_GATEWAY_BOOT_ID"
"""Set by the unit: its ProcSubset=pid hides the file below."""
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
SYSTEMD_RUNS = Path("/run/systemd/system")
"""What sd_booted(3) looks for."""

Witness = Callable[[], Awaitable[str | None]]
"""Who vouches for the clock now, by name; None when nobody does."""


def boot_id() -> str:
    """The kernel's id of this boot, 32 hex digits; "unknown" where the system does not tell."""
    text = os.environ.get(BOOT_ID_VARIABLE, "")
    if not text:
        try:
            text = BOOT_ID_FILE.read_text(encoding="ascii")
        except OSError:
            return "unknown"
    return text.strip().replace("-", "")


class SystemClock:
    """The clock of this machine (gateway.ports.Clock). `watch` keeps its trust up to date."""

    def __init__(
        self,
        trust: Trust = "auto",
        witness: Witness = synchronised_by,
        systemd_runs: bool | None = None,
    ) -> None:
        self._boot_id = boot_id()
        self._witness = witness
        self._journal = Journal("clock")
        self._asks = trust in ("auto", "ntp")
        self._offset_ns = 0
        self.how = "unsynchronised"
        """Who vouches for the clock: timedate1, timesyncd, chrony, rtc, gps, operator or assumed."""
        self.trusted = False
        if systemd_runs is None:
            systemd_runs = SYSTEMD_RUNS.is_dir()
        if not self._asks:
            self._trust(trust)
        elif trust == "auto" and not systemd_runs:
            self._asks = False
            self._trust("assumed")

    @property
    def boot_id(self) -> str:
        """The kernel's id of this boot."""
        return self._boot_id

    def stamp(self) -> Stamp:
        """Now, by both clocks, and whether the wall clock is trusted."""
        return Stamp(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME), self.trusted)

    async def watch(self) -> None:
        """Look again and again, until cancelled; returns at once where nobody needs to be asked."""
        while self._asks:
            await self.look()
            await asyncio.sleep(TRUSTED_PAUSE_S if self.trusted else UNTRUSTED_PAUSE_S)

    async def look(self) -> None:
        """Ask the witnesses when there is a reason to, and take over what they say."""
        if not self._asks:
            return
        moved_s = (_offset_ns() - self._offset_ns) / 1e9
        if not self.trusted or abs(moved_s) > STEP_S_MAX:
            witness = await self._witness()
            if witness is not None:
                self._trust(witness)
            elif self.trusted:
                self._distrust(moved_s)
        self._offset_ns = _offset_ns()

    def _trust(self, how: str) -> None:
        if not self.trusted:
            self._journal.info("trusted", how=how)
        self.trusted, self.how = True, how

    def _distrust(self, moved_s: float) -> None:
        self.trusted, self.how = False, "unsynchronised"
        self._journal.warning("moved", by_s=round(moved_s), why="nobody vouches for the clock")


def _offset_ns() -> int:
    """Wall clock minus boot-time clock: changes only when somebody sets or slews the wall clock."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
