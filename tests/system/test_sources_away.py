"""A source that cannot work says so and stops no other, and works as soon as the world is back: each time."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.fleet import Fleet
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.terminal import ModemTerminal
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.ports import free_udp_port
from tests.system.ways_in import NEAR, publish, push

pytestmark = pytest.mark.real

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{roof}"

[[sources.semtech_udp]]
name = "taken"
listen = "127.0.0.1:{taken}"

[[sources.mqtt]]
name = "bridge"
url = "{broker}"
client_id = "kk-01"

[[sources.serial_line]]
name = "modem"
port = "{port}"
modem = "rak_rui3"
"""
AWAY = ("taken", "bridge", "modem")


class Heard:
    """Hearings of one device after the other, and how many there were."""

    def __init__(self, fleet: Fleet) -> None:
        self._devices = fleet.devices
        self._ear = Receiver(NEAR, time.time() - 100)
        self.count = 0

    def next(self) -> Hearing:
        """The next uplink, as heard now."""
        device = self._devices[self.count % len(self._devices)]
        self.count += 1
        now = time.time()
        return self._ear.hear(now, device.speak(now).phy, AS923_1[0], rssi_dbm=-80, snr_db=5.0)


def test_sources_that_are_away_stop_no_other_and_come_back(
    tmp_path: Path, start_mosquitto: Callable[..., Mosquitto]
) -> None:
    fleet = Fleet(6, seed=5)
    fleet.write(tmp_path / "devices.toml")
    mosquitto = start_mosquitto()
    mosquitto.stop()
    modem = ModemTerminal(RakRui3Firmware(), tmp_path / "modem")
    roof, taken = free_udp_port(), free_udp_port()
    heard = Heard(fleet)
    config = CONFIG.format(roof=roof, taken=taken, broker=mosquitto.url, port=modem.link)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", taken))
        daemon = Daemon(tmp_path, config)
        with daemon:
            daemon.wait_up("roof")
            push([heard.next()], NEAR, roof)
            status = daemon.wait_status(
                lambda status: (
                    all(status["daemon"]["sources"][name]["state"] == "down" for name in AWAY)
                    and status["frames"]["heard"] == heard.count
                ),
                "three away, one heard",
            )
            why = {name: status["daemon"]["sources"][name]["why"] for name in AWAY}
            assert f"127.0.0.1:{taken}" in why["taken"]
            assert str(mosquitto.port) in why["bridge"]
            assert str(modem.link) in why["modem"]

            other.close()
            with mosquitto, modem:
                _all_work(daemon, heard, roof, taken, mosquitto, modem)
            push([heard.next()], NEAR, roof)
            daemon.wait_status(
                lambda status: (
                    all(
                        status["daemon"]["sources"][name]["state"] == "down"
                        for name in ("bridge", "modem")
                    )
                    and status["frames"]["heard"] == heard.count
                ),
                "two away again",
            )
            with mosquitto, modem:
                _all_work(daemon, heard, roof, taken, mosquitto, modem)
                status = daemon.status()
                assert daemon.stop() == 0

    assert status["frames"]["outcomes"] == {"uplink": heard.count}
    assert status["balanced"]


def _all_work(
    daemon: Daemon, heard: Heard, roof: int, taken: int, mosquitto: Mosquitto, modem: ModemTerminal
) -> None:
    """Each of the four sources comes up and hears a frame."""
    daemon.wait_up("roof", *AWAY, timeout_s=40)
    push([heard.next()], NEAR, roof)
    push([heard.next()], NEAR, taken)
    publish([heard.next()], mosquitto)
    assert modem.wait_listening(10)
    assert modem.transmit(heard.next().phy)
    daemon.wait_heard(heard.count)
