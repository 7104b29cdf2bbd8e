"""What is done with the messages of one read: read, handed over, acknowledged; and how old they may be.

A message may have waited in the broker when it is marked as sent again (DUP) or retained, when the broker had
a session for us and the connection is young, or when the broker's window was full lately, so that others
queued behind it. Only else it is `live`. What a publisher kept back itself nobody can see.
"""

from collections.abc import Callable, Sequence
from functools import partial

from paho.mqtt.client import topic_matches_sub

from gateway.health import Health
from gateway.model import Heard, Malformed, Stamp
from gateway.ports import Clock, Intake
from gateway.sources.mqtt.broker_report import PREFIX
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.connection import Connection
from gateway.sources.mqtt.packets import Publish
from gateway.sources.mqtt.protocol import Reader

SETTLING_NS = 5_000_000_000
"""After a connect with a session, or after a full window, messages may be old for so long."""
MESSAGES_PER_ROOM = 256
"""Handed over before the intake is asked for room."""
CUT_BYTES_KEPT = 1024
"""Kept of a message that is too long."""
_TOPICS_MAX = 8192
_TOPIC_BYTES_KEPT = 256
"""Longer topics are looked at each time: 8192 of the longest would be half a gigabyte."""
_NEVER = 2**63


class Handover:
    """Between a connection and the intake."""

    def __init__(
        self,
        section: MqttSection,
        name: str,
        health: Health,
        intake: Intake,
        clock: Clock,
        of_the_broker: Callable[[Publish], None] = lambda _message: None,
    ) -> None:
        """`of_the_broker` takes what the broker says of itself, under $SYS."""
        self._section = section
        self._name = name
        self._health = health
        self._intake = intake
        self._clock = clock
        self._of_the_broker = of_the_broker
        self._reader = Reader(name, section.format)
        self._live_from_ns = _NEVER
        self._since_room = 0
        self._asked_for: set[bytes] = set()
        self._unasked = False
        self.taking = True
        """Turned off at the end: what comes then stays with the broker."""

    def begin(self) -> None:
        """A new connection is opened."""
        self._live_from_ns = _NEVER
        self._since_room = 0

    def welcomed(self, *, session_present: bool) -> None:
        """The broker has accepted it."""
        now = self._clock.stamp().boot_ns
        self._live_from_ns = now + SETTLING_NS if session_present else now

    def take(self, connection: Connection, messages: Sequence[Publish]) -> None:
        """Hand over what one read gave. Halts the reading when the intake or the acknowledgements are behind."""
        if not self.taking:
            return
        stamp = self._clock.stamp()
        live = stamp.boot_ns >= self._live_from_ns
        taken = sum(self._take_one(connection, message, stamp, live) for message in messages)
        self._health.count("messages", taken)
        self._since_room += taken
        unacknowledged = connection.unacknowledged
        if unacknowledged >= self._section.receive_maximum:
            self._live_from_ns = stamp.boot_ns + SETTLING_NS
        if self._since_room >= MESSAGES_PER_ROOM or unacknowledged > self._section.receive_maximum:
            connection.halt()

    async def wait_for_room(self, connection: Connection) -> None:
        """Wait until the intake takes more and the broker does not send more than it should."""
        # At QoS 0 the broker sends on regardless.
        await self._intake.room(patient=bool(self._section.qos))
        self._since_room = 0
        await connection.until_acknowledged(but=self._section.receive_maximum)

    def _take_one(self, connection: Connection, message: Publish, stamp: Stamp, live: bool) -> bool:
        """Take one message; False when it only told of the broker."""
        if message.topic not in self._asked_for:
            if message.topic.startswith(PREFIX):
                self._of_the_broker(message)
                return False
            self._look_at(message.topic)
        if message.dup or message.retain:
            live = False
            self._health.count("sent_again" if message.dup else "retained")
        if message.cut_from:
            self._health.count("oversize")
            heard: Sequence[Heard] = (self._cut(message, stamp),)
        else:
            heard, report = self._reader.read(message.topic, message.payload, stamp, live)
            if report is not None:
                self._intake.report(report)
            elif not heard:
                self._health.count("other")
        if not message.qos:
            self._health.count("qos0")
            if heard:
                self._intake.submit(heard)
            return True
        packet = connection.expect(message)
        if heard:
            self._intake.submit(heard, partial(connection.settle, packet))
        else:
            connection.settle(packet)
        return True

    def _cut(self, message: Publish, stamp: Stamp) -> Malformed:
        topic = message.topic[:200].decode("utf-8", "replace")
        sentence = (
            f"{topic}: {message.cut_from} bytes, more than max_packet; its first "
            f"{CUT_BYTES_KEPT} bytes are kept"
        )
        return Malformed(self._name, message.payload[:CUT_BYTES_KEPT], sentence, stamp)

    def _look_at(self, topic: bytes) -> None:
        """See whether a topic that comes for the first time is one that is configured.

        A session keeps its subscriptions: those of topics that were taken out of the file since, too.
        """
        text = topic.decode("utf-8", "replace")
        if not any(topic_matches_sub(_unshared(asked), text) for asked in self._section.topics):
            self._health.count("not_in_topics")
            if not self._unasked:
                self._unasked = True
                self._health.note(
                    "not_in_topics",
                    topic=text,
                    why="the broker's session still has a subscription that the configuration has not",
                    remedy="it is taken all the same; to end it, delete the session or change client_id",
                )
            return
        if len(topic) > _TOPIC_BYTES_KEPT:
            return
        if len(self._asked_for) >= _TOPICS_MAX:
            self._asked_for.clear()
        self._asked_for.add(topic)


def _unshared(topic: str) -> str:
    """The filter of a shared subscription, $share/name/filter."""
    return topic.split("/", 2)[2] if topic.startswith("$share/") else topic
