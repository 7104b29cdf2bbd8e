"""Who vouches for this machine's wall clock: asks systemd's timedate1, then its timesyncd, then chrony.

    timedate1   NTPSynchronized is the kernel's word (maximum error below 16 s), whoever disciplines it
    timesyncd   touches a file when it has set the clock in this boot; it stays when the network is cut, and also
                when somebody sets the clock wrong: after a jump it is not asked
    chrony      `chronyc -c tracking`: comma-separated, reference in field 1, stratum in field 3, what is still to
                be corrected in field 5, leap status last. "Normal" alone says little: a chrony that may not step
                the clock says so while it is hours off, and one told to be `local` when it follows itself

Each is asked in a child process with a time-out; none blocks the event loop.

Source: org.freedesktop.timedate1(5); systemd-timesyncd.service(8); chronyc(1), tracking.
"""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

ANSWER_S_MAX = 5.0
"""A healthy bus answers in milliseconds."""

TIMEDATE1 = (
    "busctl", "get-property", "org.freedesktop.timedate1", "/org/freedesktop/timedate1",
    "org.freedesktop.timedate1", "NTPSynchronized",
)  # fmt: skip
CHRONY = ("chronyc", "-n", "-c", "tracking")
TIMESYNCD_FILE = Path("/run/systemd/timesync/synchronized")

STRATUM_MAX = 15
"""16 means unsynchronised."""
LOCAL = "7F7F0101"
"""127.127.1.1, chrony's own clock: its directive `local` makes it serve that, right or wrong."""
CORRECTION_S_MAX = 1.0
"""What chrony has still to slew away; it may follow a source for hours before the clock is right."""


async def synchronised_by(jumped: bool = False) -> str | None:
    """The first witness that says the clock is right, by name; None when none does.

    `jumped` when it was right before, and then moved.
    """
    if (await answer(TIMEDATE1)).strip() == "b true":
        return "timedate1"
    if not jumped and TIMESYNCD_FILE.exists():  # noqa: ASYNC240 - on tmpfs
        return "timesyncd"
    if chrony_is_synchronised(await answer(CHRONY)):
        return "chrony"
    return None


def chrony_is_synchronised(tracking: str) -> bool:
    """Whether chrony follows a source, from one line of `chronyc -c tracking`."""
    fields = tracking.strip().split(",")
    if len(fields) < 14 or not fields[2].isdecimal():
        return False
    if fields[0] == LOCAL:
        return False
    try:
        correction_s = abs(float(fields[4]))
    except ValueError:
        return False
    follows = 1 <= int(fields[2]) <= STRATUM_MAX and fields[-1] != "Not synchronised"
    return follows and correction_s <= CORRECTION_S_MAX


async def answer(command: tuple[str, ...]) -> str:
    """What the command prints; "" when it is not installed, fails or is too slow."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            out, _ = await child.communicate()
    except TimeoutError:
        return ""
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return out.decode("utf-8", "replace") if child.returncode == 0 else ""
