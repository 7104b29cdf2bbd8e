"""The real-time clock of this machine, if it has one, and whether the wall clock agrees with it.

The kernel sets the wall clock from it at boot. A dead battery shows: the chip says that its oscillator has
stopped, and reading fails, or it begins at its own epoch, years away.

Source: Documentation/ABI/testing/sysfs-class-rtc of the Linux kernel: `since_epoch`, in seconds, UTC.
"""

import time
from pathlib import Path

RTC_FOLDER = Path("/sys/class/rtc")
OFF_S_MAX = 60.0
"""Crystals of real-time clocks drift a few seconds a week; beyond this one of the two is wrong."""


async def agreeing_rtc(_jumped: bool) -> str | None:
    """Its name when one agrees with the wall clock, or none can be seen; None when what is there disagrees."""
    readings = [folder / "since_epoch" for folder in RTC_FOLDER.glob("rtc*")]  # noqa: ASYNC240 - sysfs
    if not readings:
        return "rtc, not seen"
    return "rtc" if any(_agrees(file) for file in readings) else None


def _agrees(since_epoch: Path) -> bool:
    try:
        seconds = int(since_epoch.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return abs(seconds - time.time()) <= OFF_S_MAX
