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

from paho.mqtt.enums import MQTTProtocolVersion

from gateway.backoff import Backoff
from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.ports import Clock, Intake
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.connection import Connection, Welcome
from gateway.sources.mqtt.handover import Handover
from gateway.sources.mqtt.reasons import (
    REFUSED_FROM,
    SilentlyClosed,
    TakenOver,
    VersionRefused,
)
from gateway.worker import Worker

RETRY_FIRST_S, RETRY_MOST_S = 1.0, 60.0
STABLE_S = 30.0
"""A connection that lasted so long was a good one: the next wait is short again."""
SHORT_LIVES_SUSPECTED = 3
"""Connections in a row that did not last: something ends them."""
TAKEN_OVER_WAIT_S = 60.0
"""Before trying again when another client has our client id, so that two programs do not chase each other."""
REFUSED_TOPICS_WAIT_S = 60.0
"""Before asking again for topics that were refused."""
WINDOW_OF_3_1_1 = 10
"""Messages in flight where the broker alone decides: the least of the common brokers. Mosquitto has 20."""

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
        self._had_session = False
        self._short_lives = 0
        """Connections in a row that ended before they were `STABLE_S` old."""

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Receive until cancelled; then the connection stays for acknowledgements, until `close`."""
        handover = Handover(self._section, self.name, self.health, intake, clock)
        worker = Worker(f"mqtt {self.name}")
        version = self._version
        try:
            while True:
                self._connection = connection = Connection(self._section, version, handover.take)
                try:
                    await self._serve(connection, version, worker, handover)
                except (Unavailable, Blocked) as fault:
                    connection.abandon()
                    self._judge(connection)
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
    ) -> None:
        """Connect and receive for as long as it lasts.

        Raises:
            Unavailable, Blocked: it did not last, or did not come about.
        """
        handover.begin()
        welcome = await connection.open(worker)
        handover.welcomed(session_present=welcome.session_present)
        self._note_session(welcome)
        # The broker may send all that waits for us before it answers our SUBSCRIBE: both go on together.
        tasks = (
            asyncio.create_task(self._read_on(connection, handover)),
            asyncio.create_task(self._ask_for_topics(connection, version)),
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

    async def _ask_for_topics(self, connection: Connection, version: MQTTProtocolVersion) -> None:
        """Ask for the topics, and for those that are refused now and then again.

        Raises:
            Unavailable, Blocked: the connection has ended.
        """
        topics: Sequence[str] = self._section.topics
        while topics := await self._subscribe(connection, topics, version):
            await asyncio.sleep(REFUSED_TOPICS_WAIT_S)

    async def _subscribe(
        self, connection: Connection, topics: Sequence[str], version: MQTTProtocolVersion
    ) -> list[str]:
        """Ask for topics; those that were refused."""
        granted = await connection.subscribe(topics, self._section.qos)
        answers = list(zip(topics, granted, strict=False))
        refused = [topic for topic, code in answers if code >= REFUSED_FROM]
        lower = [topic for topic, code in answers if code < self._section.qos]
        host, port, _ = self._section.place
        sentence = f"connected to {host}:{port} by MQTT {'5' if version == _V5 else '3.1.1'}"
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
            self.health.up(sentence + self._suspicion)
        self._had_session = True
        return refused

    def _note_session(self, welcome: Welcome) -> None:
        section = self._section
        if self._had_session:
            self.health.count("reconnects")
            if not welcome.session_present and section.session_expiry and section.qos:
                self.health.count("session_lost")
                self.health.note(
                    "session_lost",
                    why="the broker has forgotten this gateway: what came while it was away may be lost",
                    remedy="see whether the broker's persistence is on",
                )
        shorter = welcome.session_expiry_s
        if shorter is not None and shorter < section.session_expiry:
            self.health.count("session_expiry_shorter")
            self.health.note("session_expiry", granted_s=shorter, asked_s=section.session_expiry)

    # -- between two connections ----------------------------------------------------------------------

    def _judge(self, connection: Connection) -> None:
        """Whether the connection that ended was a good one."""
        lasted_s = connection.lasted_s
        if lasted_s is None:
            return
        if lasted_s >= STABLE_S:
            self._backoff.reset()
            self._short_lives = 0
        else:
            self._short_lives += 1
            self.health.count("short_connections")

    @property
    def _suspicion(self) -> str:
        """What connections that end soon mean most often; many brokers take a session over without a word."""
        if self._short_lives < SHORT_LIVES_SUSPECTED:
            return ""
        return (
            f"; the last {self._short_lives} connections ended within {STABLE_S:.0f} s: "
            "does another client have this client_id?"
        )

    def _explain(self, fault: Unavailable | Blocked) -> None:
        if isinstance(fault, Blocked):
            self.health.blocked(str(fault))
        else:
            self.health.down(str(fault) + self._suspicion)

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
            if isinstance(fault, SilentlyClosed):
                return _V3, self._backoff.next()
        return self._version, self._backoff.next()


def _window(section: MqttSection) -> int:
    """What the composition should expect; see ports.Source."""
    if not section.qos:
        return 0
    most = section.receive_maximum
    return min(most, WINDOW_OF_3_1_1) if section.version == "3.1.1" else most
