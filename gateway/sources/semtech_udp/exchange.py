"""The exchange with packet forwarders over one open socket: what each datagram causes.

An answer is sent before the JSON is looked at, since the forwarder waits for it for about 100 ms and does
not send again. Strangers and misdirected messages are counted by name in `health.counters`; what a listed
gateway, or any where there is no list, sends damaged is handed over as Malformed with its bytes.
"""

from socket import socket

from msgspec import Struct

from gateway.errors import Refused
from gateway.health import Health
from gateway.model import Malformed, Stamp
from gateway.ports import Intake
from gateway.sources.rxpk import frames_from_json
from gateway.sources.semtech_udp import protocol, udp_socket
from gateway.sources.semtech_udp.senders import Senders

GATEWAYS_MAX = 1024
"""Gateways whose door for downlinks is remembered; forged EUIs must not fill the memory."""
REFUSED_BYTES_KEPT = 4096
"""Of a datagram that is no message; enough to see who sent what."""

Address = tuple[str, int]
"""As the socket gives it: host and port, for IPv6 with two more numbers behind them."""


class LastPull(Struct, frozen=True, gc=False):
    """The door of a gateway: where its last PULL_DATA came from, and when."""

    address: Address
    """A downlink is sent there, from the port that the PULL_DATA came to."""
    version: int
    """Of the protocol, 1 or 2."""
    received: Stamp


class Exchange:
    """Answers datagrams and hands over what they hold, until its socket is closed."""

    def __init__(
        self, name: str, udp: socket, datagram_max: int, senders: Senders, health: Health
    ) -> None:
        self.last_pull: dict[str, LastPull] = {}
        """By EUI, the gateway heard of longest ago first."""
        self.handed_over = 0
        """Frames and malformed messages so far."""
        self._name = name
        self._udp = udp
        self._datagram_max = datagram_max
        self._senders = senders
        self._health = health
        self._drops = 0

    def take(self, datagram: bytes, address: Address, received: Stamp, intake: Intake) -> None:
        """Do all that a datagram asks for. Only a bug raises."""
        if not datagram or not self._senders.hear_host(address[0]):
            self._health.count("unknown_sender" if datagram else "empty")
            return
        try:
            message = protocol.read(datagram, self._datagram_max)
        except Refused as refused:
            self._refuse(datagram, refused.sentence, address, received, intake)
            return
        if message.gateway and not self._senders.hear_gateway(message.gateway):
            self._health.count("unknown_gateway")
            return
        if message.answer:
            self._send(message.answer, address)
        self._health.count(message.kind)
        if message.kind == "push_data":
            self._hand_over(message, received, intake)
        elif message.kind == "pull_data":
            self._remember(message, address, received)
            self.count_drops()

    def count_drops(self) -> None:
        """Count what the kernel dropped since the last time, because nobody took it in time."""
        drops = udp_socket.drops(self._udp)
        if drops != self._drops:
            self._health.count("dropped_by_kernel", (drops - self._drops) % 2**32)  # 32-bit counter
            self._drops = drops

    def _send(self, answer: bytes, address: Address) -> None:
        try:
            self._udp.sendto(answer, address)
        except (
            OSError
        ):  # no route back, or the send buffer is full; the frame is taken all the same
            self._health.count("unanswered")

    def _hand_over(self, message: protocol.Message, received: Stamp, intake: Intake) -> None:
        heard, report = frames_from_json(
            message.json, source=self._name, receiver=message.gateway.hex(), received=received
        )
        if heard:
            self.handed_over += len(heard)
            intake.submit(heard)
        if report:
            intake.report(report)

    def _remember(self, message: protocol.Message, address: Address, received: Stamp) -> None:
        gateway = message.gateway.hex()
        self.last_pull.pop(gateway, None)
        if len(self.last_pull) >= GATEWAYS_MAX:
            del self.last_pull[next(iter(self.last_pull))]
        self.last_pull[gateway] = LastPull(address, message.answer[0], received)

    def _refuse(
        self, datagram: bytes, sentence: str, address: Address, received: Stamp, intake: Intake
    ) -> None:
        """Keep what is no message, unless it is of a gateway, or of none, that is not heard."""
        if not self._senders.hear_gateway(datagram[protocol.HEADER_BYTES : protocol.GATEWAY_BYTES]):
            self._health.count("unknown_gateway")
            return
        self._health.count("malformed")
        self.handed_over += 1
        sentence = f"datagram from {udp_socket.text(address)}: {sentence}"
        intake.submit([Malformed(self._name, datagram[:REFUSED_BYTES_KEPT], sentence, received)])
