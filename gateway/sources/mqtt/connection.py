"""One MQTT connection: opened, subscribed, acknowledged, closed. Never opened again.

Each connection has an object of its own, with a client of its own: packet ids are used again after a reconnect,
and an acknowledgement that comes late must not reach the next connection. `settle` after the end does nothing.

Connecting (DNS, TCP, TLS) blocks in paho and happens in a thread; from then on the event loop watches the
socket (`wire`), and nothing hops between threads.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct
from paho.mqtt.client import Client, DisconnectFlags
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gateway.errors import GatewayError, Unavailable
from gateway.ports import Clock
from gateway.sources.mqtt import login
from gateway.sources.mqtt.acknowledgements import Acknowledgements
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.packets import Publish, acknowledgement
from gateway.sources.mqtt.reasons import SilentlyClosed, farewell, refusal
from gateway.sources.mqtt.receiver import Receiver
from gateway.sources.mqtt.wire import Wire
from gateway.worker import Worker

ANSWER_TIMEOUT_S = 10.0
"""For TCP, for TLS, and for the broker's answer to our first packet."""
CLOSE_TIMEOUT_S = 1.0
"""For the last acknowledgements to arrive, and for the goodbye."""

_Answer = TypeVar("_Answer")


class Welcome(Struct, frozen=True):
    """What the broker said when it accepted the connection."""

    session_present: bool
    """It knows us still, with our subscriptions and what came meanwhile."""
    session_expiry_s: int | None
    """How long it will keep the session, where that is not what was asked."""


