"""A pseudo-terminal with a simulated modem at its far end, behind a link as in /dev/serial/by-id.

    host -> /dev/serial/by-id/usb-...  ->  /dev/pts/N  |  a thread reads here, the firmware answers

Unplugging closes the far end, so the host meets what an unplugged USB adapter shows it: end of file, and a
port that is readable for ever. Plugging in again makes another pseudo-terminal; the link follows it.
"""

import os
import pty
import select
import threading
import time
import tty
from pathlib import Path
from typing import Self

from hil.simulators.modems.firmware import Firmware

_READ_BYTES = 4096
_POLL_S = 0.005


class ModemTerminal:
    """One modem and its cable. Use as a context manager, plugged in from the start."""

    def __init__(self, firmware: Firmware, link: Path) -> None:
        self.firmware = firmware
        self.link = link
        self._lock = threading.Lock()
        self._near_fd = self._far_fd = -1
        self._stop_read_fd = self._stop_write_fd = -1
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def device(self) -> str:
        """The pseudo-terminal that the link names now."""
        return os.ttyname(self._near_fd)

    def plug(self) -> None:
        """Put the modem in: it boots, and the link appears."""
        self._far_fd, self._near_fd = pty.openpty()
        tty.setraw(self._near_fd)
        self._stop_read_fd, self._stop_write_fd = os.pipe()
        fresh = self.link.with_name(self.link.name + ".new")
        fresh.symlink_to(self.device)
        fresh.replace(self.link)
        with self._lock:
            self._send(self.firmware.power_on())
        self._thread = threading.Thread(target=self._serve, name=f"modem {self.link.name}")
        self._thread.start()

    def unplug(self) -> None:
        """Pull the modem out: its link is gone, and the host meets the end of the port."""
        if self._thread is None:
            return
        self.link.unlink()
        os.write(self._stop_write_fd, b"!")
        self._thread.join()
        self._thread = None
        for fd in (self._near_fd, self._far_fd, self._stop_read_fd, self._stop_write_fd):
            os.close(fd)

    def transmit(self, payload: bytes, rssi_dbm: int = -70, snr_db: int = 8) -> bool:
        """Put a packet on the air; whether the modem heard it."""
        with self._lock:
            told = self.firmware.receive(payload, rssi_dbm, snr_db)
            self._send(told)
        return bool(told)

    def transmit_broken(self) -> None:
        """Put a packet on the air that arrives with a wrong CRC."""
        with self._lock:
            self._send(self.firmware.mishear())

    def reset(self) -> None:
        """Make the modem start anew without unplugging it."""
        with self._lock:
            self._send(self.firmware.power_on())

    def write(self, noise: bytes) -> None:
        """Bytes that come from no firmware."""
        with self._lock:
            self._send(noise)

    def wait_listening(self, timeout_s: float) -> bool:
        """Wait until the host has made the modem listen; whether it did."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            with self._lock:
                if self.firmware.listening:
                    return True
            time.sleep(_POLL_S)
        return False

    def _serve(self) -> None:
        while True:
            readable, _, _ = select.select([self._far_fd, self._stop_read_fd], [], [])
            if self._stop_read_fd in readable:
                return
            said = os.read(self._far_fd, _READ_BYTES)
            with self._lock:
                self._send(self.firmware.hear(said))

    def _send(self, told: bytes) -> None:
        while told:
            told = told[os.write(self._far_fd, told) :]
