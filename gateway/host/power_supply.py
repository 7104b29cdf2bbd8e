"""Whether the board gets enough voltage, as a Raspberry Pi's firmware sees it: the first cause of damaged cards.

    get_throttled    hex bits: 0 under-voltage now, 1 frequency capped, 2 throttled, 3 soft temperature limit;
                     16..19 the same, some time since boot   (kernel of Raspberry Pi OS)
    in0_lcrit_alarm  0 or 1 of the hwmon device `rpi_volt`: under-voltage since it was read last (mainline kernel)

Both can be read under the hardened unit. On any other machine there is nothing to read, and nothing is said.

Source: Raspberry Pi documentation, `vcgencmd get_throttled`; Linux drivers/hwmon/raspberrypi-hwmon.c.
"""

import asyncio
from pathlib import Path

from gateway.journal import Journal

LOOK_EVERY_S = 10.0
UNDER_VOLTAGE, CAPPED, THROTTLED, HOT = 1, 2, 4, 8
SINCE_BOOT = 16
"""Bits are shifted by this to say what was true some time since boot."""
SENTENCES = {
    UNDER_VOLTAGE: "under-voltage: use the board's own supply and a short, thick cable; cards are damaged by it",
    HOT: "too hot: the processor is slowed down; shade or ventilate the box",
    THROTTLED: "the processor is slowed down",
    CAPPED: "the processor's frequency is capped",
}


class PowerSupply:
    """What the firmware says of voltage and heat; looked at now and then, told when it changes."""

    def __init__(self, sysfs: Path = Path("/sys")) -> None:
        self._sysfs = sysfs
        self._alarmed = 0
        self._journal = Journal("power")
        self.bits: int | None = None
        """As `get_throttled` has them; None where the machine does not tell."""

    def look(self) -> None:
        """Read the flags once, and say what has come or gone since."""
        bits = self._read()
        now = 0 if bits is None else bits & 0xF
        before = 0 if self.bits is None else self.bits & 0xF
        for bit, sentence in SENTENCES.items():
            if now & bit and not before & bit:
                self._journal.error("power", why=sentence)
        if before and not now:
            self._journal.info("power_good")
        self.bits = bits

    async def watch(self) -> None:
        """Look until cancelled; ends at once where there is nothing to read."""
        self.look()
        while self.bits is not None:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def status(self) -> dict[str, list[str]] | None:
        """What is wrong now and what was since boot, as sentences; None where the machine does not tell."""
        if self.bits is None:
            return None
        return {"now": _said(self.bits), "since_boot": _said(self.bits >> SINCE_BOOT)}

    def _read(self) -> int | None:
        firmware = _text(self._sysfs / "devices/platform/soc/soc:firmware/get_throttled")
        if firmware is not None:
            try:
                return int(firmware, 16)
            except ValueError:
                return None
        for device in sorted(self._sysfs.glob("class/hwmon/hwmon*")):
            if _text(device / "name") == "rpi_volt":
                alarm = _text(device / "in0_lcrit_alarm")
                if alarm in ("0", "1"):
                    self._alarmed |= int(alarm)
                    return int(alarm) | self._alarmed << SINCE_BOOT
        return None


def _said(bits: int) -> list[str]:
    return [sentence for bit, sentence in SENTENCES.items() if bits & bit]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
