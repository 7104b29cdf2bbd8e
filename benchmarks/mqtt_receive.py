"""What receiving and acknowledging an MQTT message costs, in CPU time of the receiving process.

    .venv/bin/python benchmarks/mqtt_receive.py [--messages 50000] [--rounds 5]

A broker of a few lines in a process of its own sends frames of 495 bytes at QoS 1, at most 1,000 unacknowledged,
so that only the receiver is measured. In turn, because the machine's speed drifts:

    paho         paho-mqtt as it is, its socket in the event loop, client.ack for each message
    one recv     paho-mqtt whose _sock_recv is served from 64 KiB reads, client.ack for each message
    receiver     gateway.sources.mqtt: Receiver and Acknowledgements, as the source uses them
    source       the whole source: receiver, decoding, hand-over to an intake that gives receipts at once
    own          the least that an MQTT receiver of our own would do: reads, cuts, answers each read together
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.model import Heard, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.mqtt.acknowledgements import Acknowledgements
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.packets import PacketStream, Publish, acknowledgement
from gateway.sources.mqtt.receiver import Receiver
from gateway.sources.mqtt.source import MqttSource
from gateway.sources.mqtt.wire import Wire

TOPIC = b"eu868/gateway/0016c001ff10a235/event/up"
WINDOW = 1000
V5 = MQTTProtocolVersion.MQTTv5
DISTINCT = 2000


def frame(number: int) -> bytes:
    """A ChirpStack 4 gateway event of about 495 bytes."""
    return json.dumps({
        "phyPayload": base64.b64encode(number.to_bytes(33)).decode(),
        "txInfo": {"frequency": 923200000 + number % 8 * 200000, "modulation": {"lora": {
            "bandwidth": 125000, "spreadingFactor": 7 + number % 4, "codeRate": "CR_4_5"}}},
        "rxInfo": {"gatewayId": "0016c001ff10a235", "uplinkId": number,
                   "gwTime": f"2026-08-03T14:37:{number // 100 % 60:02d}.383634108Z",
                   "nsTime": "2026-08-03T14:37:43.383634108Z", "rssi": -52, "snr": 13.75, "channel": 1,
                   "location": {}, "context": "xwx0GQ==", "crcStatus": "CRC_OK",
                   "metadata": {"region_common_name": "AS923", "region_config_id": "as923"}},
    }, separators=(",", ":")).encode()  # fmt: skip


def publish(number: int) -> bytes:
    """A PUBLISH of QoS 1 for MQTT 5."""
    mid = number % 65_535 + 1
    body = len(TOPIC).to_bytes(2) + TOPIC + mid.to_bytes(2) + b"\0" + frame(number % DISTINCT)
    return b"\x32" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def broker(ready: Any, messages: int, connections: int) -> None:
    """Serve so many connections: CONNACK, SUBACK to whatever asks, then the messages."""
    packets = [publish(number) for number in range(65_535)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        ready.send(server.getsockname()[1])
        for _ in range(connections):
            client, _ = server.accept()
            with client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                first = client.recv(4096)
                client.sendall(b"\x20\x03\x00\x00\x00")
                wanted = first[2 + first[1] :] or client.recv(4096)
                if wanted[0] == 0x82:
                    at = 2 if wanted[1] < 0x80 else 3
                    count = wanted.count(b"/event/up")
                    client.sendall(
                        bytes([0x90, 3 + count]) + wanted[at : at + 2] + b"\0" + b"\1" * count
                    )
                _send(client, packets, messages)


def _send(client: socket.socket, packets: list[bytes], messages: int) -> None:
    sent = answered = 0
    while answered < messages * 4:
        step = min(messages - sent, WINDOW - (sent - answered // 4))
        if step:
            client.sendall(b"".join(packets[n % 65_535] for n in range(sent, sent + step)))
            sent += step
        answer = client.recv(65_536)
        if not answer:
            return
        answered += len(answer)


class Count:
    """Counts messages and says when all have come."""

    def __init__(self, messages: int) -> None:
        self.left = messages
        self.done = asyncio.Event()

    def add(self, count: int) -> None:
        """So many more."""
        self.left -= count
        if self.left <= 0:
            self.done.set()


async def with_paho(port: int, count: Count, client: Client) -> None:
    """paho in the event loop, as aiomqtt has it, without queues and tasks."""
    loop = asyncio.get_running_loop()

    mids: list[int] = []

    def on_message(_client: Client, _userdata: Any, message: Any) -> None:
        if not mids:
            loop.call_soon(settle)
        mids.append(message.mid)

    def settle() -> None:
        for mid in mids:
            client.ack(mid, 1)
        count.add(len(mids))
        mids.clear()

    client.on_message = on_message
    client.connect("127.0.0.1", port, clean_start=False)
    sock: Any = client.socket()
    loop.add_reader(sock, client.loop_read)
    client._send_pingreq()  # noqa: SLF001 - what the broker above waits for
    await count.done.wait()
    loop.remove_reader(sock)
    sock.close()


class OneRecv(Client):
    """paho with fewer system calls and nothing else changed."""

    held = b""
    at = 0

    def _sock_recv(self, bufsize: int) -> bytes:
        if self.at >= len(self.held):
            self.held, self.at = super()._sock_recv(65_536), 0
        piece = self.held[self.at : self.at + bufsize]
        self.at += len(piece)
        return piece

    def loop_read(self, max_packets: int = 1) -> Any:
        """Until what was read at once is used up."""
        rc = super().loop_read(max_packets)
        while not rc and self.at < len(self.held):
            rc = super().loop_read(max_packets)
        return rc


async def with_receiver(port: int, count: Count) -> None:
    """The receiving part of the source."""
    loop = asyncio.get_running_loop()
    acknowledgements = Acknowledgements()

    def deliver(messages: Sequence[Publish]) -> None:
        packets = [acknowledgement(message) for message in messages]
        for packet in packets:
            acknowledgements.expect(packet)
        loop.call_soon(settle, packets)

    def settle(packets: list[bytes]) -> None:
        client.acknowledge(b"".join(acknowledgements.settle(packet) for packet in packets))
        wire.flush()
        count.add(len(packets))

    client = Receiver("benchmark", deliver, version=V5, packet_bytes_max=2**18)
    wire = Wire(client, 60.0, print)
    client.connect("127.0.0.1", port, clean_start=False)
    wire.attach()
    client.ping()
    await count.done.wait()
    wire.detach()


async def with_own(port: int, count: Count) -> None:
    """Without paho."""
    loop = asyncio.get_running_loop()
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(b"\x10\x10\x00\x04MQTT\x05\x00\x00\x3c\x00\x00\x03abc")
    stream = PacketStream(properties=True, packet_bytes_max=2**18)
    sock.recv(5)
    sock.sendall(b"\xc0\x00")
    sock.setblocking(False)

    def readable() -> None:
        packets = stream.feed(sock.recv(65_536))
        answers = [acknowledgement(packet) for packet in packets if isinstance(packet, Publish)]
        sock.send(b"".join(answers))
        count.add(len(answers))

    loop.add_reader(sock, readable)
    await count.done.wait()
    loop.remove_reader(sock)
    sock.close()


class Clocks:
    """The machine's clocks."""

    boot_id = ""

    def stamp(self) -> Stamp:
        """Now."""
        return Stamp(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME), True)


