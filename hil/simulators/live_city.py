"""A city that lives in real time: half of its devices are heard by a modem, half by packet forwarders.

    devices 1, 3, 5 ..   -> RAK RUI3 modem on a pseudo-terminal
    devices 2, 4, 6 ..   -> packet forwarder over UDP; every third frame also by a second forwarder
    a stranger           -> packet forwarder, now and then: its keys are in no list
    plain LoRa station   -> modem, when asked for

A device waits with its report until its receiver is up: the modem listens, or the server has acknowledged
a keepalive. From then on what nobody hears is lost, as on the air.
"""

import heapq
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from hil.simulators.air import AS923_1, Receiver
from hil.simulators.counters import Counters
from hil.simulators.device_list import identity
from hil.simulators.fleet import Fleet, FleetDevice, Quirks
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.terminal import ModemTerminal
from hil.simulators.packet_forwarder import PacketForwarder
from hil.simulators.plain_node import PlainNode
from hil.simulators.scene import FOREIGN_NUMBER

REPORT_EVERY_S = 10.0
"""At speed 1. Far more often than a real sensor: a demo has something to show within seconds."""

STAGGER_S = 0.4
"""Between the first reports of two devices, at speed 1."""

KEEPALIVE_EVERY_S = 10.0
STATUS_EVERY_S = 30.0
RETRY_S = 0.1
"""For a receiver that is not up yet."""

SECOND_FORWARDER_EVERY = 3
STRANGER_EVERY = 12

Speak = Callable[[float], bytes]
"""The next frame of a device, at a Unix time."""


class LiveCity:
    """Everything on the air, and the devices file. Times are Unix seconds and come from outside.

    The modem is not plugged in yet: `with city.modem:` does it.
    """

    def __init__(
        self,
        folder: Path,
        server: tuple[str, int],
        *,
        start: float,
        devices: int = 9,
        seed: int = 1,
        speed: float = 1.0,
        plain_source: str | None = None,
    ) -> None:
        fleet = Fleet(
            devices, seed=seed, quirks=Quirks(), world=lambda at: start + (at - start) * speed
        )
        self._counters = Counters(folder / "counters.json", fleet)
        self._counters.restore()
        plain = [PlainNode(seed, plain_source)] if plain_source else []
        self.devices_path = folder / "devices.toml"
        fleet.write(self.devices_path, *(station.row() for station in plain))
        self.modem = ModemTerminal(RakRui3Firmware(), folder / "modem")
        self.forwarders = _Forwarders(server, start, seed)
        self._rng = Random(f"live {seed}")
        self._every_s = REPORT_EVERY_S / speed
        ways = (self._by_modem, self.forwarders.push)
        self._talkers: list[Callable[[float], bool]] = [
            *(partial(ways[i % 2], _frames(device)) for i, device in enumerate(fleet.devices)),
            *(partial(self._by_modem, station.speak) for station in plain),
        ]
        self._due = [(start + i * STAGGER_S / speed, i) for i in range(len(self._talkers))]

    def step(self, now: float) -> float:
        """Do what is due at `now`, and say when to come again."""
        next_care = self.forwarders.care(now)
        while self._due[0][0] <= now:
            _, talker = heapq.heappop(self._due)
            spoke = self._talkers[talker](now)
            wait_s = self._every_s * self._rng.uniform(0.8, 1.2) if spoke else RETRY_S
            heapq.heappush(self._due, (now + wait_s, talker))
        return min(self._due[0][0], next_care)

    def save(self) -> None:
        """Keep the frame counters, so that the same city in the same folder goes on where it ended."""
        self._counters.save()

    def _by_modem(self, speak: Speak, now: float) -> bool:
        if not self.modem.firmware.listening:
            return False
        rssi_dbm = self._rng.randint(-110, -65)
        self.modem.transmit(speak(now), rssi_dbm, _snr_db(rssi_dbm))
        return True


class _Forwarders:
    """Two packet forwarders; the second is farther away."""

    def __init__(self, server: tuple[str, int], start: float, seed: int) -> None:
        self._rng = Random(f"forwarders {seed}")
        euis = ("02c17aff00000001", "02c17aff00000002")
        self._near, self._far = (PacketForwarder(eui, server) for eui in euis)
        self._near_ear, self._far_ear = (Receiver(eui, start - 1000) for eui in euis)
        stranger = identity(seed, FOREIGN_NUMBER, name="stranger", decoder="air_quality")
        self._stranger = stranger.node()
        self._pushed = 0
        self._next_keepalive = self._next_status = start

    @property
    def up(self) -> bool:
        """Whether the server has answered both of them."""
        return bool(self._near.pull_acknowledged and self._far.pull_acknowledged)

    @property
    def acknowledged(self) -> int:
        """PUSH_ACKs of both."""
        return self._near.acknowledged + self._far.acknowledged

    def care(self, now: float) -> float:
        """Take in answers, send keepalives and status reports; says when to come again."""
        for forwarder in (self._near, self._far):
            forwarder.poll()
            if now >= self._next_keepalive:
                forwarder.pull()
            if now >= self._next_status and self.up:
                forwarder.push_status(now)
        if now >= self._next_keepalive:
            self._next_keepalive = now + (KEEPALIVE_EVERY_S if self.up else RETRY_S)
        if now >= self._next_status and self.up:
            self._next_status = now + STATUS_EVERY_S
        return self._next_keepalive

    def push(self, speak: Speak, now: float) -> bool:
        """Hear a frame and hand it on; False while the server is not up."""
        if not self.up:
            return False
        phy = speak(now)
        self._hear(phy, now)
        if self._pushed % STRANGER_EVERY == 0:
            self._hear(self._stranger.uplink(self._pushed // STRANGER_EVERY, 20, phy), now)
        return True

    def close(self) -> None:
        """Close the sockets."""
        self._near.close()
        self._far.close()

    def _hear(self, phy: bytes, now: float) -> None:
        self._pushed += 1
        channel, rssi_dbm = self._rng.choice(AS923_1), self._rng.randint(-110, -65)
        near = self._near_ear.hear(now, phy, channel, rssi_dbm=rssi_dbm, snr_db=_snr_db(rssi_dbm))
        self._near.push([near])
        if self._pushed % SECOND_FORWARDER_EVERY == 0:
            rssi_dbm -= 8
            far = self._far_ear.hear(now, phy, channel, rssi_dbm=rssi_dbm, snr_db=_snr_db(rssi_dbm))
            self._far.push([far])


def _frames(device: FleetDevice) -> Speak:
    return lambda at: device.speak(at).phy


def _snr_db(rssi_dbm: int) -> int:
    return min(10, (rssi_dbm + 117) // 4)
