"""Which messages are still to be acknowledged, in the order in which they came.

MQTT wants acknowledgements in the order of the messages [MQTT-4.6.0-2]. Messages are settled in another order:
a frame when it is on disk, a join or a gateway's statistics at once. So what is settled waits for what came
before it.

Source: OASIS MQTT 5.0, 4.6.
"""

from collections import deque


class Acknowledgements:
    """The acknowledgements of one connection."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        """The packets to be sent, oldest message first."""
        self._early: set[bytes] = set()
        """Those settled before an older one."""

    def __len__(self) -> int:
        """Messages that are not settled, or wait for one that is not."""
        return len(self._waiting)

    def expect(self, packet: bytes) -> None:
        """A message came that this packet will acknowledge."""
        self._waiting.append(packet)

    def settle(self, packet: bytes) -> bytes:
        """The message of this packet needs nothing more; returns all packets that may be sent now, joined.

        A packet that is not expected (the connection before gave it) settles nothing.
        """
        waiting = self._waiting
        if not waiting or waiting[0] != packet:
            if packet in waiting:
                self._early.add(packet)
            return b""
        waiting.popleft()
        if not self._early:
            return packet
        ready = [packet]
        while waiting and waiting[0] in self._early:
            self._early.discard(waiting[0])
            ready.append(waiting.popleft())
        return b"".join(ready)
