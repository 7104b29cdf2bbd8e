"""Frames at a steady rate: latency to the disk, bytes written, CPU time, memory; beside forged ones if wanted."""

import base64
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TypedDict

from benchmarks.child import Child
from benchmarks.commit_proxy import CommitProxy
from benchmarks.contestants import Contestant
from benchmarks.load import TOPIC, Load
from benchmarks.servers import Broker
from hil.simulators.chirpstack_gateway import topic
from hil.simulators.mqtt_publisher import MqttPublisher, encode

RATE = 100.0
"""Frames a second: about what the eight channels of one gateway can carry at SF7."""
FORGED_TOPIC = topic("0016c001ff10bad0", "eu868")
SETTLE_S = 1.5
"""After the last frame, for its commit and its delivery."""


class Steady(TypedDict):
    """What came of one steady run."""

    frames: int
    p50_ms: float
    """From PUBLISH to PUBACK."""
    p99_ms: float
    written_bytes_per_frame: float
    cpu_us_per_frame: float
    rss_mb: float
    """At the end."""
    peak_rss_mb: float


def steady(
    contestant: Contestant, load: Load, folder: Path, seconds: float, forged_per_s: float = 0
) -> Steady:
    """Run one contestant; `forged_per_s` frames with a wrong MIC come beside the valid ones.

    Latency, bytes and CPU time are per valid frame.
    """
    frames = round(RATE * seconds)
    bodies = load.frames.read_bytes().splitlines()
    packets = encode(TOPIC, bodies[:frames], 1)
    noise = [forged(bodies[n % len(bodies)], n) for n in range(round(forged_per_s * seconds))]
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place = Path(own)
        with (
            Broker(place) as broker,
            contestant.database(place) as database,
            CommitProxy(broker.port) as proxy,
        ):
            command = contestant.command(place, load, proxy.port, database.url)
            with Child(command, place / "log") as child:
                child.until(broker.subscribed_at)
                cpu_s, written = child.cpu_s(), child.written_bytes()
                _publish(broker.port, packets, encode(FORGED_TOPIC, noise, 1), forged_per_s)
                time.sleep(SETTLE_S)
                child.check()
                waits = proxy.waits().get(TOPIC, [])
                if len(waits) < frames:
                    raise RuntimeError(f"{len(waits)} of {frames} frames were acknowledged")
                return Steady(
                    frames=frames,
                    p50_ms=statistics.median(waits) * 1e3,
                    p99_ms=statistics.quantiles(waits, n=100)[98] * 1e3,
                    written_bytes_per_frame=(child.written_bytes() - written) / frames,
                    cpu_us_per_frame=(child.cpu_s() - cpu_s) / frames * 1e6,
                    rss_mb=child.rss_mb(),
                    peak_rss_mb=child.peak_rss_mb(),
                )


def forged(body: bytes, number: int) -> bytes:
    """The event of a frame whose MIC is wrong: a known address, and bytes that no other event has."""
    event = json.loads(body)
    phy = base64.b64decode(event["phyPayload"])
    mic = (int.from_bytes(phy[-4:], "big") + 1 + number) & 0xFFFFFFFF
    event["phyPayload"] = base64.b64encode(phy[:-4] + mic.to_bytes(4, "big")).decode()
    event["rxInfo"]["uplinkId"] = number
    return json.dumps(event, separators=(",", ":")).encode()


def _publish(port: int, packets: list[bytes], noise: list[bytes], noise_rate: float) -> None:
    def disturb() -> None:
        with MqttPublisher(port=port, client_id="forger") as forger:
            forger.publish(noise, qos=1, rate=noise_rate)

    disturber = threading.Thread(target=disturb, daemon=True)
    if noise:
        disturber.start()
    with MqttPublisher(port=port) as publisher:
        publisher.publish(packets, qos=1, rate=RATE)
    if noise:
        disturber.join()
