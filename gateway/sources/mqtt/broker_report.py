"""What a broker says of itself under `$SYS`: its version, what it stores, and how many messages it has dropped.

    $SYS/broker/version                      mosquitto version 2.0.11
    $SYS/broker/publish/messages/dropped     150     since the broker's start, for all of its clients
    $SYS/broker/store/messages/count         103     waiting for somebody, its own $SYS messages included
    $SYS/broker/heap/current                 65464   bytes

Mosquitto 2.0 and 2.1 have these names; it tells them every `sys_interval` (10 s), and keeps them for new
subscribers. They are asked for at QoS 0: at QoS 1 they would fill our own queue while this gateway is away, and
take the place of frames. A broker that has none, or keeps them to itself, tells nothing.

The count of what was dropped begins at 0 with the broker: a lower value than before means that it was started
anew. Nothing here tells whose messages they were.

Source: mosquitto(8), "Broker status"; measured on Mosquitto 2.0.11.
"""

PREFIX = b"$SYS/"
_DROPPED = "$SYS/broker/publish/messages/dropped"
_STORED = "$SYS/broker/store/messages/count"
_HEAP = "$SYS/broker/heap/current"
_VERSION = "$SYS/broker/version"
TOPICS = (_VERSION, _DROPPED, _STORED, _HEAP)
"""What to subscribe to."""

_FIGURES = {_STORED.encode(): "broker_stores", _HEAP.encode(): "broker_heap_bytes"}
_DIGITS_MAX = 18
"""Of a figure: more fits no 64 bits."""
_VERSION_CHARS_MAX = 80


class BrokerReport:
    """The newest figures of one broker, over all connections of this run."""

    def __init__(self) -> None:
        self.version = ""
        """As the broker writes it; empty when it does not say."""
        self.figures: dict[str, int] = {}
        """What the broker has now, by the names of `status`."""
        self._dropped: int | None = None

    def hear(self, topic: bytes, payload: bytes) -> int:
        """Take one message; how many more messages the broker has dropped than was known.

        The first value of a run counts whole: it may have dropped them while this gateway was away.
        """
        if topic == _VERSION.encode():
            text = payload[:_VERSION_CHARS_MAX].decode("utf-8", "replace")
            self.version = "".join(letter for letter in text if letter.isprintable())
            return 0
        value = _figure(payload)
        if value is None:
            return 0
        if name := _FIGURES.get(topic):
            self.figures[name] = value
            return 0
        if topic != _DROPPED.encode():
            return 0
        before, self._dropped = self._dropped, value
        return value if before is None or value < before else value - before


def _figure(payload: bytes) -> int | None:
    return int(payload) if payload.isdigit() and len(payload) <= _DIGITS_MAX else None
