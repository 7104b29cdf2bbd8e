"""How far a recording was read, and how far it is on disk: groups of lines and their receipts.

Receipts come in the order of the groups. Lines that held nothing to hand over count as on disk with the
group before them.
"""

import asyncio

from gateway.ports import Receipt


class Reached:
    """The places of one reading of the recording, as byte offsets behind a line."""

    def __init__(self, offset: int) -> None:
        self.on_disk = offset
        """All before it is on disk."""
        self._read = offset
        self._waiting = 0
        self._settled = asyncio.Event()
        self._settled.set()

    def handed_over(self, end: int) -> Receipt:
        """The receipt of a group that ends here."""
        self._read = end
        self._waiting += 1
        self._settled.clear()
        return lambda: self._committed(end)

    def passed(self, end: int) -> None:
        """Lines up to here held nothing."""
        self._read = end
        if not self._waiting:
            self.on_disk = end

    async def settled(self) -> None:
        """Wait until all that was handed over is on disk."""
        await self._settled.wait()

    def _committed(self, end: int) -> None:
        self._waiting -= 1
        self.on_disk = end if self._waiting else self._read
        if not self._waiting:
            self._settled.set()
