"""paho-mqtt's client, with a faster way in and out. One object is one connection.

paho reads a socket in pieces of one or two bytes, makes some dozen objects and takes several locks per message,
and sends each acknowledgement with a system call of its own. Here the socket is read 64 KiB at a time,
`packets` cuts that into packets, the messages of one read are handed over together, and acknowledgements
given together leave together. Everything else (connecting, TLS, subscribing, keep-alive, disconnecting) is
paho's: it gets the other packets as if it had read them itself. benchmarks/mqtt_receive.py has the numbers.

Two names of paho that it does not promise are used for this. Where one is missing, paho reads and
acknowledges in its own way, and everything works as well, only slower. A third, `_create_socket`, is overridden
to close what a failed TLS handshake leaves open; a paho without it connects in its own way.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from gateway.sources.mqtt.packets import Control, PacketFault, PacketStream, Publish, completion

READ_BYTES = 64 * 1024
"""Of one read: some 120 frames, so that thousands of messages a second cost dozens of system calls."""
IN_BURSTS = all(hasattr(Client, name) for name in ("_sock_recv", "_packet_queue"))
"""Whether this paho has the two names."""
_PUBACK = 0x40
_PINGREQ = b"\xc0\0"
_PINGRESP = 0xD0

Deliver = Callable[[Sequence[Publish]], None]


class Receiver(Client):
    """A client of one connection, which acknowledges only what it is told to."""

    def __init__(
        self,
        client_id: str,
        deliver: Deliver,
        *,
        version: MQTTProtocolVersion,
        packet_bytes_max: int,
        in_bursts: bool = IN_BURSTS,
    ) -> None:
        v5 = version == MQTTProtocolVersion.MQTTv5
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if v5 else False,
            protocol=version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.fault = ""
        """What was wrong with the bytes that came, when that ended the connection."""
        self.on_answered: Callable[[], None] | None = None
        """Called when the broker answers a ping."""
        self._deliver = deliver
        self._in_bursts = in_bursts
        self._stream = PacketStream(properties=v5, packet_bytes_max=packet_bytes_max)
        self._for_paho = b""
        self._ended = False
        self._tls: ssl.SSLContext | None = None
        if not in_bursts:
            self.on_message = self._one_message

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take what the socket holds, messages to `deliver` and the rest to paho."""
        while True:
            rc = self._read_burst() if self._in_bursts else super().loop_read(max_packets)
            if rc or not self._pending():
                return rc

    def use_tls(self, context: ssl.SSLContext | None) -> None:
        """Connect by TLS, unless it is None."""
        self._tls = context
        if context is not None:
            self.tls_set_context(context)  # for a paho that does not ask `_create_socket`

    def acknowledge(self, packets: bytes) -> None:
        """Send PUBACK and PUBREC packets of 4 bytes each, joined."""
        if self._in_bursts:
            self._packet_queue(packets[0], packets, 0, 1)
            return
        for start in range(0, len(packets), 4):
            qos = 1 if packets[start] == _PUBACK else 2
            self.ack(int.from_bytes(packets[start + 2 : start + 4]), qos)

    def ping(self) -> None:
        """Tell the broker that we are there, without waiting for its answer."""
        if self._in_bursts:
            self._packet_queue(_PINGREQ[0], _PINGREQ, 0, 0)

    def _read_burst(self) -> MQTTErrorCode:
        try:
            chunk = super()._sock_recv(READ_BYTES)
            packets = self._stream.feed(chunk)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except (OSError, PacketFault) as fault:
            self.fault = str(fault)
            chunk = b""
        if not chunk:
            self._ended = True
            return super().loop_read()  # paho closes the socket and tells whom it has to
        return self._sort(packets)

    def _sort(self, packets: list[Publish | Control]) -> MQTTErrorCode:
        """Messages in groups as long as no other packet comes between them."""
        messages: list[Publish] = []
        for packet in packets:
            if isinstance(packet, Publish):
                messages.append(packet)
                continue
            if messages:
                self._deliver(messages)
                messages = []
            rc = self._handle(packet)
            if rc:
                return rc
        if messages:
            self._deliver(messages)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle(self, packet: Control) -> MQTTErrorCode:
        if answer := completion(packet):
            # QoS 2, from a subscription that another program made with this client id: what is released was
            # answered when it was on disk.
            return self._packet_queue(answer[0], answer, 0, 1)
        if packet.whole[0] == _PINGRESP and self.on_answered is not None:
            self.on_answered()
        self._for_paho = packet.whole
        return super().loop_read()

    def _sock_recv(self, bufsize: int) -> bytes:
        """What paho reads: one packet that is for it, or the end of the connection."""
        if not self._in_bursts:
            return super()._sock_recv(bufsize)
        if self._ended:
            return b""
        if not self._for_paho:
            raise BlockingIOError
        piece, self._for_paho = self._for_paho[:bufsize], self._for_paho[bufsize:]
        return piece

    def _create_socket(self) -> socket.socket:
        """paho's own leaves a socket open when its TLS handshake fails, and waits before small packets."""
        sock = socket.create_connection((self.host, self.port), self.connect_timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock

    def _pending(self) -> bool:
        """Whether TLS has decrypted more than was read: the event loop would not see it."""
        pending = getattr(self.socket(), "pending", None)
        return pending is not None and pending() > 0

    def _one_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        topic = message._topic  # noqa: SLF001 - .topic raises for text that is not UTF-8
        payload = bytes(message.payload)
        self._deliver(
            [Publish(topic, payload, message.mid, message.qos, message.dup, message.retain)]
        )
