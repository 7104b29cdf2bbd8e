"""The load that throughput is measured with: uplinks of air stations, as a ChirpStack gateway publishes them.

    python benchmarks/load.py prepare FOLDER --frames 100000 --devices 500
    python benchmarks/load.py publish FOLDER --port 1883 --qos 1 [--rate 100]

    FOLDER/frames.jsonl   one event of about 495 bytes a line: PHYPayload of 33 bytes, 20 of them payload
    FOLDER/keys.json      {"02000001": {"nwk": hex, "app": hex}, ...}, for other programs to compare with
    FOLDER/devices.toml   the devices file

The payload is `air_quality`, a version, a bitmap and nine fields. In Python's struct notation, scales left out:

    >BHHHHHhHHBH   version, bitmap, pm1_0, pm2_5, pm10, co2, temperature, humidity, pressure, noise, battery

Devices take turns, so frame i is of device i % devices and has the counter i // devices: 16 bits hold it
up to 32 million frames of 500 devices. Gateway times are 10 ms apart and end now.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hil.simulators.air import EU868, Receiver
from hil.simulators.air_station import COMPACT, AirStation
from hil.simulators.chirpstack_gateway import topic, v4_json
from hil.simulators.city_fields import AIR_QUALITY
from hil.simulators.city_payloads import report
from hil.simulators.device_list import Identity, identity, write_devices
from hil.simulators.mqtt_publisher import MqttPublisher, Published, Qos, encode

GATEWAY = "0016c001ff10a235"
TOPIC = topic(GATEWAY, "eu868")
SPACING_S = 0.01
PAYLOADS = 2000
"""Different measurements that the devices draw from: making one takes longer than the rest of a frame."""

SITE = {
    "location": {"latitude": 13.7563, "longitude": 100.5018, "altitude": 12},
    "metadata": {"model": "kerb-8ch-v2"},
}
"""What a gateway says of itself with every frame; it brings the event to its usual size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The files of a prepared load."""

    frames: Path
    keys: Path
    devices: Path

    @classmethod
    def of(cls, folder: Path) -> "Load":
        """The names of the files in a folder."""
        return cls(
            frames=folder / "frames.jsonl",
            keys=folder / "keys.json",
            devices=folder / "devices.toml",
        )


def prepare(
    folder: Path, frames: int, devices: int = 500, *, seed: int = 1, end: float | None = None
) -> Load:
    """Write the files; `end` is the Unix time of the last frame, now when not given."""
    load = Load.of(folder)
    folder.mkdir(parents=True, exist_ok=True)
    fleet = [
        identity(seed, number, name=f"air-{number:04}", decoder=AIR_QUALITY.name)
        for number in range(1, devices + 1)
    ]
    write_devices(load.devices, (who.row() for who in fleet))
    keys = {who.dev_addr: {"nwk": who.nwk_s_key.hex(), "app": who.app_s_key.hex()} for who in fleet}
    load.keys.write_text(json.dumps(keys))
    end = time.time() if end is None else end
    with load.frames.open("wb") as file:
        for event in _events(fleet, frames, seed, end):
            file.write(event + b"\n")
    return load


def publish(
    load: Load,
    *,
    port: int,
    host: str = "127.0.0.1",
    qos: Qos = 1,
    rate: float | None = None,
    first: int = 0,
    count: int | None = None,
) -> Published:
    """Publish a prepared load, or `count` of its frames from `first` on."""
    bodies = load.frames.read_bytes().splitlines()[first : None if count is None else first + count]
    packets = encode(TOPIC, bodies, qos)
    with MqttPublisher(host, port) as publisher:
        return publisher.publish(packets, qos=qos, rate=rate)


def _events(fleet: list[Identity], frames: int, seed: int, end: float) -> Iterator[bytes]:
    rng = Random(seed)
    start = end - frames * SPACING_S
    nodes = [who.node() for who in fleet]
    station = AirStation(rng, COMPACT)
    span_s = max(1.0, frames * SPACING_S)
    payloads = [
        report(AIR_QUALITY, station.measure(start + span_s * i / PAYLOADS)) for i in range(PAYLOADS)
    ]
    receiver = Receiver(GATEWAY, start)
    for index in range(frames):
        f_cnt, place = divmod(index, len(nodes))
        phy = nodes[place].uplink(f_cnt, AIR_QUALITY.f_port, rng.choice(payloads))
        rssi_dbm = rng.randint(-118, -60)
        hearing = receiver.hear(
            start + index * SPACING_S,
            phy,
            EU868[index % len(EU868)],
            rssi_dbm=rssi_dbm,
            snr_db=rng.randint(-40, 48) / 4,
        )
        yield v4_json(hearing, uplink_id=rng.getrandbits(32), gps=True, extras=SITE)


def main() -> None:
    """Prepare or publish, by the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("prepare")
    making.add_argument("folder", type=Path)
    making.add_argument("--frames", type=int, default=100_000)
    making.add_argument("--devices", type=int, default=500)
    making.add_argument("--seed", type=int, default=1)
    sending = commands.add_parser("publish")
    sending.add_argument("folder", type=Path)
    sending.add_argument("--host", default="127.0.0.1")
    sending.add_argument("--port", type=int, default=1883)
    sending.add_argument("--qos", type=int, choices=(0, 1), default=1)
    sending.add_argument(
        "--rate", type=float, help="frames a second; as fast as taken when left out"
    )
    sending.add_argument("--count", type=int)
    given = parser.parse_args()
    if given.command == "prepare":
        began = time.perf_counter()
        load = prepare(given.folder, given.frames, given.devices, seed=given.seed)
        print(f"{load.frames}: {given.frames} frames in {time.perf_counter() - began:.1f} s")
        return
    done = publish(
        Load.of(given.folder), host=given.host, port=given.port, qos=given.qos, rate=given.rate,
        count=given.count,
    )  # fmt: skip
    rate = done.sent / done.whole_s
    print(
        f"sent {done.sent} acknowledged {done.acknowledged} in {done.whole_s:.2f} s, {rate:.0f}/s"
    )


if __name__ == "__main__":
    main()
