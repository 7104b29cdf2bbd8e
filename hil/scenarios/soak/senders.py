"""Everybody who sends: field gateways over MQTT, a packet forwarder, a modem, each with devices of its own.

The gateways publish at QoS 1 as real ones do: what their broker has not acknowledged they send again. Every sixth
of their frames is heard by a second gateway too. The forwarder and the modem send once.
"""

import itertools
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hil.scenarios.soak.truth import Book, Sent
from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.chirpstack_gateway import topic, v4_json, v4_protobuf
from hil.simulators.fleet import FleetDevice, Uplink
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.terminal import ModemTerminal
from hil.simulators.packet_forwarder import PacketForwarder

NEAR, FAR, ROOF = "02c17aff00000001", "02c17aff00000002", "02c17aff00000003"
MODEM = "modem"
"""Its receiver is the source's name."""
PASSWORDS = {NEAR: "near", FAR: "far"}
BOTH_HEAR_EVERY = 6
UNSENT_MAX = 10_000
"""Messages that a gateway keeps while its broker is away; here more than any outage gives."""


class FieldGateway:
    """One gateway and its connection to the broker, which it never gives up."""

    def __init__(self, eui: str, broker_port: int) -> None:
        self.eui = eui
        self.acknowledged = 0
        self.sent_again = 0
        self._numbers = itertools.count(1)
        self._owed: dict[int, Sent | None] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            eui,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        self._client.username_pw_set(eui, PASSWORDS[eui])
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(200)
        self._client.max_queued_messages_set(UNSENT_MAX)
        self._client.on_publish = self._on_publish
        self._client.connect("127.0.0.1", broker_port, keepalive=20)
        self._client.loop_start()

    def publish(self, body: bytes, sent: Sent | None = None, to: str = "") -> None:
        """Hand a message to the client; `sent` is owed from its acknowledgement on."""
        info = self._client.publish(to or topic(self.eui), body, 1)
        with self._lock:
            if info.mid in self._early:
                self._early.discard(info.mid)
                self._settle(sent)
            else:
                self._owed[info.mid] = sent

    def hears(self, uplink: Uplink, sent: Sent | None, *, rssi_dbm: int = -80, snr_db: float = 7.0,
              at: float | None = None) -> None:  # fmt: skip
        """Publish what it hears of an uplink, as protobuf every third time."""
        number = next(self._numbers)
        hearing = _hear(self.eui, uplink, uplink.at if at is None else at, rssi_dbm, snr_db)
        form = v4_json if number % 3 else v4_protobuf
        self.publish(form(hearing, uplink_id=number, gps=True), sent)

    @property
    def unacknowledged(self) -> int:
        """Messages that the broker has not acknowledged."""
        return len(self._owed)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_publish(self, _client: Client, _userdata: Any, mid: int, *_: Any) -> None:
        with self._lock:
            if mid in self._owed:
                self._settle(self._owed.pop(mid))
            else:
                self._early.add(mid)

    def _settle(self, sent: Sent | None) -> None:
        self.acknowledged += 1
        if sent is not None:
            sent.owed.add(self.eui)


class FieldGateways:
    """Two gateways that hear the same devices."""

    def __init__(self, devices: Sequence[FleetDevice], book: Book, broker_port: int, rng: Random):
        self.near, self.far = FieldGateway(NEAR, broker_port), FieldGateway(FAR, broker_port)
        self.published: list[Uplink] = []
        """The newest, for whoever replays them."""
        self._devices = itertools.cycle(devices)
        self._book = book
        self._rng = rng
        self._turn = 0

    def speak(self) -> None:
        """The next device reports."""
        self._turn += 1
        uplink = next(self._devices).speak(exact_now())
        both = self._turn % BOTH_HEAR_EVERY == 0
        sent = self._book.note(uplink, "gateways", (NEAR, FAR) if both else (NEAR,), timed=True)
        gateways = [self.near, self.far] if both else [self.near]
        self._rng.shuffle(gateways)
        for gateway in gateways:
            gateway.hears(uplink, sent, snr_db=7.0 if gateway is self.near else -3.0)
        self.published = [*self.published[-200:], uplink]

    @property
    def unacknowledged(self) -> int:
        """Of both."""
        return self.near.unacknowledged + self.far.unacknowledged

    def close(self) -> None:
        """Leave."""
        self.near.close()
        self.far.close()


class Roof:
    """A packet forwarder with GPS: it sends once and counts what is acknowledged."""

    def __init__(self, devices: Sequence[FleetDevice], book: Book, port: int) -> None:
        self.forwarder = PacketForwarder(ROOF, ("127.0.0.1", port), gps=True)
        self._devices = itertools.cycle(devices)
        self._book = book

    def speak(self) -> None:
        """The next device reports."""
        uplink = next(self._devices).speak(exact_now())
        sent = self._book.note(uplink, "roof", (ROOF,), timed=True)
        sent.owed.add(ROOF)
        hearing = _hear(ROOF, uplink, uplink.at, -70, 5.0)
        try:
            self.forwarder.push([hearing])
            self.forwarder.poll()
        except OSError:  # nobody listens, and the kernel has noticed
            pass

    def close(self) -> None:
        """Leave."""
        self.forwarder.close()


class ModemAtTheCable:
    """A RAK RUI3 behind a pseudo-terminal, with a thread of its own: a port that nobody reads blocks."""

    def __init__(self, devices: Sequence[FleetDevice], book: Book, link: Path) -> None:
        self.terminal = ModemTerminal(RakRui3Firmware(), link)
        self._devices = itertools.cycle(devices)
        self._book = book
        self._cable = threading.Lock()
        self._plugged = True
        self._work: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.terminal.plug()
        self._thread.start()

    def speak(self) -> None:
        """The next device reports; heard only when the modem is plugged in and listens."""
        if self._work.qsize() < 3:
            self._work.put("speak")

    def noise(self) -> None:
        """Bytes that come from no firmware."""
        self._work.put("noise")

    def unplug(self) -> None:
        """Pull it out. Blocks."""
        with self._cable:
            self._plugged = False
            self.terminal.unplug()

    def plug(self) -> None:
        """Put it in again."""
        with self._cable:
            self.terminal.plug()
            self._plugged = True

    def close(self) -> None:
        """Leave."""
        self._work.put(None)
        self._thread.join(5)
        if self._plugged:
            self.terminal.unplug()

    def _serve(self) -> None:
        while (what := self._work.get()) is not None:
            with self._cable:
                if not self._plugged:
                    continue
                if what == "noise":
                    self.terminal.write(b"\x00\xff+EVT:RXP2P:-1:" + b"A" * 700 + b"\r\n")
                elif self.terminal.firmware.listening:
                    self._speak()

    def _speak(self) -> None:
        uplink = next(self._devices).speak(exact_now())
        sent = self._book.note(uplink, "modem", (MODEM,), timed=False)
        sent.owed.add(MODEM)
        self.terminal.transmit(uplink.phy, -60, 9)


def exact_now() -> float:
    """Unix time on a whole millisecond, and a little more: cut or rounded to milliseconds it is the same."""
    return round(time.time(), 3) + 0.0002


def _hear(eui: str, uplink: Uplink, at: float, rssi_dbm: int, snr_db: float) -> Hearing:
    channel = AS923_1[uplink.f_cnt % len(AS923_1)]
    receiver = Receiver(eui, uplink.at - 1000.0)
    return receiver.hear(at, uplink.phy, channel, rssi_dbm=rssi_dbm, snr_db=snr_db)
