"""Gateways and network servers over MQTT: connects, subscribes, hands over, acknowledges what is on disk.

A message of QoS 1 is acknowledged after the commit of what it held, in the order in which messages came; until
then the broker keeps it, and sends it again to the next connection. So the broker must know us after a pause:
the session is never cleaned (`clean_start` false), and has an expiry of days. What the broker sends ahead of
acknowledgements is bounded by its receive maximum (MQTT 5), and here by halting the reading.

The end: cancelling `run` stops taking messages, and the connection stays. What was handed over is committed
by the composition, its receipts still become acknowledgements; then `close` says goodbye.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from paho.mqtt.enums import MQTTProtocolVersion

from gateway.backoff import Backoff
from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.ports import Clock, Intake
from gateway.sources.mqtt.broker_report import TOPICS, BrokerReport
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.connection import Connection, Welcome
from gateway.sources.mqtt.handover import Handover
from gateway.sources.mqtt.losses import Losses
from gateway.sources.mqtt.packets import Publish
from gateway.sources.mqtt.reasons import (
    REFUSED_FROM,
    SilentlyClosed,
    TakenOver,
    VersionRefused,
)
from gateway.sources.mqtt.short_lives import ShortLives
from gateway.worker import Worker

RETRY_FIRST_S, RETRY_MOST_S = 1.0, 60.0
TAKEN_OVER_WAIT_S = 60.0
"""Before trying again when another client has our client id, so that two programs do not chase each other."""
REFUSED_TOPICS_WAIT_S = 60.0
"""Before asking again for topics that were refused."""
WINDOW_OF_3_1_1 = 10
"""Messages in flight where the broker alone decides: the least of the common brokers. Mosquitto has 20."""
UNANSWERED_ENOUGH = 2
"""Connections that end before the broker has said whether it tells of itself; then it is not asked any more."""

_V5, _V3 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


class MqttSource:
    """One broker."""

    def __init__(self, section: MqttSection, name: str, backoff: Backoff | None = None) -> None:
        self.name = name
        self.health = Health("source", name)
        self.guarantee = "at least once" if section.qos else "at most once"
        self.window = _window(section)
        self._section = section
        self._backoff = backoff or Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        self._version = _V3 if section.version == "3.1.1" else _V5
        self._connection: Connection | None = None
        self._knows_5 = False
        """This broker has taken MQTT 5 from us in this run: one that hangs up now is only ending or starting."""
        self._had_session = False
        self._short_lives = ShortLives()
        self._connected = ""
        """To whom and how, once we are."""
        self._losses = Losses(self.health)
        self._broker = BrokerReport()
        self._unanswered = 0
        self._last_known_ns: int | None = None
        """Unix time in ns at which the broker last had a session for us, as far as we know."""

    def heard_before(self, last_ns: int) -> None:
        """Something of this source is on disk since an earlier run: then the broker should know us."""
        self._last_known_ns = last_ns

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Receive until cancelled; then the connection stays for acknowledgements, until `close`."""
        handover = Handover(
            self._section,
            self.name,
            self.health,
            intake,
            clock,
            partial(self._of_the_broker, clock),
        )
        worker = Worker(f"mqtt {self.name}")
        version = self._version
        try:
            while True:
                self._connection = connection = Connection(
                    self._section, version, handover.take, clock
                )
                try:
                    await self._serve(connection, version, worker, handover, clock)
                except (Unavailable, Blocked) as fault:
                    connection.abandon()
                    self._judge(connection, clock)
                    self._explain(fault)
                    version, wait_s = self._next_attempt(fault, version)
                    await asyncio.sleep(wait_s)
        finally:
            handover.taking = False
            worker.stop()

    async def close(self) -> None:
        """Send the acknowledgements that became due since `run` ended, and leave. The session stays."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        self.health.stopped()

    # -- one connection -------------------------------------------------------------------------------

    async def _serve(
        self,
        connection: Connection,
        version: MQTTProtocolVersion,
        worker: Worker,
        handover: Handover,
        clock: Clock,
    ) -> None:
        """Connect and receive for as long as it lasts.

        Raises:
            Unavailable, Blocked: it did not last, or did not come about.
        """
        handover.begin()
        welcome = await connection.open(worker)
        self._knows_5 = self._knows_5 or version == _V5
        handover.welcomed(session_present=welcome.session_present)
        self._note_session(welcome, clock)
        # The broker may send all that waits for us before it answers our SUBSCRIBE: both go on together.
        subscribed = asyncio.Event()
        tasks = (
            asyncio.create_task(self._read_on(connection, handover)),
            asyncio.create_task(self._ask_for_topics(connection, version, subscribed)),
            asyncio.create_task(self._ask_of_the_broker(connection, subscribed)),
        )
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_on(self, connection: Connection, handover: Handover) -> None:
        """Read whenever there is room.

        Raises:
            Unavailable, Blocked: the connection has ended.
        """
        while True:
            await connection.while_it_lasts(asyncio.ensure_future(connection.until_halted()))
            room = handover.wait_for_room(connection)
            await connection.while_it_lasts(asyncio.ensure_future(room))
            connection.resume()

    async def _ask_for_topics(
        self, connection: Connection, version: MQTTProtocolVersion, subscribed: asyncio.Event
    ) -> None:
        """Ask for the topics, and for those that are refused now and then again.

        Raises:
            Unavailable, Blocked: the connection has ended.
        """
        topics: Sequence[str] = self._section.topics
        while topics := await self._subscribe(connection, topics, version):
            subscribed.set()
            await asyncio.sleep(REFUSED_TOPICS_WAIT_S)
        subscribed.set()

    async def _ask_of_the_broker(self, connection: Connection, subscribed: asyncio.Event) -> None:
        """Ask it to tell of itself, once it has given us our topics. Some brokers end the connection over it.

        Raises:
            Unavailable, Blocked: the connection has ended.
        """
        await subscribed.wait()
        if self._unanswered < UNANSWERED_ENOUGH:
            self._unanswered += 1
            await connection.subscribe(TOPICS, 0, retained_again=True)
            self._unanswered = 0

    async def _subscribe(
        self, connection: Connection, topics: Sequence[str], version: MQTTProtocolVersion
    ) -> list[str]:
        """Ask for topics; those that were refused."""
        granted = await connection.subscribe(topics, self._section.qos)
        answers = list(zip(topics, granted, strict=False))
        refused = [topic for topic, code in answers if code >= REFUSED_FROM]
        lower = [topic for topic, code in answers if code < self._section.qos]
        host, port, _ = self._section.place
        sentence = f"{host}:{port} by MQTT {'5' if version == _V5 else '3.1.1'}"
        if lower:
            self.guarantee = "at most once"
            self.health.count("granted_qos_lower", len(lower))
            sentence += (
                f"; the broker grants QoS 0 only for {', '.join(lower)}: "
                "what comes while this gateway is away is lost"
            )
        if refused:
            self.health.blocked(
                f"the broker refuses {', '.join(refused)}; let this user read them, or change topics"
            )
        else:
            self._connected = sentence
            self._say_up()
        self._had_session = True
        return refused

    def _say_up(self) -> None:
        broker = f"{self._broker.version} at " if self._broker.version else ""
        why = f"connected to {broker}{self._connected}"
        self.health.up(why + self._short_lives.sentence + self._losses.sentence)

    def _of_the_broker(self, clock: Clock, message: Publish) -> None:
        """The broker tells of itself."""
        dropped = self._broker.hear(message.topic, message.payload)
        self.health.counters.update(self._broker.figures)
        if dropped:
            self._losses.dropped(dropped, clock.stamp().wall_ns)
        if self.health.state == "up":
            self._say_up()

    def _note_session(self, welcome: Welcome, clock: Clock) -> None:
        section = self._section
        if self._had_session:
            self.health.count("reconnects")
        forgotten = not welcome.session_present and section.session_expiry and section.qos
        if forgotten and self._last_known_ns is not None:
            self._losses.session_forgotten(self._last_known_ns, clock.stamp().wall_ns)
        shorter = welcome.session_expiry_s
        if shorter is not None and shorter < section.session_expiry:
            self.health.count("session_expiry_shorter")
            self.health.note("session_expiry", granted_s=shorter, asked_s=section.session_expiry)

    # -- between two connections ----------------------------------------------------------------------

    def _judge(self, connection: Connection, clock: Clock) -> None:
        """Whether the connection that ended was a good one."""
        lasted_s = connection.lasted_s
        if lasted_s is None:
            return
        if self._had_session:
            self._last_known_ns = clock.stamp().wall_ns
        if self._short_lives.ended(lasted_s):
            self._backoff.reset()
            return
        self.health.count("short_connections")
        if self._short_lives.begins:
            self.health.note(
                "short_connections",
                why=f"{self._short_lives.in_a_row} connections in a row ended soon",
                remedy="see that no other client of the broker has this client_id",
            )

    def _explain(self, fault: Unavailable | Blocked) -> None:
        if isinstance(fault, Blocked):
            self.health.blocked(str(fault))
        else:
            self.health.down(str(fault) + self._short_lives.sentence + self._losses.sentence)

    def _next_attempt(
        self, fault: Unavailable | Blocked, version: MQTTProtocolVersion
    ) -> tuple[MQTTProtocolVersion, float]:
        """Which version to try next, and after how many seconds."""
        if isinstance(fault, TakenOver):
            return self._version, TAKEN_OVER_WAIT_S + self._backoff.next()
        if self._section.version == "auto" and version == _V5:
            if isinstance(fault, VersionRefused):
                self._version = _V3  # it said so: not asked again
                return _V3, 0.0
            if isinstance(fault, SilentlyClosed) and not self._knows_5:
                return _V3, self._backoff.next()
        return self._version, self._backoff.next()


def _window(section: MqttSection) -> int:
    """What the composition should expect; see ports.Source."""
    if not section.qos:
        return 0
    most = section.receive_maximum
    return min(most, WINDOW_OF_3_1_1) if section.version == "3.1.1" else most