class Connection:
    """From the first packet to the last."""

    def __init__(
        self,
        section: MqttSection,
        version: MQTTProtocolVersion,
        deliver: Callable[["Connection", Sequence[Publish]], None],
        clock: Clock,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._section = section
        self._clock = clock
        self._v5 = version == MQTTProtocolVersion.MQTTv5
        self._client = Receiver(
            section.client_id,
            partial(deliver, self),
            version=version,
            packet_bytes_max=section.max_packet,
        )
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._wire = Wire(self._client, section.keepalive, self._end)
        self._acknowledgements = Acknowledgements()
        self._settled = asyncio.Event()
        self._unsent = bytearray()
        self._welcome: asyncio.Future[Welcome] = self._loop.create_future()
        self._accepted_at: float | None = None
        self._granted: dict[int, asyncio.Future[list[int]]] = {}
        self.lost: asyncio.Future[GatewayError] = self._loop.create_future()
        """Why the connection ended, once it has."""

    # -- the life of it -------------------------------------------------------------------------------

    async def open(self, worker: Worker) -> Welcome:
        """Connect, and wait for the broker to accept.

        Raises:
            Unavailable, Blocked: it did not come to that.
        """
        try:
            await worker.call(self._dial)
        except OSError as fault:
            raise login.meaning(fault, self._section, self._clock.stamp()) from fault
        if not self._wire.attach():
            raise SilentlyClosed("the connection was lost at once")
        return await self.while_it_lasts(self._welcome, ANSWER_TIMEOUT_S)

    async def subscribe(
        self, topics: Sequence[str], qos: int, *, retained_again: bool = False
    ) -> list[int]:
        """Ask for topics; the QoS that each is granted, 128 and above where it is refused.

        With `retained_again`, MQTT 5 brokers send what they retain also for a subscription that they know.

        Raises:
            Unavailable, Blocked: the connection ended before the answer.
        """
        asked: Any = [(topic, qos) for topic in topics]
        if self._v5:
            # Retained messages come with a new subscription, not with each reconnect.
            options = SubscribeOptions(qos=qos, retainHandling=0 if retained_again else 1)
            asked = [(topic, options) for topic in topics]
        _, mid = self._client.subscribe(asked)
        if mid is None:
            raise await self.lost
        granted: asyncio.Future[list[int]] = self._loop.create_future()
        self._granted[mid] = granted
        self._wire.flush()
        # Without a time of its own: the answer may stand behind a backlog that is read only as fast as the
        # store takes it. A broker that is dead is found by its keep-alive.
        return await self.while_it_lasts(granted)

    async def while_it_lasts(
        self, answer: asyncio.Future[_Answer], timeout_s: float | None = None
    ) -> _Answer:
        """The result of `answer`, unless the connection ends first.

        Raises:
            Unavailable, Blocked: it ended, or there was no answer in time.
        """
        ending: list[asyncio.Future[Any]] = [answer, self.lost]
        try:
            await asyncio.wait(ending, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and not answer.cancelled():
                return answer.result()
        finally:
            answer.cancel()
        self._end(Unavailable(f"the broker did not answer within {timeout_s} s"))
        raise self.lost.result()

    async def close(self) -> None:
        """Send the last acknowledgements, let them arrive, and say goodbye. The broker keeps the session."""
        if not self.lost.done() and self._accepted_at is not None:
            self._send_acknowledgements()
            await self._until_read()
            self._client.disconnect()
            self._wire.flush()
            await asyncio.wait([self.lost], timeout=CLOSE_TIMEOUT_S)
        self.abandon()

    async def _until_read(self) -> None:
        """Wait until the broker has read what we sent.

        To close a socket that holds unread messages resets the connection, and what was sent last is lost with it:
        the broker would send again what is on disk here. So what comes is read, until the answer to a ping.
        """
        answered = asyncio.Event()
        self._client.on_answered = answered.set
        self.resume()
        self._client.ping()
        self._wire.flush()
        ending: list[asyncio.Future[Any]] = [asyncio.ensure_future(answered.wait()), self.lost]
        await asyncio.wait(ending, timeout=CLOSE_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        ending[0].cancel()

    def abandon(self) -> None:
        """End it without a goodbye."""
        self._end(Unavailable("the connection was given up"))

    # -- what is received -----------------------------------------------------------------------------

    @property
    def lasted_s(self) -> float | None:
        """Seconds since the broker accepted it; None when it never did."""
        return None if self._accepted_at is None else self._loop.time() - self._accepted_at

    @property
    def unacknowledged(self) -> int:
        """Messages whose acknowledgement the broker waits for."""
        return len(self._acknowledgements)

    def expect(self, message: Publish) -> bytes:
        """A message of QoS 1 was taken; returns what `settle` is to be called with later."""
        packet = acknowledgement(message)
        self._acknowledgements.expect(packet)
        return packet

    def settle(self, packet: bytes) -> None:
        """Acknowledge the message of this packet, after those before it; together with what else is due."""
        if self.lost.done():
            return
        ready = self._acknowledgements.settle(packet)
        if ready:
            if not self._unsent:
                self._loop.call_soon(self._send_acknowledgements)
            self._unsent += ready
            self._settled.set()

    async def until_acknowledged(self, but: int) -> None:
        """Wait until at most `but` messages are unacknowledged."""
        while self.unacknowledged > but:
            self._settled.clear()
            await self._settled.wait()

    def halt(self) -> None:
        """Read no further until `resume`."""
        self._wire.halt()

    def resume(self) -> None:
        """Read again."""
        self._wire.resume()

    async def until_halted(self) -> None:
        """Wait until reading is halted."""
        await self._wire.halted.wait()

    # -- paho's side ----------------------------------------------------------------------------------

    def _dial(self) -> None:
        """Runs in the worker's thread. Raises: OSError, Blocked: there is no connection."""
        section, client = self._section, self._client
        client.connect_timeout = ANSWER_TIMEOUT_S
        if section.username:
            client.username_pw_set(section.username, login.password(section))
        client.use_tls(login.tls_context(section))
        host, port, _ = section.place
        keepalive = int(section.keepalive)
        if self._v5:
            wishes = _connect_properties(section)
            client.connect(host, port, keepalive, clean_start=False, properties=wishes)
        else:
            client.connect(host, port, keepalive)
        if self.lost.done() and (sock := client.socket()):
            sock.close()  # given up meanwhile, by the event loop

    def _send_acknowledgements(self) -> None:
        if self._unsent and not self.lost.done():
            packets = bytes(self._unsent)
            self._unsent.clear()
            self._client.acknowledge(packets)
            self._wire.flush()

    def _on_connect(
        self, _client: Client, _userdata: Any, flags: Any, reason: ReasonCode, granted: Any
    ) -> None:
        if reason.is_failure:
            self._end(refusal(reason.value, str(reason)))
        elif not self._welcome.done():
            self._accepted_at = self._loop.time()
            expiry = getattr(granted, "SessionExpiryInterval", None)
            self._welcome.set_result(Welcome(bool(flags.session_present), expiry))

    def _on_subscribe(
        self, _client: Client, _userdata: Any, mid: int, reasons: list[ReasonCode], _granted: Any
    ) -> None:
        answer = self._granted.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result([reason.value for reason in reasons])

    def _on_disconnect(
        self, _client: Client, _userdata: Any, flags: DisconnectFlags, reason: ReasonCode, _: Any
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(farewell(reason.value, str(reason)))
        elif not self._welcome.done():
            self._end(SilentlyClosed("the broker closed the connection without an answer"))
        else:
            self._end(Unavailable(f"the connection was lost ({self._client.fault or reason})"))

    def _end(self, why: Exception) -> None:
        """The connection is of no use any more. Only the first reason counts."""
        if self.lost.done():
            return
        if isinstance(why, GatewayError):
            self.lost.set_result(why)
        else:
            self.lost.set_exception(why)
        self._wire.detach()


def _connect_properties(section: MqttSection) -> Properties:
    """What we want of the session, and how much we take at once."""
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = min(int(section.session_expiry), 2**32 - 1)
    wishes.ReceiveMaximum = section.receive_maximum
    wishes.MaximumPacketSize = section.max_packet
    return wishes