class AtOnce:
    """An intake that gives its receipts in the next turn of the event loop."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._receipts: list[Receipt] = []

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        """Take it."""
        if heard and receipt is not None:
            if not self._receipts:
                asyncio.get_running_loop().call_soon(self._settle)
            self._receipts.append(receipt)

    def report(self, report: ReceiverReport) -> None:
        """Nothing comes here."""

    async def room(self, *, patient: bool = True) -> None:
        """Always."""

    def _settle(self) -> None:
        receipts, self._receipts = self._receipts, []
        for receipt in receipts:
            receipt()
        self._count.add(len(receipts))


async def with_source(port: int, count: Count) -> None:
    """Everything up to the intake."""
    section = MqttSection(url=f"mqtt://127.0.0.1:{port}", client_id="benchmark")
    source = MqttSource(section, "mqtt")
    running = asyncio.create_task(source.run(AtOnce(count), Clocks()))
    await count.done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await source.close()


def _client(kind: type[Client]) -> Client:
    return kind(CallbackAPIVersion.VERSION2, "benchmark", protocol=V5, manual_ack=True)


WAYS: dict[str, Callable[[int, Count], Any]] = {
    "paho": lambda port, count: with_paho(port, count, _client(Client)),
    "one recv": lambda port, count: with_paho(port, count, _client(OneRecv)),
    "receiver": with_receiver,
    "source": with_source,
    "own": with_own,
}


async def measured(way: str, port: int, messages: int) -> tuple[float, float]:
    """CPU µs a message, and messages a second."""
    count = Count(messages)
    cpu, wall = time.process_time(), time.perf_counter()
    await WAYS[way](port, count)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / messages * 1e6, messages / wall


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--messages", type=int, default=50_000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=broker, args=(there, options.messages, options.rounds * len(WAYS)), daemon=True
    )
    process.start()
    port = here.recv()
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            found[way].append(asyncio.run(measured(way, port, options.messages)))
    print(f"{options.messages} messages of {len(frame(1999))} bytes, {os.cpu_count()} cores")
    print(f"{'way':10} {'CPU us/message':>15} {'range':>14} {'messages/s':>11}")
    for way, figures in found.items():
        cpu = sorted(figure[0] for figure in figures)
        rate = statistics.median(figure[1] for figure in figures)
        print(f"{way:10} {statistics.median(cpu):15.2f} {cpu[0]:6.2f}-{cpu[-1]:<7.2f} {rate:11.0f}")


if __name__ == "__main__":
    main()
