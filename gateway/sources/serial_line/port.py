"""A serial port that is open, raw and ours alone.

Three things that a plain open does not give:
- nobody else reads along: TIOCEXCL keeps other programs out, a lock on the device keeps out a second one of
  ours that runs as root, for whom TIOCEXCL does not count
- VMIN = 1, so that an empty read means that the device is gone and never that nothing has come yet. After an
  unplug poll reports the port as readable for ever: without the difference a reader would spin
- an open in a thread: a USB device that hangs makes open() wait for seconds
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
from pathlib import Path

import serial

from gateway.errors import Blocked, Unavailable

READ_BYTES_MAX = 4096
"""The kernel's buffer of a tty."""

_GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO})
_TAKEN = frozenset({errno.EBUSY, errno.EAGAIN})


class Port:
    """An open port. Not thread-safe; `close` may be called twice."""

    def __init__(self, path: str, speed_baud: int) -> None:
        """Open it.

        Raises:
            Unavailable: it is not there, or does not work.
            Blocked: another program has it, or this user may not open it.
        """
        self.path = path
        try:
            self._serial = serial.Serial(
                path, speed_baud, timeout=0, write_timeout=0, exclusive=True
            )
        except (OSError, ValueError) as fault:
            raise _cause(path, fault) from fault
        self._fd = self._serial.fileno()
        try:
            fcntl.ioctl(self._fd, termios.TIOCEXCL)
            modes = termios.tcgetattr(self._fd)
            modes[6][termios.VMIN] = 1
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)
        except (OSError, termios.error) as fault:
            self.close()
            raise Unavailable(f"{path} does not take its settings: {fault}") from fault

    async def readable(self, until: float | None) -> bool:
        """Wait for bytes, or for the end of the device, until a time of the event loop's clock."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self._fd, _settle, ready)
        try:
            async with asyncio.timeout_at(until):
                await ready
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._fd)
        return True

    def read(self) -> bytes:
        """What has come; b"" when it was a false alarm.

        Raises:
            Unavailable: the device is gone.
        """
        try:
            chunk = os.read(self._fd, READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        except OSError as fault:
            raise _unplugged(self.path) from fault
        if not chunk:
            raise _unplugged(self.path)
        return chunk

    def write(self, output: bytes) -> bool:
        """Send some bytes; False when the device does not take them now.

        Raises:
            Unavailable: the device is gone.
        """
        try:
            return os.write(self._fd, output) == len(output)
        except BlockingIOError:
            return False
        except OSError as fault:
            raise _unplugged(self.path) from fault

    def close(self) -> None:
        """Give it back at once: while it is open a device that is plugged in again gets another number."""
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._fd, termios.TIOCNXCL)  # it would outlive us where others have it open
        with contextlib.suppress(OSError):
            self._serial.close()


async def open_port(path: str, speed_baud: int) -> Port:
    """Open a port without holding up the event loop.

    Raises:
        Unavailable, Blocked: as `Port`.
    """
    opening = asyncio.get_running_loop().run_in_executor(None, Port, path, speed_baud)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_late)
        raise


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _close_late(opening: "asyncio.Future[Port]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _unplugged(path: str) -> Unavailable:
    return Unavailable(f"{path} was unplugged: plug it in again")


def _cause(path: str, fault: OSError | ValueError) -> Unavailable | Blocked:
    code = fault.errno if isinstance(fault, OSError) else None
    if code in _GONE:
        return Unavailable(f"{path} is not there: plug the modem in, or mend `port`")
    if code in _TAKEN:
        return Blocked(
            f"{path} is in use{_holder(path)}", "stop that program, or give it another port"
        )
    if code in (errno.EACCES, errno.EPERM):
        remedy = "add this program's user to the group of the device, mostly dialout"
        return Blocked(f"{path} may not be opened", remedy)
    return Unavailable(f"{path} cannot be used as a serial port: {fault}")


def _holder(path: str) -> str:
    """` by NAME (process N)`, as far as this user may look."""
    device = os.path.realpath(path)
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        process = entry.parts[2]
        with contextlib.suppress(OSError):
            if str(entry.readlink()) != device:
                continue
            if process == str(os.getpid()):
                return " by another section of this configuration"
            name = Path("/proc", process, "comm").read_text(encoding="utf-8").strip()
            return f" by {name} (process {process})"
    return " by another program"
