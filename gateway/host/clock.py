"""This machine's clocks, and whether the wall clock may be believed.

A Raspberry Pi before the 5 starts with yesterday's time. `[gateway] clock_trust` says who vouches for it:

    operator   whoever wrote that into the file: believed at once and always
    rtc        a real-time clock of this machine that agrees with the wall clock; where the kernel shows none
               (rtc.py), the file's word holds
    gps        a GPS receiver of this machine that disciplines the clock: asked for as with `ntp`; where there is
               nobody to ask, neither systemd nor chrony, the file's word holds
    ntp        the first witness of time_witness.py that says it is synchronised
    auto       the same, and where systemd is not running (containers, CI) the host: `assumed`

Trust, once given, stays for this boot: without NTP a crystal drifts a few seconds a day, and an uplink
cut for a night must not hold back readings. It ends when the wall clock is moved by more than `STEP_S_MAX`,
until somebody vouches for it again; the first stamp after the jump notices it. Where the file's word or the
host is all there is, a jump is told and the clock is believed further.
"""

import asyncio
import os
import shutil
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from gateway.host.rtc import agreeing_rtc
from gateway.host.time_witness import synchronised_by
from gateway.journal import Journal
from gateway.model import Stamp

Trust = Literal["auto", "ntp", "rtc", "gps", "operator"]

PAUSE_S = 10.0
"""Between two looks."""
STEP_S_MAX = 60.0
"""As far as a gateway's clock may be ahead of this one and be believed."""
_STEP_NS_MAX = int(STEP_S_MAX * 1e9)

BOOT_ID_VARIABLE = "LORA_GATEWAY_BOOT_ID"
"""Set by the unit: its ProcSubset=pid hides the file below."""
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
SYSTEMD_RUNS = Path("/run/systemd/system")
"""What sd_booted(3) looks for."""

Witness = Callable[[bool], Awaitable[str | None]]
"""Who vouches for the clock now, by name; None when nobody does. Told whether it has jumped."""


def boot_id() -> str:
    """The kernel's id of this boot, 32 hex digits; one of this process where the system does not tell.

    So without the kernel's word nobody takes two boots for one, and stamps readings by the wrong one.
    """
    text = os.environ.get(BOOT_ID_VARIABLE, "")
    if not text:
        try:
            text = BOOT_ID_FILE.read_text(encoding="ascii")
        except OSError:
            return uuid.uuid4().hex
    return text.strip().replace("-", "")


class SystemClock:
    """The clock of this machine (gateway.ports.Clock). `watch` keeps its trust up to date."""

    def __init__(
        self,
        trust: Trust = "auto",
        witness: Witness | None = None,
        systemd_runs: bool | None = None,
    ) -> None:
        """`witness` and `systemd_runs` are found out when they are not given."""
        self._boot_id = boot_id()
        self._journal = Journal("clock")
        self._witness = witness
        self._offset_ns = _offset_ns()
        self._jumped = False
        """Since it was trusted last."""
        self._jumps: list[float] = []
        """Jumps of the clock while it was trusted, in seconds."""
        self.how = "unsynchronised"
        """Who vouches for the clock: timedate1, timesyncd, chrony, rtc, gps, operator or assumed."""
        self.trusted = False
        self.on_trusted: Callable[[], None] = lambda: None
        """Called when it becomes trusted."""
        self._choose(trust, SYSTEMD_RUNS.is_dir() if systemd_runs is None else systemd_runs)

    def _choose(self, trust: Trust, systemd_runs: bool) -> None:
        """Whom to ask, or whom to believe."""
        if trust == "operator":
            self._believe("operator")
        elif trust == "auto" and not systemd_runs:
            self._believe("assumed")
        elif trust == "rtc":
            self._witness = self._witness or agreeing_rtc
        elif trust == "gps" and self._witness is None:
            if systemd_runs or shutil.which("chronyc"):
                self._witness = _gps
            else:
                self._believe("gps")
        else:
            self._witness = self._witness or synchronised_by

    def _believe(self, how: str) -> None:
        self._witness = None
        self._trust(how)

    @property
    def boot_id(self) -> str:
        """The kernel's id of this boot."""
        return self._boot_id

    def stamp(self) -> Stamp:
        """Now, by both clocks, and whether the wall clock is trusted."""
        wall_ns, boot_ns = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if not -_STEP_NS_MAX <= wall_ns - boot_ns - self._offset_ns <= _STEP_NS_MAX:
            self._moved(wall_ns - boot_ns)
        return Stamp(wall_ns, boot_ns, self.trusted)

    def status(self) -> dict[str, Any]:
        """For `status`: whether it is trusted, by whose word, and jumps in this run."""
        jumps = {"jumps": len(self._jumps), "last_jump_s": self._jumps[-1]} if self._jumps else {}
        return {"trusted": self.trusted, "how": self.how, **jumps}

    async def watch(self) -> None:
        """Look again and again, until cancelled; returns at once where nobody is to be asked."""
        while self._witness is not None:
            await self.look()
            await asyncio.sleep(PAUSE_S)

    async def look(self) -> None:
        """Ask the witnesses when there is a reason to, and take over what they say."""
        self.stamp()
        if self._witness is not None and not self.trusted:
            before_ns = _offset_ns()
            witness = await self._witness(self._jumped)
            self._offset_ns = _offset_ns()
            # One that was set meanwhile is not the clock that the witness spoke of.
            if witness is not None and abs(self._offset_ns - before_ns) <= _STEP_NS_MAX:
                self._trust(witness)

    def _trust(self, how: str) -> None:
        if not self.trusted:
            self._journal.info("trusted", how=how)
        self.trusted, self.how, self._jumped = True, how, False
        self.on_trusted()

    def _moved(self, offset_ns: int) -> None:
        """The wall clock was set, by more than any drift; before it is trusted that is only what is waited for."""
        by_s = round((offset_ns - self._offset_ns) / 1e9, 1)
        self._offset_ns = offset_ns
        if not self.trusted:
            return
        self._jumps.append(by_s)
        if self._witness is None:
            self._journal.warning("moved", by_s=by_s, why=f"believed further: {self.how}")
            return
        self.trusted, self.how, self._jumped = False, "unsynchronised", True
        self._journal.warning("moved", by_s=by_s, why="readings wait until somebody vouches for it")


async def _gps(jumped: bool) -> str | None:
    """Whether the kernel's clock follows something, where that can only be a GPS receiver."""
    witness = await synchronised_by(jumped)
    return None if witness is None else f"gps, {witness}"


def _offset_ns() -> int:
    """Wall clock minus boot-time clock: changes only when somebody sets the wall clock."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
